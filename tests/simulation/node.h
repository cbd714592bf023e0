// A process that folds tables and answers clients: projector, table stores and a gateway's App.
#pragma once
#include <deque>
#include <filesystem>
#include <list>
#include <map>
#include <set>

#include "gateway/app.h"
#include "runtime/command_outcomes.h"
#include "runtime/projector.h"
#include "simulation/process.h"
#include "storage/generations.h"

namespace wf::simulation {

inline constexpr int nodes_max = 2;  // each has a directory of its own

// A request as bytes that outlive their sender.
struct Wire {
  gateway::Method method = gateway::Method::get;
  std::string path;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

// The client's end of a WebSocket. Both ends may go first.
struct Pipe {
  std::deque<std::string> received;  // not read yet
  bool open = true;
};

// What nodes of a run have in common.
struct NodeSetup {
  std::vector<std::string> tables;
  gateway::Secrets secrets;
  ProcessConfig process;
  Resources resources;

  NodeSetup(Environment& env, std::vector<std::string> tables);
};

class Node : public Process {
 public:
  using Reply = std::function<void(gateway::Response)>;

  Node(Environment& env, NodeSetup& setup, int number);
  ~Node() override;
  std::string name() const override { return fmt::format("node {}", number_); }
  bool step(Environment& env) override;
  std::string failure() const override;
  void end(Environment& env, bool cleanly) override;

  void take(const Wire& wire, const Reply& reply);
  // Null: refused, and `status` says how.
  std::shared_ptr<Pipe> subscribe(const Wire& wire, int& status);

  // Everything folded becomes durable, and a copy is what a crash may fall back to.
  void save(Environment& env);
  // A new generation of one table, to be swapped in by the projector.
  void rebuild(Environment& env);
  // What other threads of the process would see now; reads only.
  void read(Environment& env);

  int number() const { return number_; }
  bool caught_up() const;
  const std::map<std::string, std::unique_ptr<TableHome>>& tables() const { return tables_; }

 private:
  class Socket;
  Result<void> open_outcomes(const Uuid& log_id);
  bool turn();
  bool project(Environment& env);
  std::filesystem::path saved() const { return directory_ / "saved"; }
  void roll_back(Environment& env);

  // Where a new generation ends, mostly behind the live one.
  SlotPositions end_of_rebuild(Environment& env, const std::string& table) const;

  const int number_;
  NodeSetup& setup_;
  const std::filesystem::path directory_;
  Instant clock_;  // the process's own, as of the step
  std::map<std::string, std::unique_ptr<TableHome>> tables_;
  std::map<std::string, std::vector<SlotPositions>> stood_at_;  // tables, at some time
  KvStore* outcomes_store_ = nullptr;                           // of outcomes_
  std::unique_ptr<CommandOutcomes> outcomes_;
  std::unique_ptr<Projector> projector_;
  std::unique_ptr<gateway::Backend> backend_;
  std::unique_ptr<gateway::App> app_;
  std::deque<std::function<void()>> posted_;
  std::map<std::uint32_t, Reply> replies_;
  std::uint32_t tickets_ = 0;
  std::list<std::unique_ptr<Socket>> sockets_;
  std::string broken_;
};

}  // namespace wf::simulation
