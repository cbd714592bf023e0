// Command workers and forwarders as processes.
#pragma once
#include "runtime/command_worker.h"
#include "runtime/forwarder.h"
#include "simulation/process.h"

namespace wf::simulation {

// An owner of one partition; there may be several.
class Owner : public Process {
 public:
  Owner(Environment& env, Shelf& shelf, Slot events);
  std::string name() const override;
  bool step(Environment& env) override;
  std::string failure() const override;
  void end(Environment& env, bool cleanly) override;

  const Slot& events() const { return events_; }
  // Its store, with everything saved.
  const test::StoreContent& content();

 private:
  Shelf& shelf_;
  const Slot events_;
  const std::size_t build_;
  test::StoreContent store_;
  std::unique_ptr<CommandWorker> worker_;
};

class Carrier : public Process {
 public:
  Carrier(Environment& env, Shelf& shelf, Slot source);
  std::string name() const override { return "forwarder " + simulation::name(source_); }
  bool step(Environment& env) override;
  std::string failure() const override;
  void end(Environment& env, bool cleanly) override;

 private:
  Shelf& shelf_;
  const Slot source_;
  test::StoreContent store_;
  std::unique_ptr<Forwarder> forwarder_;
};

}  // namespace wf::simulation
