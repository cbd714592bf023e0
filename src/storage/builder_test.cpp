// A build's content is that of a store that applied the same events.
#include "storage/builder.h"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <thread>

#include "storage/verify.h"
#include "support/table_fixture.h"

namespace wf::sample::builder_test {
namespace {

struct Fixture : TableFixture {
  std::unique_ptr<Builder> begin(const TableType& type,
                                 const History& history,
                                 const std::string& name,
                                 const BuildLimits& bounds = {},
                                 std::shared_ptr<RowsInMemory> shared = nullptr) {
    auto builder = Builder::open(
        dir / name, type, resources, log_id, history.end(), bounds, std::move(shared));
    require(builder);
    return std::move(*builder);
  }

  // Each slot's events in batches, by as many threads as there are.
  // False if a batch was not taken. Boost.Test is not for other threads.
  static bool add(Builder& builder, const History& history, std::size_t slot, std::size_t batch) {
    const auto& events = history.slot(slot);
    for (std::size_t from = 0; from < events.size(); from += batch) {
      const auto first = events.begin() + static_cast<std::ptrdiff_t>(from);
      const auto size = static_cast<std::ptrdiff_t>(std::min(batch, events.size() - from));
      const std::vector<FoldItem> items(first, first + size);
      if (!builder.add(items)) return false;
    }
    return true;
  }
  static void add_all(Builder& builder, const History& history) {
    std::vector<std::thread> threads;
    std::atomic<bool> taken = true;
    for (std::size_t slot = 0; slot < history.slots(); ++slot) {
      threads.emplace_back([&, slot] {
        if (!add(builder, history, slot, 100 + slot * 37)) taken = false;
      });
    }
    for (std::thread& thread : threads) thread.join();
    BOOST_TEST(taken);
  }

  std::shared_ptr<TableStore> build(const TableType& type,
                                    const History& history,
                                    const std::string& name,
                                    const BuildLimits& bounds = {}) {
    const auto builder = begin(type, history, name, bounds);
    add_all(*builder, history);
    auto store = builder->finish(history.end());
    require(store);
    return *store;
  }

  static void check_equal(const TableStore& a, const TableStore& b) {
    BOOST_TEST((a.totals() == b.totals()));
    BOOST_TEST((a.positions() == b.positions()));
    const auto difference = compare(a, b);
    require(difference);
    BOOST_TEST(!difference->has_value());
    for (const TableStore* store : {&a, &b}) {
      const auto report = scan(*store);
      require(report);
      BOOST_TEST(report->sound(), report->damage);
    }
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(builder_tests, Fixture)

BOOST_AUTO_TEST_CASE(a_build_equals_the_live_path_whatever_the_interleaving) {  // G4
  const Bookings bookings;
  const Daily daily;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    const History history({.seed = seed});
    for (const TableType* type :
         {static_cast<const TableType*>(&bookings), static_cast<const TableType*>(&daily)}) {
      const std::string name = std::string(type->info().name) + std::to_string(seed);
      const auto live = open(*type, name + "-live");
      feed(*live, history, seed);
      BOOST_TEST(live->totals().quarantined > 0u);
      check_equal(*live, *build(*type, history, name + "-built"));
      // Spilling every few rows, too.
      check_equal(*live, *build(*type, history, name + "-spilled", {.rows_in_memory = 25}));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_built_store_opens_again_and_goes_on) {
  const Bookings type;
  const History history({.seed = 9});
  const History more({.seed = 10});
  const auto live = open(type, "live");
  feed(*live, history, 1);
  build(type, history, "built").reset();
  const auto built = open(type, "built");
  check_equal(*live, *built);
  std::vector<FoldItem> items(more.slot(0).begin(), more.slot(0).end());
  SlotPositions next = history.end();
  next[0].offset += static_cast<std::int64_t>(items.size());
  require(live->apply(items, next));
  require(built->apply(items, next));
  check_equal(*live, *built);
}

BOOST_AUTO_TEST_CASE(builds_that_share_a_count_are_as_they_would_be_alone) {
  const Bookings bookings;
  const Daily daily;
  const History history({.seed = 5});
  const auto shared = std::make_shared<RowsInMemory>();
  const auto many = begin(bookings, history, "bookings", {.rows_in_memory = 60}, shared);
  const auto few = begin(daily, history, "daily", {.rows_in_memory = 60}, shared);
  for (std::size_t slot = 0; slot < history.slots(); ++slot) {
    BOOST_TEST(add(*many, history, slot, 20));
    BOOST_TEST(add(*few, history, slot, 20));
    BOOST_TEST(shared->rows <= 60U + 2 * 40U);
  }
  for (const auto& [type, builder] : {std::pair<const TableType*, Builder*>{&bookings, many.get()},
                                      {&daily, few.get()}}) {
    const auto built = builder->finish(history.end());
    require(built);
    const std::string name = std::string(type->info().name) + "-alone";
    check_equal(**built, *build(*type, history, name));
  }
  BOOST_TEST(shared->rows == 0U);
}

BOOST_AUTO_TEST_CASE(an_unfinished_build_leaves_nothing) {
  const Bookings type;
  const History history({.seed = 9});
  auto builder = begin(type, history, "built", {.rows_in_memory = 10});
  BOOST_TEST(add(*builder, history, 0, 50));
  BOOST_TEST(std::filesystem::exists(dir / "built"));
  builder.reset();
  BOOST_TEST(!std::filesystem::exists(dir / "built"));
}

BOOST_AUTO_TEST_CASE(a_build_that_cannot_be_opened_when_it_is_finished_leaves_nothing) {
  const Bookings type;
  const History history({.seed = 9});
  const auto builder = begin(type, history, "built");
  BOOST_TEST(add(*builder, history, 0, 50));
  std::ofstream(dir / "built" / "CURRENT") << "nothing\n";
  const auto built = builder->finish(history.end());
  BOOST_REQUIRE(!built);
  BOOST_TEST((built.error().code == Code::corrupt), built.error().detail);
  BOOST_TEST(!std::filesystem::exists(dir / "built"));
}

BOOST_AUTO_TEST_CASE(a_build_of_nothing_is_an_empty_store) {
  const Bookings type;
  const History history({.events = 0});
  const auto store = build(type, history, "built");
  BOOST_TEST((store->totals() == Totals{}));
  BOOST_TEST((store->positions() == history.end()));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::sample::builder_test
