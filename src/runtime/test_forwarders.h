// Both families with their deciders and forwarders in one thread, for tests of how sends travel.
#pragma once
#include "runtime/test_hook_log.h"
#include "runtime/test_world.h"

namespace wf::test {

inline const Slot counters{"events.counters", 0};
inline const Slot followers{"events.followers", 0};
inline const Slot to_followers{"commands.followers", 0};

// A log that acknowledges its first appends and loses them.
class Swallowing : public HookLog {
 public:
  Swallowing(Log& inner, int count) : HookLog(inner, [] {}), left_(count) {}
  Result<std::unique_ptr<Appender>> writer(std::string name) override {
    auto inner = HookLog::writer(std::move(name));
    if (!inner) return inner;
    return std::make_unique<Swallower>(std::move(*inner), left_);
  }

 private:
  class Swallower : public Appender {
   public:
    Swallower(std::unique_ptr<Appender> inner, int& left) : inner_(std::move(inner)), left_(left) {}
    Result<void> append(const Slot& slot,
                        std::span<const Record> records,
                        Durability durability) override {
      if (left_-- > 0) return {};
      return inner_->append(slot, records, durability);
    }

   private:
    std::unique_ptr<Appender> inner_;
    int& left_;
  };

  int left_;
};

// Both families' deciders and both forwarders.
struct ForwarderBench : World {
  explicit ForwarderBench(std::uint32_t partition_count = 1) : World(partition_count) {
    counting = worker("counters", counting_store);
    following = worker("followers", following_store);
    there = forwarder(*log, "events.counters", there_store);
    back = forwarder(*log, "events.followers", back_store);
  }

  std::unique_ptr<CommandWorker> worker(std::string family,
                                        StoreContent& store,
                                        std::uint32_t partition = 0) {
    auto options = World::worker(std::move(family), partition);
    options.open_store = opener(store);
    return std::make_unique<CommandWorker>(
        *log, *catalogue, TestCatalogue::platform(), options, told());
  }
  std::unique_ptr<Forwarder> forwarder(Log& on, std::string source, StoreContent& store) {
    auto options = World::forwarder(std::move(source));
    options.open_store = opener(store);
    options.batch.records = 5;
    return std::make_unique<Forwarder>(on, options, told());
  }
  Alarm told() {
    return [this](std::string_view what) { alarms.emplace_back(what); };
  }
  void settle_all() { settle(*counting, *following, *there, *back); }
  std::string outcomes(const Slot& slot) const { return shown(accepted(read(slot).records)); }
  std::size_t followed() const {
    std::size_t count = 0;
    for (const auto& outcome : accepted(read(followers).records)) {
      if (outcome.front().type == "follower.Followed") ++count;
    }
    return count;
  }
  std::size_t arrived() const { return read(to_followers).records.size(); }

  TestCatalogue catalogue;
  std::vector<std::string> alarms;
  StoreContent counting_store, following_store, there_store, back_store;
  std::unique_ptr<CommandWorker> counting, following;
  std::unique_ptr<Forwarder> there, back;
};

}  // namespace wf::test
