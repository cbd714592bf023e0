// A small deployment in one thread: counters and followers on the embedded log in memory, a clock
// that the test moves, and an independent reading of what its events partitions say.
#pragma once
#include <boost/test/unit_test.hpp>
#include <map>
#include <string>
#include <vector>

#include "log/memory_disk.h"
#include "log/rocks_log.h"
#include "log/test_outcomes.h"
#include "log/test_records.h"
#include "runtime/command_worker.h"
#include "runtime/forwarder.h"
#include "runtime/test_catalogue.h"
#include "runtime/test_store.h"

namespace wf::test {

class World {
 public:
  explicit World(std::uint32_t partition_count = 1) : partitions(partition_count) { open(); }

  void open() {
    RocksLogOptions options;
    options.path = "/log";
    options.id = uuid_of(77);
    options.topics = {{"keys", 1, true}};
    for (const char* topic :
         {"commands.counters", "events.counters", "commands.followers", "events.followers"}) {
      options.topics.push_back({topic, partitions});
    }
    options.now = [this] { return now; };
    options.on_fatal = [](const std::string&) {};
    options.inline_commit = true;
    options.disk = &disk;
    auto opened = open_rocks_log(std::move(options));
    BOOST_REQUIRE(opened);
    log = std::move(*opened);
  }
  // Whoever uses the log must be gone.
  void lose_power(std::size_t torn = 0) {
    disk.cut_power();
    log.reset();
    disk.restore_power(torn);
    open();
  }

  CommandWorkerOptions worker(std::string family, std::uint32_t partition = 0) const {
    CommandWorkerOptions options;
    options.family = std::move(family);
    options.partition = partition;
    options.partitions = partitions;
    options.store_in_memory = true;
    options.seed = 1;
    options.retry_min = Duration::millis(10);
    options.retry_max = Duration::millis(200);
    options.read_back_within = Duration::seconds(2);
    options.checkpoint_after = Duration::millis(500);
    options.wake_again = Duration::seconds(1);
    return options;
  }
  ForwarderOptions forwarder(std::string source, std::uint32_t partition = 0) const {
    ForwarderOptions options;
    options.source = {std::move(source), partition};
    for (const char* topic : {"events.counters", "events.followers"}) {
      for (std::uint32_t p = 0; p < partitions; ++p) options.answers.push_back({topic, p});
    }
    options.store_in_memory = true;
    options.save_after = Duration::millis(300);
    options.answered_within = Duration::seconds(3);
    return options;
  }

  // A client's command. Its id is made of the number, its stream too.
  static Record command(std::string_view type,
                        std::string_view payload,
                        std::uint64_t id,
                        Instant at,
                        std::uint64_t stream = 1) {
    Record command;
    command.kind = Kind::command;
    command.id = uuid_of(id);
    command.stream = uuid_of(stream);
    command.correlation = command.id;
    command.type = type;
    command.payload = payload;
    command.at = at;
    return command;
  }
  void append(const Slot& slot, const Record& record) const {
    BOOST_REQUIRE((*log->writer("test"))->append(slot, {&record, 1}, Durability::now));
  }
  // counter.Add{n} as command `id`.
  void add(std::int64_t n, std::uint64_t id, std::uint64_t stream = 1) const {
    const std::string payload = fmt::format(R"({{"n":{}}})", n);
    append({"commands.counters", partition_of(uuid_of(stream), partitions)},
           command("counter.Add", payload, id, now, stream));
  }

  History read(const Slot& slot) const {
    History history;
    // An append of nothing makes what the log holds readable.
    BOOST_REQUIRE((*log->writer("test"))->append(slot, {}, Durability::now));
    auto reader = log->reader();
    BOOST_REQUIRE((*reader)->seek(slot, 0));
    while (true) {
      auto batch = (*reader)->read(slot, {});
      BOOST_REQUIRE(batch);
      if (batch->records.empty()) return history;
      history.records.insert(history.records.end(), batch->records.begin(), batch->records.end());
      history.batches.push_back(std::move(*batch));
    }
  }

  // Steps until nothing happens for five seconds.
  template <class... Workers>
  void settle(Workers&... workers) {
    for (int quiet = 0; quiet < 50; ++quiet) {
      now = now + Duration::millis(100);
      // All of them step.
      const int busy = (0 + ... + static_cast<int>(workers.step(now) == Workers::Progress::busy));
      if (busy != 0) quiet = 0;
    }
  }

  // What a decider that never ran makes of the log.
  StoreContent refold(const Catalogue& catalogue, const Slot& events) const {
    StoreContent content;
    MapStore store(content);
    DeciderState state(catalogue, events.topic.substr(events.topic.find('.') + 1), store, {});
    BOOST_REQUIRE(state.load(log->id()));
    const History history = read(events);
    for (const Outcome& outcome : accepted(history.records)) BOOST_REQUIRE(state.fold(outcome));
    BOOST_REQUIRE(state.save(state.unsaved()));
    content.erase("p");
    return content;
  }

  const std::uint32_t partitions;
  Instant now{1'000'000'000'000};
  MemoryDisk disk;
  std::unique_ptr<Log> log;
};

// One letter or word per outcome: what its commands came to.
inline std::string shown(const std::vector<Outcome>& outcomes) {
  std::string text;
  for (const Outcome& outcome : outcomes) {
    const Record& end = closing(outcome);
    if (!text.empty()) text += ' ';
    if (end.kind == Kind::event) {
      text += fmt::format("{}", outcome.front().type.substr(outcome.front().type.find('.') + 1));
    } else if (end.kind == Kind::rejected) {
      const std::size_t at = end.payload.find("\"reason\":\"") + 10;
      text += end.payload.substr(at, end.payload.find('"', at) - at);
    } else {
      text += end.type;
    }
  }
  return text;
}

}  // namespace wf::test
