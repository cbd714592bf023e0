// Sends on their way between two families: once each and in order, whatever happens to the
// forwarder.
#include "runtime/forwarder.h"

#include <boost/test/unit_test.hpp>

#include "log/faulty_log.h"
#include "log/test_flaky_log.h"
#include "runtime/test_forwarders.h"

namespace wf::forwarder_test {
namespace {

using test::accepted;
using test::counters;
using test::followers;
using test::shown;
using test::StoreContent;
using test::Swallowing;
using test::to_followers;
using Bench = test::ForwarderBench;

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

struct Fixture {
  Bench bench;
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
