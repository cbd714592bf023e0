// Stores that take nothing more until they are opened anew, as RocksDB after a write that failed.
#include "runtime/test_forwarders.h"

namespace wf::broken_store_test {
namespace {

using test::StoreContent;

// The first that is opened breaks after so many writes; what it took is kept.
struct Fixture {
  class Breaking : public test::MapStore {
   public:
    Breaking(StoreContent& content, int writes) : MapStore(content), left_(writes) {}
    Result<void> write(const KvBatch& batch) override {
      if (left_ == 0) return fail(Code::io, "the store is broken");
      --left_;
      return MapStore::write(batch);
    }

   private:
    int left_;
  };

  auto breaking(StoreContent& content) {
    return [this, &content](bool fresh) -> Result<std::unique_ptr<KvStore>> {
      BOOST_TEST(!fresh);  // nothing in it is wrong
      if (opened++ == 0) return std::make_unique<Breaking>(content, 2);
      return std::make_unique<test::MapStore>(content);
    };
  }
  void run() {  // what fails for ever would never settle
    for (int i = 0; i < 60; ++i) {
      bench.now = bench.now + Duration::millis(100);
      bench.counting->step(bench.now);
      bench.following->step(bench.now);
      bench.there->step(bench.now);
    }
  }
  std::size_t told(std::string_view what) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        bench.alarms, [&](const std::string& one) { return one.find(what) != one.npos; }));
  }

  test::ForwarderBench bench;
  int opened = 0;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(broken_store_tests, Fixture)

BOOST_AUTO_TEST_CASE(a_forwarder_opens_a_store_anew_that_takes_no_writes) {
  auto options = bench.World::forwarder("events.counters");
  options.open_store = breaking(bench.there_store);
  bench.there = std::make_unique<Forwarder>(*bench.log, options, bench.told());
  for (std::uint64_t i = 0; i < 10; ++i) {
    bench.add(5, 100 + i);
    run();
  }
  BOOST_TEST(bench.followed() == 10U);
  BOOST_TEST(bench.there->unanswered() == 0U);
  BOOST_TEST(opened == 2);
  BOOST_TEST(told("the store is broken") == 1U);
}

BOOST_AUTO_TEST_CASE(a_decider_opens_a_store_anew_that_takes_no_writes) {
  auto options = bench.World::worker("counters");
  options.open_store = breaking(bench.counting_store);
  bench.counting = std::make_unique<CommandWorker>(
      *bench.log, *bench.catalogue, test::TestCatalogue::platform(), options, bench.told());
  for (std::uint64_t i = 0; i < 10; ++i) {
    bench.add(1, 100 + i);
    run();
  }
  BOOST_TEST(opened == 2);
  BOOST_TEST(told("the store is broken") == 1U);
  StoreContent kept = bench.counting_store;
  kept.erase("p");
  BOOST_CHECK(kept == bench.refold(*bench.catalogue, test::counters));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::broken_store_test
