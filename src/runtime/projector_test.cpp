// The projector: tables stay equal to the fold of their log through failing reads, restarts and
// swaps.
#include "runtime/projector.h"

#include <boost/test/unit_test.hpp>
#include <future>

#include "log/faulty_log.h"
#include "log/test_flaky_log.h"
#include "runtime/rebuild.h"
#include "runtime/row_refold.h"
#include "runtime/test_projector.h"

namespace wf::projector_test {
namespace {

using test::FlakyLog;
using test::uuid_of;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(projector_tests, test::ProjectorFixture)

BOOST_AUTO_TEST_CASE(a_read_that_fails_loses_nothing_of_the_slots_read_before_it) {
  add(60);
  FlakyLog flaky(*world.log);
  auto table = home("sums");
  Projector projector(flaky, *catalogue, options(), alarm);
  projector.add(*table);
  flaky.period = 5;  // in the middle of a round over three slots
  for (int i = 0; i < 200; ++i) {
    world.now = world.now + Duration::millis(300);
    projector.step(world.now);
  }
  BOOST_TEST(flaky.failed > 3);
  flaky.period = 0;
  world.settle(projector);
  BOOST_CHECK(table->live()->totals() == folded_at_once());
  BOOST_TEST(table->live()->totals().rows == 7u);
}

// Kafka may have fetched nothing yet of what is there.
BOOST_AUTO_TEST_CASE(a_slow_fetch_is_not_the_end_of_the_log) {
  add(2'100);
  auto table = home("sums");
  FaultyLog slow(*world.log, 1, {.empty_read = 1});
  Projector projector(slow, *catalogue, options(), alarm);
  projector.add(*table);
  projector.step(world.now);
  BOOST_TEST(!table->state().live);
  slow.pause(true);
  world.settle(projector);
  BOOST_TEST(table->state().live);
  BOOST_CHECK(table->live()->totals() == folded_at_once());
}

BOOST_AUTO_TEST_CASE(a_refold_waits_for_a_slow_fetch) {
  add(40);
  auto table = home("sums");
  Projector projector(*world.log, *catalogue, options(), alarm);
  projector.add(*table);
  world.settle(projector);
  FaultyLog slow(*world.log, 1, {.short_read = 0.5, .empty_read = 0.5});
  auto refold = RowRefold::open(slow, *catalogue, type, "key");
  BOOST_REQUIRE(refold);
  RebuildProgress progress;
  BOOST_TEST((*refold)->advance(table->live()->positions(), progress).has_value());
  BOOST_TEST(progress.events == 40u);
  BOOST_TEST(slow.counts().empty_reads > 0u);
  slow.set({.empty_read = 1});  // for ever: it gives up
  auto never = RowRefold::open(slow, *catalogue, type, "key");
  BOOST_REQUIRE(never);
  const auto done = (*never)->advance(table->live()->positions(), progress);
  BOOST_REQUIRE(!done);
  BOOST_TEST(name(done.error().code) == "unavailable");
}

BOOST_AUTO_TEST_CASE(a_table_that_lags_catches_up_beside_one_that_is_level) {
  add(30);
  auto first = home("first");
  auto second = home("second");
  Projector projector(*world.log, *catalogue, options(), alarm);
  projector.add(*first);
  world.settle(projector);
  BOOST_TEST(first->state().live);
  projector.add(*second);
  add(30);
  world.settle(projector);
  BOOST_CHECK(second->live()->totals() == first->live()->totals());
  BOOST_TEST(second->state().live);
}

BOOST_AUTO_TEST_CASE(a_rebuilt_generation_is_swapped_in_while_events_arrive) {
  add(40);
  auto table = home("sums");
  Projector projector(*world.log, *catalogue, options(), alarm);
  projector.add(*table);
  world.settle(projector);
  const std::string before = table->state().generation;
  RebuildProgress progress;
  RebuildOptions how;
  how.slots = options().slots;
  auto built = rebuild(*world.log, *catalogue, *table, how, progress);
  BOOST_REQUIRE(built);
  BOOST_TEST(progress.events == 40u);
  add(25);
  int any = 0;
  projector.on_rows([&](const TableInfo&, const std::vector<std::string>& keys) {
    if (keys.empty()) ++any;
  });
  projector.replace(*table, *built);
  add(10);
  world.settle(projector);
  BOOST_TEST(any == 1);  // whoever saw a row looks again: the new code may make another of it
  BOOST_TEST(table->state().generation != before);
  BOOST_CHECK(table->live()->totals() == folded_at_once());
}

BOOST_AUTO_TEST_CASE(a_swap_that_failed_is_tried_again) {
  add(40);
  auto table = home("sums");
  Projector projector(*world.log, *catalogue, options(), alarm);
  projector.add(*table);
  world.settle(projector);
  RebuildProgress progress;
  RebuildOptions how;
  how.slots = options().slots;
  const auto built = *rebuild(*world.log, *catalogue, *table, how, progress);
  const std::filesystem::path obstacle = dir / "sums" / "CURRENT.next";
  std::filesystem::create_directory(obstacle);
  projector.replace(*table, built);
  world.settle(projector);
  BOOST_CHECK(table->live() != built);
  std::filesystem::remove(obstacle);
  projector.step(world.now = world.now + options().flush_after + Duration::millis(1));
  BOOST_CHECK(table->live() == built);
  add(10);
  world.settle(projector);
  BOOST_CHECK(table->live()->totals() == folded_at_once());
}

// Cancelled after its build: it is given back while the projector has not come as far.
BOOST_AUTO_TEST_CASE(a_generation_that_is_withdrawn_is_not_swapped_in_and_goes) {
  add(40);
  auto table = home("sums");
  FlakyLog away(*world.log);
  Projector projector(away, *catalogue, options(), alarm);
  projector.add(*table);
  world.settle(projector);
  const auto before = table->live();
  const auto withdraw = [&](const std::shared_ptr<TableStore>& next) {
    auto done = std::async(std::launch::async, [&] { return projector.withdraw(*table, next); });
    while (done.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
      projector.step(world.now);
    }
    return done.get();
  };
  RebuildProgress progress;
  RebuildOptions how;
  how.slots = options().slots;
  auto built = *rebuild(*world.log, *catalogue, *table, how, progress);
  const std::filesystem::path files = built->dir();
  away.period = 1;
  projector.replace(*table, built);
  BOOST_TEST(withdraw(built));
  away.period = 0;
  built->remove_when_closed();
  built.reset();
  BOOST_TEST(!std::filesystem::exists(files));
  add(10);
  world.settle(projector);
  BOOST_CHECK(table->live() == before);
  BOOST_CHECK(before->totals() == folded_at_once());

  built = *rebuild(*world.log, *catalogue, *table, how, progress);
  projector.replace(*table, built);
  world.settle(projector);
  BOOST_TEST(!withdraw(built));  // too late
  BOOST_CHECK(table->live() == built);

  progress.cancel = true;
  const auto cancelled = rebuild(*world.log, *catalogue, *table, how, progress);
  BOOST_TEST((!cancelled && cancelled.error().code == Code::closed));
}

// As after a deploy that changed the fold: nobody feeds what is there.
BOOST_AUTO_TEST_CASE(a_generation_takes_over_once_it_is_at_the_logs_end) {
  add(40);
  auto table = home("sums");
  const auto old = table->live();
  RebuildProgress progress;
  RebuildOptions how;
  how.slots = options().slots;
  TableHome* const homes[] = {table.get()};
  const auto built = *rebuild(*world.log, *catalogue, homes, how, progress);
  add(25);
  std::size_t told = 0;
  Projector projector(*world.log, *catalogue, options(), alarm);
  projector.on_rows([&](const TableInfo&, const std::vector<std::string>& keys) {
    told += keys.empty() ? 1 : 0;
  });
  projector.take_over(*table, built[0]);
  projector.step(world.now);
  BOOST_CHECK(table->live() == old);  // 25 more are to be folded, 5 at a time
  world.settle(projector);
  BOOST_CHECK(table->live() == built[0]);
  BOOST_TEST(table->state().live);
  BOOST_TEST(told == 1u);
  add(10);
  world.settle(projector);
  BOOST_CHECK(table->live()->totals() == folded_at_once());
}

BOOST_AUTO_TEST_CASE(a_parked_row_is_refolded_while_its_table_goes_on) {
  type.poison = 5;
  add(21);
  auto table = home("sums");
  Projector projector(*world.log, *catalogue, options(), alarm);
  projector.add(*table);
  world.settle(projector);
  const auto store = table->live();
  const auto parked = *store->quarantined(100);
  BOOST_REQUIRE(!parked.empty());
  BOOST_TEST(parked[0].reason == "not today");
  RebuildProgress progress;
  const auto refold = [&](std::string_view key) {
    auto row = *RowRefold::open(*world.log, *catalogue, type, key);
    const auto read = row->advance(store->positions(), progress);
    return read ? row->put(*store) : read;
  };
  BOOST_TEST((refold(parked[0].key).error().code == Code::invalid));
  type.poison = -1;
  BOOST_TEST((refold(uuid_of(99).text()).error().code == Code::not_found));
  for (const Quarantine& one : parked) {
    auto row = *RowRefold::open(*world.log, *catalogue, type, one.key);
    BOOST_REQUIRE(row->advance(store->positions(), progress));
    add(7);
    world.settle(projector);
    BOOST_TEST((row->put(*store).error().code == Code::unavailable));
    BOOST_REQUIRE(row->advance(store->positions(), progress));
    BOOST_REQUIRE(row->put(*store));
  }
  BOOST_TEST(store->totals().quarantined == 0u);
  BOOST_TEST(refold(parked[0].key).has_value());  // one that is not parked stays as it is
  BOOST_CHECK(store->totals() == folded_at_once());
  progress.cancel = true;
  BOOST_TEST((refold(parked[0].key).error().code == Code::closed));
}

BOOST_AUTO_TEST_CASE(reads_that_fail_as_if_for_good_are_tried_again_before_it_stops) {
  add(60);
  FlakyLog flaky(*world.log);
  flaky.code = Code::corrupt;
  auto table = home("sums");
  Projector projector(flaky, *catalogue, options(), alarm);
  projector.add(*table);
  flaky.period = 1;
  for (std::uint32_t i = 0; i + 1 < options().final_tries; ++i) {
    BOOST_CHECK(projector.step(world.now) == Projector::Progress::idle);
    world.now = world.now + Duration::seconds(3);
  }
  flaky.period = 0;
  world.settle(projector);
  BOOST_CHECK(table->live()->totals() == folded_at_once());
  BOOST_TEST(!projector.failure());
  flaky.period = 1;
  add(1);
  world.settle(projector);
  BOOST_TEST(projector.failure().has_value());
}

BOOST_AUTO_TEST_CASE(it_says_since_when_it_fails) {
  FlakyLog flaky(*world.log);
  flaky.code = Code::corrupt;
  auto table = home("sums");
  Projector projector(flaky, *catalogue, options(), alarm);
  projector.add(*table);
  for (const bool recovers : {true, false}) {
    BOOST_TEST(projector.failing_since().us == 0);
    flaky.period = 1;
    const Instant first = world.now = world.now + Duration::seconds(3);
    projector.step(world.now);
    projector.step(world.now);  // it waits: that is no success
    world.now = world.now + Duration::seconds(3);
    projector.step(world.now);
    BOOST_TEST(projector.failing_since().us == first.us);
    if (recovers) flaky.period = 0;
    world.settle(projector);
    BOOST_TEST(projector.failing_since().us == (recovers ? 0 : first.us));
  }
  BOOST_TEST(projector.failure().has_value());
}

// Before every read of a slot it has grown: no two readers ever find the same end.
BOOST_AUTO_TEST_CASE(under_load_tables_are_live_and_generations_swapped) {
  add(40);
  FlakyLog growing(*world.log);
  auto table = home("sums");
  Projector projector(growing, *catalogue, options(), alarm);
  projector.add(*table);
  growing.before_read = [&] {
    world.add(1, 1'000 + sent, sent % 7);
    ++sent;
    for (auto& worker : workers) {
      for (int i = 0; i < 8; ++i) worker->step(world.now = world.now + Duration::millis(1));
    }
  };
  for (int i = 0; i < 100 && !table->state().live; ++i) projector.step(world.now);
  BOOST_TEST(table->state().live);
  RebuildProgress progress;
  RebuildOptions how;
  how.slots = options().slots;
  auto built = rebuild(*world.log, *catalogue, *table, how, progress);
  BOOST_REQUIRE(built);
  for (int i = 0; i < 10; ++i) projector.step(world.now);
  projector.replace(*table, *built);
  for (int i = 0; i < 100 && table->live() != *built; ++i) projector.step(world.now);
  BOOST_CHECK(table->live() == *built);
  BOOST_TEST(table->state().live);
  growing.before_read = nullptr;
  add(1);
  world.settle(projector);
  BOOST_CHECK(table->live()->totals() == folded_at_once());
}

BOOST_AUTO_TEST_CASE(rows_are_told_of_from_the_tail_on_and_through_failures) {
  add(21);
  FlakyLog flaky(*world.log);
  auto table = home("sums");
  std::size_t told = 0;
  Projector projector(flaky, *catalogue, options(), alarm);
  projector.on_rows(
      [&](const TableInfo&, const std::vector<std::string>& keys) { told += keys.size(); });
  projector.add(*table);
  world.settle(projector);
  BOOST_TEST(told == 0u);
  add(1);
  world.settle(projector);
  BOOST_TEST(told == 1u);
  flaky.period = 2;
  projector.step(world.now = world.now + Duration::seconds(1));
  BOOST_TEST(flaky.failed == 1);
  flaky.period = 0;
  add(1);
  world.settle(projector);
  BOOST_TEST(told == 2u);
}

// Who subscribed while the table was catching up has seen a row that is old by now.
BOOST_AUTO_TEST_CASE(a_table_that_has_caught_up_says_that_any_row_may_have_changed) {
  add(20);
  auto table = home("sums");
  Projector projector(*world.log, *catalogue, options(), alarm);
  std::vector<bool> any;
  projector.on_rows(
      [&](const TableInfo&, const std::vector<std::string>& keys) { any.push_back(keys.empty()); });
  projector.add(*table);
  world.settle(projector);
  BOOST_TEST(any == std::vector<bool>{true});
}

BOOST_AUTO_TEST_CASE(a_batch_that_touches_no_row_of_a_table_says_so) {
  auto table = home("sums");
  Projector projector(*world.log, *catalogue, options(), alarm);
  std::vector<std::vector<std::string>> told;
  projector.add(*table);
  world.settle(projector);
  projector.on_rows(
      [&](const TableInfo&, const std::vector<std::string>& keys) { told.push_back(keys); });
  Record opened;
  opened.kind = Kind::opened;
  opened.id = Uuid::random();
  opened.payload = R"({"build":"another"})";
  world.append({"events.counters", 0}, opened);
  world.settle(projector);
  BOOST_REQUIRE(told.size() == 1U);
  BOOST_TEST((told[0] == no_row));
}

BOOST_AUTO_TEST_CASE(a_restart_goes_on_where_the_store_stands) {
  add(20);
  {
    auto table = home("sums");
    Projector projector(*world.log, *catalogue, options(), alarm);
    projector.add(*table);
    world.settle(projector);
    projector.flush();
  }
  add(20);
  auto table = home("sums");
  Projector projector(*world.log, *catalogue, options(), alarm);
  projector.add(*table);
  world.settle(projector);
  BOOST_TEST(projector.folded() == 20u);
  BOOST_CHECK(table->live()->totals() == folded_at_once());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::projector_test
