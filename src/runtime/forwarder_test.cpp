// Sends on their way between two families: once each and in order, whatever happens to the
// forwarder.
#include "runtime/forwarder.h"

#include <boost/test/unit_test.hpp>

#include "log/faulty_log.h"
#include "runtime/test_flaky_log.h"
#include "runtime/test_hook_log.h"
#include "runtime/test_world.h"

namespace wf::forwarder_test {
namespace {

using test::accepted;
using test::shown;
using test::StoreContent;

const Slot counters{"events.counters", 0};
const Slot followers{"events.followers", 0};
const Slot to_followers{"commands.followers", 0};

// A log that acknowledges its first appends and loses them.
class Swallowing : public test::HookLog {
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

// A store of which only what was flushed outlives a kill.
class FlushedStore : public test::MapStore {
 public:
  struct Disk {
    StoreContent memory, flushed;
    int writes = 0;
    int flushes = 0;
  };
  explicit FlushedStore(Disk& disk) : MapStore(disk.memory), disk_(disk) {}
  Result<void> write(const KvBatch& batch) override {
    ++disk_.writes;
    return MapStore::write(batch);
  }
  Result<void> flush() override {
    ++disk_.flushes;
    disk_.flushed = disk_.memory;
    return {};
  }

 private:
  Disk& disk_;
};

// Both families' deciders and both forwarders.
struct Bench : test::World {
  explicit Bench(std::uint32_t partition_count = 1) : World(partition_count) {
    counting = worker("counters", counting_store);
    following = worker("followers", following_store);
    there = forwarder(*log, "events.counters", there_store);
    back = forwarder(*log, "events.followers", back_store);
  }

  std::unique_ptr<CommandWorker> worker(std::string family,
                                        StoreContent& store,
                                        std::uint32_t partition = 0) {
    auto options = World::worker(std::move(family), partition);
    options.open_store = test::opener(store);
    return std::make_unique<CommandWorker>(
        *log, *catalogue, test::TestCatalogue::platform(), options, told());
  }
  std::unique_ptr<Forwarder> forwarder(Log& on, std::string source, StoreContent& store) {
    auto options = World::forwarder(std::move(source));
    options.open_store = test::opener(store);
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

  test::TestCatalogue catalogue;
  std::vector<std::string> alarms;
  StoreContent counting_store, following_store, there_store, back_store;
  std::unique_ptr<CommandWorker> counting, following;
  std::unique_ptr<Forwarder> there, back;
};

struct Fixture {
  Bench bench;
};

// One source and two targets: its counter's fours are followed in one partition, its fives in the
// other.
struct TwoTargets : Bench {
  TwoTargets() : Bench(2) {
    const auto target = [&](int n) {
      return partition_of(Uuid::v5(test::uuid_of(stream), fmt::format("{}", n % 3)), 2);
    };
    while (partition_of(test::uuid_of(stream), 2) != 0 || target(4) != 0 || target(5) != 1) {
      ++stream;
    }
  }
  void add_many(std::int64_t n, int count) {
    for (int i = 0; i < count; ++i) add(n, ++last_id, stream);
  }
  void run_for(Duration time) {
    for (const Instant end = now + time; now < end;) {
      now = now + Duration::millis(50);
      counting->step(now);
      following->step(now);
      if (fives) fives->step(now);
      for (int k = 0; k < 20; ++k) there->step(now);
    }
  }
  std::size_t followed(std::uint32_t partition) const {
    return accepted(read({"events.followers", partition}).records).size();
  }

