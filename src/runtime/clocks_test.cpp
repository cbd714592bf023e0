// Workers whose clock jumps, or moves while they are at work: nobody waits longer than the options
// say.
#include <boost/test/unit_test.hpp>

#include "log/faulty_log.h"
#include "log/test_flaky_log.h"
#include "runtime/test_forwarders.h"
#include "runtime/test_hook_log.h"
#include "runtime/test_projector.h"

namespace wf::clocks_test {
namespace {

using test::counters;

constexpr Duration hour = Duration::hours(1);

// Of the counters, on a log of its own kind.
struct Decider : test::ForwarderBench {
  std::unique_ptr<CommandWorker> on(Log& faulty) {
    auto options = World::worker("counters");
    options.open_store = test::opener(counting_store);
    return std::make_unique<CommandWorker>(
        faulty, *catalogue, test::TestCatalogue::platform(), options, told());
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(clocks_tests)

// A long fold of `opened`, or slow decisions: the time to read the append back begins behind them.
BOOST_AUTO_TEST_CASE(a_step_that_takes_long_leaves_the_time_to_read_back_what_it_appended) {
  for (const Offset appended : {1, 2, 3}) {  // `opened`, `resumed`, an outcome
    Decider bench;
    bench.add(1, 100);
    FaultyLog faulty(*bench.log, 1, {});
    bool slow = false;
    test::HookLog hooked(faulty, [&] {
      if (slow || *bench.log->end(counters) < appended) return;
      slow = true;
      bench.now = bench.now + Duration::seconds(3);  // the worker waits for two
      faulty.set({.empty_read = 1});
    });
    const auto worker = bench.on(hooked);
    worker->step(bench.now);
    BOOST_REQUIRE(slow);
    worker->step(bench.now);
    faulty.set({});
    bench.settle(*worker);
    BOOST_TEST_CONTEXT("append " << appended) BOOST_TEST(bench.alarms.empty());
    BOOST_TEST(bench.outcomes(counters) == "Added");
  }
}

BOOST_AUTO_TEST_CASE(a_decider_tries_again_though_the_clock_was_set_back) {
  Decider bench;
  test::FlakyLog flaky(*bench.log);
  const auto worker = bench.on(flaky);
  bench.settle(*worker);
  flaky.period = 1;
  worker->step(bench.now);
  BOOST_TEST(!worker->resumed());
  flaky.period = 0;
  bench.now = bench.now - hour;
  bench.settle(*worker);
  BOOST_TEST(worker->resumed());
}

// Of `opened`, which is not seen.
BOOST_AUTO_TEST_CASE(a_decider_gives_an_append_up_though_the_clock_was_set_back) {
  Decider bench;
  FaultyLog faulty(*bench.log, 1, {.empty_read = 1});
  const auto worker = bench.on(faulty);
  for (int i = 0; i < 2; ++i) worker->step(bench.now);
  bench.now = bench.now - hour;
  for (int i = 0; i < 2; ++i) worker->step(bench.now = bench.now + Duration::seconds(3));
  BOOST_REQUIRE(!bench.alarms.empty());
  BOOST_TEST(bench.alarms.front().find("not read back") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_forwarder_tries_again_though_the_clock_was_set_back) {
  test::ForwarderBench bench;
  test::FlakyLog flaky(*bench.log);
  test::StoreContent store;
  const auto forwarder = bench.forwarder(flaky, "events.counters", store);
  bench.add(5, 100);
  bench.settle(*bench.counting);
  flaky.period = 1;
  forwarder->step(bench.now);
  flaky.period = 0;
  bench.now = bench.now - hour;
  bench.settle(*forwarder);
  BOOST_TEST(bench.arrived() > 0U);
}

// What it sent was lost, so that it is not answered.
BOOST_AUTO_TEST_CASE(a_forwarder_sends_again_though_the_clock_was_set_back) {
  test::ForwarderBench bench;
  test::Swallowing swallowing(*bench.log, 1);
  test::StoreContent store;
  const auto forwarder = bench.forwarder(swallowing, "events.counters", store);
  bench.add(5, 100);
  bench.settle(*bench.counting);
  forwarder->step(bench.now);
  bench.now = bench.now - hour;
  bench.settle(*forwarder);
  BOOST_TEST(bench.arrived() == 1U);
}

BOOST_AUTO_TEST_CASE(a_projector_tries_again_though_the_clock_was_set_back) {
  test::ProjectorFixture fixture;
  test::World& world = fixture.world;
  test::FlakyLog flaky(*world.log);
  Projector projector(flaky, *fixture.catalogue, fixture.options(), fixture.alarm);
  const auto table = fixture.home("sums");
  projector.add(*table);
  world.settle(projector);
  fixture.add(20);
  flaky.period = 1;
  projector.step(world.now);
  flaky.period = 0;
  world.now = world.now - hour;
  world.settle(projector);
  BOOST_TEST((table->live()->totals() == fixture.folded_at_once()));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::clocks_test
