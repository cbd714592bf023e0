// Workers whose clock jumps, or moves while they are at work: nobody waits longer than the options
// say.
#include <boost/test/unit_test.hpp>

#include "log/faulty_log.h"
#include "runtime/test_forwarders.h"
#include "runtime/test_hook_log.h"

namespace wf::clocks_test {
namespace {

using test::counters;

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

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::clocks_test