  std::uint64_t stream = 1;
  std::uint64_t last_id = 1'000;
  StoreContent fives_store;
  std::unique_ptr<CommandWorker> fives;  // not there at first
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(forwarder_tests, Fixture)

BOOST_AUTO_TEST_CASE(a_send_arrives_and_says_where_it_is_from) {
  bench.add(5, 100);
  bench.settle_all();
  BOOST_TEST(bench.outcomes(followers) == "Followed");
  const auto history = bench.read(to_followers);
  const Record& command = history.records.at(0);
  const auto sent = bench.read(counters);
  const auto outcomes = accepted(sent.records);
  const Record& send = outcomes[0][1];
  BOOST_CHECK(command.id == send.id);
  BOOST_TEST(command.type == "follower.Follow");
  BOOST_TEST(command.link.topic == "events.counters");
  BOOST_TEST(command.link.n == 1U);
  BOOST_CHECK(command.causation == send.causation);
  BOOST_CHECK(command.correlation == test::uuid_of(100));
  BOOST_TEST(bench.there->unanswered() == 0U);
}

BOOST_AUTO_TEST_CASE(a_refused_send_comes_back_to_its_stream) {
  bench.add(13, 100);
  bench.settle_all();
  BOOST_TEST(bench.outcomes(followers) == "unlucky");
  BOOST_TEST(bench.outcomes(counters) == "Added Bounced");
  const auto history = bench.read(counters);
  const auto outcomes = accepted(history.records);
  BOOST_CHECK(outcomes[1].front().stream == outcomes[0].front().stream);
}

BOOST_AUTO_TEST_CASE(policies_that_go_round_end_after_sixteen_hops) {
  bench.append({"commands.counters", 0},
               test::World::command("counter.Ping", "{}", 100, bench.now));
  bench.settle_all();
  BOOST_TEST(bench.outcomes(counters).find("hops Bounced") == std::string::npos);
  BOOST_TEST((bench.outcomes(counters) + bench.outcomes(followers)).find("hops") !=
             std::string::npos);
  BOOST_TEST((bench.outcomes(counters) + bench.outcomes(followers)).find("Bounced") !=
             std::string::npos);
  BOOST_TEST(accepted(bench.read(counters).records).size() < 20U);
}

BOOST_AUTO_TEST_CASE(a_forwarder_that_starts_again_sends_nothing_twice) {
  for (std::uint64_t i = 0; i < 10; ++i) bench.add(5, 100 + i);
  bench.settle_all();
  const auto kept = bench.there_store;
  bench.add(5, 200);
  bench.settle_all();
  const std::size_t before = bench.arrived();
  for (const StoreContent& start : {bench.there_store, StoreContent{}, kept}) {
    bench.there_store = start;
    bench.there = bench.forwarder(*bench.log, "events.counters", bench.there_store);
    bench.settle_all();
    BOOST_TEST(bench.arrived() == before);
  }
  BOOST_TEST(bench.followed() == 11U);
}

// Somebody else's commands are decided all the time: the answers never come to an end.
BOOST_AUTO_TEST_CASE(a_forwarder_that_starts_under_load_does_not_wait_for_its_end) {
  bench.there.reset();
  for (std::uint64_t i = 0; i < 10; ++i) bench.add(5, 100 + i);
  bench.settle(*bench.counting);
  std::uint64_t id = 1'000;
  test::HookLog hooked(*bench.log, [&] {
    bench.add(1, ++id);  // nobody hears of one
    bench.counting->step(bench.now);
  });
  const auto forwarder = bench.forwarder(hooked, "events.counters", bench.there_store);
  for (int i = 0; i < 20; ++i) forwarder->step(bench.now = bench.now + Duration::millis(5));
  BOOST_TEST(bench.arrived() == 10U);
}

// What a writer left behind when it died is no outcome, and nothing follows it for long.
BOOST_AUTO_TEST_CASE(half_an_outcome_at_an_end_keeps_no_forwarder_waiting) {
  bench.there.reset();
  for (std::uint64_t i = 0; i < 3; ++i) bench.add(5, 100 + i);
  bench.settle(*bench.counting, *bench.following);
  Record half;
  half.kind = Kind::event;
  half.id = test::uuid_of(900);
  half.epoch = bench.following->epoch();
  half.cause = bench.following->next();
  half.count = 2;
  half.type = "follower.Followed";
  half.payload = "{}";
  bench.following.reset();
  bench.append(followers, half);
  std::uint64_t id = 1'000;
  test::HookLog hooked(*bench.log, [&] {
    bench.add(1, ++id);
    bench.counting->step(bench.now);
  });
  const auto forwarder = bench.forwarder(hooked, "events.counters", bench.there_store);
  for (int i = 0; i < 20; ++i) forwarder->step(bench.now = bench.now + Duration::millis(5));
  BOOST_TEST(bench.arrived() == 3U);
}

BOOST_AUTO_TEST_CASE(its_store_is_flushed_now_and_then_and_only_when_something_was_saved) {
  FlushedStore::Disk disk;
  auto options = bench.World::forwarder("events.counters");
  options.open_store = [&disk](bool /*fresh*/) -> Result<std::unique_ptr<KvStore>> {
    return std::make_unique<FlushedStore>(disk);
  };
  bench.there = std::make_unique<Forwarder>(*bench.log, options, bench.told());
  const auto run_for = [&](int seconds) {
    for (const Instant end = bench.now + Duration::seconds(seconds); bench.now < end;) {
      bench.now = bench.now + Duration::seconds(1);
      bench.counting->step(bench.now);
      bench.following->step(bench.now);
      for (int k = 0; k < 3; ++k) bench.there->step(bench.now);
    }
  };
  for (std::uint64_t i = 0; i < 95; ++i) {
    bench.add(5, 100 + i);
    run_for(1);
  }
  BOOST_TEST(disk.flushes == 4);
  run_for(60);  // the last ones
  BOOST_TEST(disk.flushes == 5);
  BOOST_CHECK(disk.flushed == disk.memory);
  const int writes = disk.writes;
  run_for(100);
  BOOST_TEST(disk.flushes == 5);
  BOOST_TEST(disk.writes == writes);
}

BOOST_AUTO_TEST_CASE(a_store_of_another_log_is_discarded) {
  bench.add(5, 100);
  bench.settle_all();
  StoreContent foreign = bench.there_store;
  foreign["log"] = test::uuid_of(1).text();
  const auto forwarder = bench.forwarder(*bench.log, "events.counters", foreign);
  bench.add(5, 101);
  bench.there.reset();
  bench.settle(*bench.counting, *bench.following, *forwarder);
  BOOST_TEST(bench.followed() == 2U);
  BOOST_TEST(!forwarder->failure());
}

BOOST_AUTO_TEST_CASE(reads_that_fail_as_if_for_good_are_tried_again_before_it_stops) {
  test::FlakyLog flaky(*bench.log);
  bench.there = bench.forwarder(flaky, "events.counters", bench.there_store);
  for (const Code code : {Code::mismatch, Code::corrupt}) {
    bench.add(5, 100 + bench.followed());
    flaky.code = code;
    flaky.period = 1;
    for (int i = 0; i < 4; ++i) bench.there->step(bench.now = bench.now + Duration::seconds(6));
    flaky.period = 0;
    bench.settle_all();
    BOOST_TEST(!bench.there->failure());
  }
  BOOST_TEST(bench.followed() == 2U);
  flaky.period = 1;
  for (int i = 0; i < 5; ++i) bench.there->step(bench.now = bench.now + Duration::seconds(6));
  BOOST_TEST(bench.there->failure().has_value());
}

// A target's decider may be down for long: what waits for it is not sent again and again.
BOOST_AUTO_TEST_CASE(an_unanswered_send_is_sent_again_less_and_less_often) {
  bench.following.reset();
  bench.add(5, 100);
  for (int i = 0; i < 100; ++i) {
    bench.now = bench.now + Duration::seconds(1);
    bench.counting->step(bench.now);
    for (int k = 0; k < 5; ++k) bench.there->step(bench.now);
  }
  BOOST_TEST(bench.arrived() >= 3U);
  BOOST_TEST(bench.arrived() <= 6U);
  bench.following = bench.worker("followers", bench.following_store);
  bench.settle_all();
  BOOST_TEST(bench.followed() == 1U);
}

BOOST_AUTO_TEST_CASE(a_target_that_does_not_answer_keeps_no_other_waiting) {
  TwoTargets two;
  auto options = two.World::forwarder("events.counters");
  options.unanswered_max = 100;
  options.batch.records = 5;
  options.open_store = test::opener(two.there_store);
  two.there = std::make_unique<Forwarder>(*two.log, options, two.told());
  two.add_many(5, 3);
  two.add_many(4, 1'000);
  two.run_for(Duration::seconds(5));
  BOOST_TEST(two.followed(0) == 1'000U);
  BOOST_TEST(two.followed(1) == 0U);
  BOOST_TEST(two.there->unanswered() == 3U);

  // Whoever starts again still knows of them.
  two.there = std::make_unique<Forwarder>(*two.log, options, two.told());
  two.fives = two.worker("followers", two.fives_store, 1);
  two.run_for(Duration::seconds(20));
  BOOST_TEST(two.followed(0) == 1'000U);
  BOOST_TEST(shown(accepted(two.read({"events.followers", 1}).records))
                 .starts_with("Followed Followed Followed"));
  BOOST_TEST(two.there->unanswered() == 0U);
}

// What one target lost goes again, however busily another answers.
BOOST_AUTO_TEST_CASE(every_target_has_a_clock_of_its_own) {
  TwoTargets two;
  Swallowing swallowing(*two.log, 1);
  two.there = two.forwarder(swallowing, "events.counters", two.there_store);
  two.fives = two.worker("followers", two.fives_store, 1);
  two.add_many(5, 1);
  for (int i = 0; i < 100; ++i) {
    two.run_for(Duration::millis(100));
    two.add_many(4, 1);
  }
  BOOST_TEST(two.followed(1) == 1U);
  BOOST_TEST(two.followed(0) >= 90U);
  two.there.reset();
}

BOOST_AUTO_TEST_CASE(two_forwarders_at_once_do_no_harm) {
  StoreContent store;
  const auto second = bench.forwarder(*bench.log, "events.counters", store);
  for (std::uint64_t i = 0; i < 30; ++i) {
    bench.add(5, 100 + i);
    bench.now = bench.now + Duration::millis(40);
    bench.counting->step(bench.now);
    (i % 2 == 0 ? *second : *bench.there).step(bench.now);
    if (i % 3 == 0) second->step(bench.now);
    if (i % 5 == 0) bench.following->step(bench.now);
  }
  bench.settle(*bench.counting, *bench.following, *bench.there, *second);
  BOOST_TEST(bench.followed() == 30U);
}

BOOST_AUTO_TEST_CASE(appends_that_fail_arrive_late_or_twice_change_nothing) {
  for (const Faults& faults : {Faults{.lost = 0.3},
                               Faults{.prefix = 0.3},
                               Faults{.unseen = 0.3},
                               Faults{.late = 0.3},
                               Faults{.doubled = 0.3},
                               Faults{.short_read = 0.5, .empty_read = 0.5}}) {
    Bench one;
    FaultyLog faulty(*one.log, 3, faults);
    one.there = one.forwarder(faulty, "events.counters", one.there_store);
    for (std::uint64_t i = 0; i < 40; ++i) {
      one.add(5, 100 + i);
      one.now = one.now + Duration::millis(150);
      for (int k = 0; k < 3; ++k) {
        one.counting->step(one.now);
        one.there->step(one.now);
        one.following->step(one.now);
      }
    }
    faulty.set({});
    faulty.deliver_late();
    one.settle_all();
    BOOST_TEST(one.followed() == 40U);
    one.there.reset();
  }
}

BOOST_AUTO_TEST_CASE(a_crash_at_any_call_of_the_log_loses_and_doubles_nothing) {
  for (int calls = 0; calls < 60; ++calls) {
    Bench one;
    int left = calls;
    test::HookLog hooked(*one.log, [&left] {
      if (left-- == 0) throw test::Crash();
    });
    one.there = one.forwarder(hooked, "events.counters", one.there_store);
    for (std::uint64_t i = 0; i < 8; ++i) {
      one.add(5, 100 + i);
      one.now = one.now + Duration::millis(150);
      one.counting->step(one.now);
      try {
        one.there->step(one.now);
      } catch (const test::Crash&) {
        one.there = one.forwarder(hooked, "events.counters", one.there_store);
      }
      one.following->step(one.now);
    }
    left = -1;
    one.settle_all();
    BOOST_TEST(one.followed() == 8U);
    one.there.reset();
  }
}

// What was acknowledged and lost is sent again as soon as its target misses it.
BOOST_AUTO_TEST_CASE(a_gap_makes_the_forwarder_rewind) {
  Swallowing swallowing(*bench.log, 1);
  auto options = bench.World::forwarder("events.counters");
  options.open_store = test::opener(bench.there_store);
  options.answered_within = Duration::hours(1);
  bench.there = std::make_unique<Forwarder>(swallowing, options, bench.told());
  bench.add(5, 100);
  bench.settle_all();
  BOOST_TEST(bench.arrived() == 0U);
  bench.add(5, 101);
  bench.settle_all();
  BOOST_TEST(bench.outcomes(followers) == "gap Followed Followed");
  bench.there.reset();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::forwarder_test
