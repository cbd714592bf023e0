// One decider partition on a real log: openings, zombies, failed appends, poison, wakes, stores.
#include "runtime/command_worker.h"

#include <boost/test/unit_test.hpp>
#include <random>

#include "log/faulty_log.h"
#include "log/test_flaky_log.h"
#include "runtime/test_hook_log.h"
#include "runtime/test_world.h"

namespace wf::command_worker_test {
namespace {

using test::accepted;
using test::shown;
using test::StoreContent;
using test::uuid_of;

const Slot commands{"commands.counters", 0};
const Slot events{"events.counters", 0};

struct Bench : test::World {
  std::unique_ptr<CommandWorker> worker(Log& on, StoreContent& store, int build = 0) {
    auto options = World::worker("counters");
    options.open_store = test::opener(store);
    options.seed = ++seeds;
    options.batch.records = 4;
    return std::make_unique<CommandWorker>(
        on, *catalogues[build], test::TestCatalogue::platform(), options, [this](auto what) {
          alarms.emplace_back(what);
        });
  }
  std::unique_ptr<CommandWorker> worker(StoreContent& store, int build = 0) {
    return worker(*log, store, build);
  }
  // Everything that waits is decided by a worker that then saves and ends.
  void decide(StoreContent& store, int build = 0) {
    const auto one = worker(store, build);
    settle(*one);
    BOOST_TEST(!one->failure(), (one->failure() ? one->failure()->detail : ""));
    BOOST_REQUIRE(one->checkpoint());
  }
  std::string outcomes() const { return shown(accepted(read(events).records)); }
  std::size_t records_of(Kind kind) const {
    std::size_t count = 0;
    for (const Record& record : read(events).records) count += record.kind == kind ? 1 : 0;
    return count;
  }
  void hold_until(Instant due, std::uint64_t id, const Uuid& import = {}) {
    const std::string payload = fmt::format(R"({{"until":{}}})", due.us);
    Record record = command("counter.Hold", payload, id, now);
    record.import = import;
    append(commands, record);
  }
  // What `wayfold admin resume` appends: an `opened`, and a `resumed` with its reason.
  void say_where_to_go_on(Offset next, Offset after) const {
    Record opened;
    opened.kind = Kind::opened;
    opened.id = uuid_of(5);
    opened.epoch = *log->end(events);
    Record resumed = opened;
    resumed.kind = Kind::resumed;
    resumed.payload = R"({"reason":"the disk was lost"})";
    resumed.cause = after;
    resumed.next = next;
    append(events, opened);
    append(events, resumed);
  }
  // But none of its commands.
  void take_events_of(const Bench& from) {
    seeds = 50;
    for (const Record& record : from.read(events).records) append(events, record);
  }
  bool is_fold(StoreContent store, int build = 0) const {
    store.erase("p");
    return store == refold(*catalogues[build], events);
  }

  test::TestCatalogue catalogues[2] = {test::TestCatalogue(0), test::TestCatalogue(1)};
  std::vector<std::string> alarms;
  std::uint64_t seeds = 0;  // of nonces: those who share a log must not share them
};

struct Fixture {
  Bench bench;
  StoreContent store;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(command_worker_tests, Fixture)

BOOST_AUTO_TEST_CASE(every_command_gets_its_outcome) {
  for (const int n : {1, 0, -1, 500, 1}) bench.add(n, 100 + bench.seeds++);
  bench.decide(store);
  BOOST_TEST(bench.outcomes() == "Added nothing negative internal Added");
  BOOST_TEST(bench.is_fold(store));
}

BOOST_AUTO_TEST_CASE(a_store_kept_deleted_or_older_gives_the_same) {
  bench.add(5, 100);
  bench.decide(store);
  const StoreContent older = store;
  bench.add(6, 101);
  bench.add(5, 100);
  bench.decide(store);
  const StoreContent newer = store;
  for (StoreContent start : {newer, StoreContent{}, older}) {
    bench.decide(start);
    BOOST_TEST(bench.is_fold(start));
    bench.add(6, 101);
    bench.decide(start);
    BOOST_TEST(bench.is_fold(start));
  }
  BOOST_TEST(bench.outcomes() == "Added Added duplicate duplicate duplicate duplicate");
}

BOOST_AUTO_TEST_CASE(a_store_of_another_build_is_folded_again) {
  bench.add(5, 100);
  bench.decide(store, 0);
  bench.add(6, 101);
  bench.decide(store, 1);
  BOOST_TEST(bench.is_fold(store, 1));
  BOOST_TEST(bench.alarms.back().find("folded again") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_store_of_another_log_is_folded_again) {
  bench.add(5, 100);
  bench.decide(store);
  Bench other;
  other.add(1, 100);
  other.decide(store);
  BOOST_TEST(other.outcomes() == "Added");
  BOOST_TEST(other.is_fold(store));
}

BOOST_AUTO_TEST_CASE(a_damaged_store_is_folded_again) {
  for (const char kind : {'s', 'a', 'p', 't'}) {
    Bench one;
    StoreContent damaged;
    one.hold_until(one.now + Duration::hours(1), 100);
    one.decide(damaged);
    for (auto& [key, value] : damaged) {
      if (key[0] == kind) value = value.substr(0, value.size() / 2);
    }
    one.add(5, 101);
    one.hold_until(one.now + Duration::hours(1), 100);
    one.decide(damaged);
    BOOST_TEST(one.outcomes() == "Held Added duplicate");
    BOOST_TEST_CONTEXT(kind) BOOST_TEST(one.is_fold(damaged));
  }
}

BOOST_AUTO_TEST_CASE(the_same_commands_give_the_same_events) {
  Bench other;
  for (Bench* one : {&bench, &other}) {
    StoreContent kept;
    for (int i = 0; i < 40; ++i) {
      one->now = Instant{1'000'000'000'000} + Duration::seconds(i * 60);
      one->add(i % 9 - 1, 100 + static_cast<std::uint64_t>(i % 30));
      if (one == &bench || i % 7 == 0) one->decide(kept);
    }
    one->decide(kept);
  }
  const auto mine = bench.read(events);
  const auto theirs = other.read(events);
  const auto a = accepted(mine.records);
  const auto b = accepted(theirs.records);
  BOOST_REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    BOOST_REQUIRE(a[i].size() == b[i].size());
    for (std::size_t k = 0; k < a[i].size(); ++k) {
      BOOST_CHECK(a[i][k].id == b[i][k].id);
      BOOST_TEST(a[i][k].at.us == b[i][k].at.us);
      BOOST_TEST(a[i][k].payload == b[i][k].payload);
    }
  }
}

// ---- Several writers ----

BOOST_AUTO_TEST_CASE(a_zombie_s_outcomes_do_not_count) {
  const auto zombie = bench.worker(store);
  bench.settle(*zombie);
  StoreContent fresh;
  const auto owner = bench.worker(fresh, 1);
  owner->step(bench.now);
  bench.add(5, 100);
  zombie->step(bench.now);  // it does not know yet
  owner->step(bench.now);
  BOOST_TEST(bench.outcomes() == "Added");
  BOOST_TEST(accepted(bench.read(events).records)[0].size() == 3U);  // as the owner's build decides
  BOOST_TEST(bench.alarms.back().find("another owner") != std::string::npos);
}

// It read the other's outcomes of the very commands it decided: its own states are not those. The
// other takes over at each call of the log that the zombie's step makes.
BOOST_AUTO_TEST_CASE(a_zombie_never_saves_its_states_behind_another_s_outcomes) {
  for (int call = 0; call < 8; ++call) {
    Bench one;
    StoreContent left;
    StoreContent fresh;
    const auto owner = one.worker(fresh, 1);
    int calls = 1'000;
    test::HookLog hooked(*one.log, [&] {
      if (calls-- != 0) return;
      for (int i = 0; i < 3; ++i) owner->step(one.now);  // one command each: it is cautious
    });
    const auto zombie = one.worker(hooked, left);
    one.settle(*zombie);
    one.add(5, 100);
    one.add(6, 101);
    calls = call;
    zombie->step(one.now);
    BOOST_REQUIRE(zombie->checkpoint());
    owner->step(one.now);
    BOOST_TEST(one.outcomes() == "Added Added");
    one.decide(left);
    BOOST_TEST_CONTEXT("call " << call) BOOST_TEST(one.is_fold(left));
  }
}

BOOST_AUTO_TEST_CASE(two_owners_at_any_interleaving_answer_each_command_once) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    Bench many;
    std::mt19937_64 random(seed);
    StoreContent stores[2];
    std::unique_ptr<CommandWorker> owners[2];
    int inside = -1;
    test::HookLog hooked(*many.log, [&] {
      if (inside < 0 || random() % 4 != 0) return;
      const int other = 1 - std::exchange(inside, -1);
      owners[other]->step(many.now);
      inside = 1 - other;
    });
    for (int i = 0; i < 2; ++i) owners[i] = many.worker(hooked, stores[i], i);
    for (std::uint64_t i = 0; i < 60; ++i) {
      many.now = many.now + Duration::millis(20);
      if (i < 40) many.add(static_cast<std::int64_t>(random() % 30), 100 + i);
      inside = static_cast<int>(random() % 2);
      owners[inside]->step(many.now);
      inside = -1;
    }
    owners[0].reset();
    many.settle(*owners[1]);
    BOOST_REQUIRE(owners[1]->checkpoint());
    BOOST_TEST_CONTEXT("seed " << seed) {
      BOOST_TEST(accepted(many.read(events).records).size() == 40U);
      BOOST_TEST(many.is_fold(stores[1], 1));
    }
  }
}

// ---- Failures ----

BOOST_AUTO_TEST_CASE(appends_that_fail_arrive_late_or_twice_change_nothing) {
  for (const Faults& faults : {Faults{.lost = 0.3},
                               Faults{.prefix = 0.3},
                               Faults{.unseen = 0.3},
                               Faults{.late = 0.3},
                               Faults{.doubled = 0.3},
                               Faults{.short_read = 0.5, .empty_read = 0.5}}) {
    Bench one;
    FaultyLog faulty(*one.log, 7, faults);
    StoreContent kept;
    const auto worker = one.worker(faulty, kept);
    for (std::uint64_t i = 0; i < 60; ++i) {
      one.add(1 + static_cast<std::int64_t>(i % 5), 100 + i);
      one.now = one.now + Duration::millis(50);
      worker->step(one.now);
    }
    faulty.set({});
    faulty.deliver_late();
    one.settle(*worker);
    BOOST_REQUIRE(worker->checkpoint());
    BOOST_TEST(accepted(one.read(events).records).size() == 60U);
    BOOST_TEST(one.is_fold(kept));
  }
}

BOOST_AUTO_TEST_CASE(what_power_loss_leaves_is_gone_on_with) {
  bench.add(1, 100);
  bench.decide(store);
  const Record lost = test::World::command("counter.Add", R"({"n":1})", 101, bench.now);
  BOOST_REQUIRE(
      (*bench.log->writer("client"))->append(commands, {&lost, 1}, Durability::with_outcome));
  bench.lose_power();
  bench.add(-1, 102);
  bench.decide(store);
  BOOST_TEST(bench.outcomes() == "Added negative");
  BOOST_TEST(bench.is_fold(store));
}

BOOST_AUTO_TEST_CASE(a_lost_commands_log_is_named_and_refused) {
  bench.add(1, 100);
  bench.add(1, 101);
  bench.decide(store);
  Bench other;  // the same events, none of the commands
  other.take_events_of(bench);
  StoreContent fresh;
  const auto worker = other.worker(fresh);
  other.settle(*worker);
  BOOST_REQUIRE(worker->failure());
  BOOST_TEST(worker->failure()->detail.find("lost commands 0 to 1") != std::string::npos);
  BOOST_TEST(worker->failure()->detail.find("wayfold admin resume") != std::string::npos);
  BOOST_CHECK(worker->step(other.now) == CommandWorker::Progress::stopped);
  const Instant later = other.now + Duration::seconds(9);
  BOOST_CHECK(worker->next_due(later) > later);  // it has nothing to do

  // Once the operator has spoken it goes on by itself.
  other.say_where_to_go_on(0, 1);
  other.add(1, 200);
  other.settle(*worker);
  BOOST_TEST(!worker->failure());
  BOOST_TEST(other.outcomes() == "Added Added Added");
}

BOOST_AUTO_TEST_CASE(what_is_decided_after_lost_commands_is_remembered) {
  bench.add(1, 100);
  bench.add(1, 101);
  bench.decide(store);
  Bench other;
  other.take_events_of(bench);
  other.say_where_to_go_on(0, 1);
  StoreContent kept;
  std::uint64_t version = 2;
  for (const std::uint64_t id : {200U, 201U, 202U}) {  // offsets that commands had before
    StoreContent deleted;
    other.add(1, id);
    other.decide(id == 202 ? deleted : kept);
    BOOST_TEST(other.read(events).records.back().version == ++version);
  }
}

BOOST_AUTO_TEST_CASE(reads_that_fail_as_if_for_good_are_tried_again_before_it_stops) {
  test::FlakyLog flaky(*bench.log);
  const auto worker = bench.worker(flaky, store);
  bench.settle(*worker);
  for (const Code code : {Code::corrupt, Code::mismatch}) {
    flaky.code = code;
    flaky.period = 1;
    for (int i = 0; i < 4; ++i) worker->step(bench.now = bench.now + Duration::millis(100));
    flaky.period = 0;
    bench.add(1, 100 + bench.seeds++);
    bench.settle(*worker);
    BOOST_TEST(!worker->failure());
  }
  BOOST_TEST(bench.outcomes() == "Added Added");
  flaky.code = Code::corrupt;
  flaky.period = 1;
  bench.settle(*worker);
  BOOST_REQUIRE(worker->failure());
  BOOST_TEST(bench.alarms.back().find("restore the log") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_commands_log_that_was_used_again_is_named_and_refused) {
  bench.add(1, 100);
  bench.add(1, 101);
  bench.decide(store);
  Bench other;
  other.take_events_of(bench);
  other.add(1, 100);
  other.add(1, 999);
  StoreContent fresh;
  const auto worker = other.worker(fresh);
  other.settle(*worker);
  BOOST_REQUIRE(worker->failure());
  BOOST_TEST(worker->failure()->detail.find("offset 1 holds another command") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_operator_says_where_a_lost_commands_log_goes_on) {
  bench.add(1, 100);
  bench.add(1, 101);
  bench.decide(store);
  for (const Offset next : {0, 2}) {
    Bench other;
    other.take_events_of(bench);
    for (Offset reused = 0; reused < next; ++reused) other.add(1, 900);
    other.say_where_to_go_on(next, 1);
    StoreContent fresh;
    other.decide(fresh);  // once without anything to do
    other.add(-1, 102);
    other.decide(fresh);
    BOOST_TEST(other.outcomes() == "Added Added negative");
    StoreContent deleted;
    other.add(0, 103);
    other.decide(deleted);
    BOOST_TEST(other.outcomes() == "Added Added negative nothing");
    BOOST_TEST(other.is_fold(deleted));
  }
}

BOOST_AUTO_TEST_CASE(a_command_of_another_build_stops_the_worker_behind_what_it_knows) {
  bench.add(1, 100);
  bench.add(0, 101);
  bench.append(commands, test::World::command("counter.Divide", "{}", 102, bench.now));
  bench.add(1, 103);
  const auto worker = bench.worker(store);
  bench.settle(*worker);
  BOOST_REQUIRE(worker->failure());
  BOOST_TEST(worker->failure()->detail == "command type counter.Divide is unknown to this build");
  BOOST_TEST(bench.outcomes() == "Added nothing");
}

BOOST_AUTO_TEST_CASE(an_event_of_another_build_stops_the_worker) {
  bench.add(1, 100);
  bench.decide(store);
  Bench other;
  other.seeds = 50;
  other.add(1, 100);
  for (Record record : bench.read(events).records) {
    if (record.kind == Kind::event) record.type = "counter.Halved";
    other.append(events, record);
  }
  StoreContent fresh;
  const auto worker = other.worker(fresh);
  other.settle(*worker);
  BOOST_REQUIRE(worker->failure());
  BOOST_TEST(worker->failure()->detail.find("counter.Halved is unknown") != std::string::npos);
}

// ---- Poison ----

BOOST_AUTO_TEST_CASE(a_command_that_ends_its_deciders_is_undecidable_at_last) {
  for (const bool kept : {false, true}) {
    Bench one;
    StoreContent left;
    std::uint64_t id = 100;
    for (const int n : {1, 2, 504, 3, 4}) one.add(n, id++);
    int deaths = 0;
    for (bool alive = true; alive; alive = deaths < 20) {
      if (!kept) left.clear();
      const auto worker = one.worker(left);
      try {
        one.settle(*worker);
        break;
      } catch (const test::Killed&) {
        ++deaths;
      }
    }
    BOOST_TEST(one.outcomes() == "Added Added undecidable Added Added");
    BOOST_TEST(deaths <= 6);
    BOOST_TEST(one.alarms.back().find("three times") != std::string::npos);
  }
}

// ---- Deadlines ----

BOOST_AUTO_TEST_CASE(a_stream_that_nobody_commands_is_woken) {
  const Instant due = bench.now + Duration::seconds(60);
  bench.hold_until(due, 100);
  bench.decide(store);
  const auto worker = bench.worker(store);  // it finds the deadline in its store
  bench.settle(*worker);
  BOOST_TEST(bench.outcomes() == "Held");
  bench.now = due;
  BOOST_TEST(worker->next_due(bench.now).us <= (due + Duration::millis(20)).us);
  bench.settle(*worker);
  BOOST_TEST(bench.outcomes() == "Held Expired");
  BOOST_TEST(accepted(bench.read(events).records)[1][0].at.us == due.us);
}

BOOST_AUTO_TEST_CASE(a_deadline_that_stands_is_woken_again_and_keeps_nobody_waiting) {
  bench.add(404, 100);
  bench.hold_until(bench.now + Duration::seconds(1), 101);
  const auto worker = bench.worker(store);
  bench.now = bench.now + Duration::seconds(2);
  for (int i = 0; i < 60; ++i) {
    bench.now = bench.now + Duration::millis(100);
    worker->step(bench.now);
  }
  const std::size_t wakes = bench.read(commands).records.size() - 2;
  BOOST_TEST(wakes >= 4U);
  BOOST_TEST(wakes <= 8U);
  bench.add(1, 102);
  worker->step(bench.now);
  BOOST_TEST(bench.outcomes().ends_with("Added"));
}

BOOST_AUTO_TEST_CASE(an_imported_stream_is_woken_when_its_import_has_ended) {
  bench.hold_until(bench.now + Duration::seconds(1), 100, uuid_of(3));
  const auto worker = bench.worker(store);
  bench.settle(*worker);
  BOOST_TEST(bench.outcomes() == "Held");
  Record ended;
  ended.kind = Kind::import_ended;
  ended.id = uuid_of(101);
  ended.import = uuid_of(3);
  ended.type = "import_ended";
  ended.payload = "{}";
  bench.append(commands, ended);
  bench.settle(*worker);
  BOOST_TEST(bench.outcomes() == "Held import_ended Expired");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::command_worker_test
