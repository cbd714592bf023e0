// A table whose store fails: the others are folded on, and what brings it back.
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <thread>

#include "runtime/rebuild.h"
#include "runtime/test_projector.h"

namespace wf::projector_failing_test {
namespace {

// Nothing that is in the way is written: its store fails once little of it is in memory.
struct Fixture : test::ProjectorFixture {
  std::unique_ptr<TableHome> home_of_little_memory(const std::string& name) {
    auto opened = TableHome::open(dir / name, type, little, world.log->id());
    BOOST_REQUIRE(opened);
    return std::move(*opened);
  }
  static std::filesystem::path obstacle(const TableStore& store) {
    return store.dir() / "drained-0.sst";
  }
  // Both are folded, until the disk of `bad` fails.
  void fail_one() {
    projector.add(*good);
    projector.add(*bad);
    add(20);
    world.settle(projector);
    BOOST_TEST(bad->state().live);
    BOOST_REQUIRE(bad->live()->flush());
    std::filesystem::create_directory(obstacle(*bad->live()));
    failed_after = world.now;
    add(20);
    world.settle(projector);
  }
  // Flushes end in their own time.
  void settle_until(const std::function<bool()>& done) {
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!done() && std::chrono::steady_clock::now() < patience) {
      world.now = world.now + Duration::minutes(1);
      projector.step(world.now);
      std::this_thread::yield();
    }
    BOOST_REQUIRE(done());
  }
  // Both are folded; each outcome is written at once.
  std::unique_ptr<CommandOutcomes> fold_outcomes(CommandOutcomes::OpenStore open_store) {
    auto outcomes =
        *CommandOutcomes::open(std::move(open_store), world.log->id(), Duration::hours(1), 1);
    projector.add(*outcomes);
    projector.add(*good);
    add(20);
    world.settle(projector);
    return outcomes;
  }
  std::shared_ptr<TableStore> build(TableHome& table) {
    RebuildProgress progress;
    RebuildOptions how;
    how.slots = options().slots;
    auto built = rebuild(*world.log, *catalogue, table, how, progress);
    BOOST_REQUIRE(built);
    return *built;
  }

  const Resources little{{.block_cache_bytes = 8 << 20, .write_buffer_bytes = 1}};
  std::vector<std::string> alarms;
  Projector projector{*world.log, *catalogue, options(), [this](std::string_view what) {
                        if (what.starts_with("projector")) alarms.emplace_back(what);
                      }};
  std::unique_ptr<TableHome> good = home("good");
  std::unique_ptr<TableHome> bad = home_of_little_memory("bad");
  Instant failed_after;
};

// Writes nothing while it fails.
class FailingStore : public test::MapStore {
 public:
  FailingStore(test::StoreContent& content, const bool& fails) : MapStore(content), fails_(fails) {}
  Result<void> write(const KvBatch& batch) override {
    if (fails_) return fail(Code::io, "no room");
    return MapStore::write(batch);
  }

 private:
  const bool& fails_;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(projector_failing_tests, Fixture)

BOOST_AUTO_TEST_CASE(the_others_go_on_without_a_table_whose_store_fails) {
  fail_one();
  add(20);
  world.settle(projector);
  BOOST_TEST(good->state().live);
  BOOST_CHECK(good->live()->totals() == folded_at_once());
  BOOST_TEST(projector.failing_since().us == 0);
  BOOST_TEST(!good->state().failing_since.has_value());
  const TableState state = bad->state();
  BOOST_TEST(!state.live);
  BOOST_REQUIRE(state.failing_since.has_value());
  BOOST_CHECK(*state.failing_since > failed_after && *state.failing_since < world.now);
  BOOST_REQUIRE(alarms.size() == 1U);  // however often it was tried again
  BOOST_TEST(alarms[0].find("table sums at " + bad->live()->dir().string()) != std::string::npos,
             alarms[0]);
}

BOOST_AUTO_TEST_CASE(a_table_is_folded_on_when_its_disk_is_well_again) {
  fail_one();
  std::filesystem::remove(obstacle(*bad->live()));
  add(20);
  settle_until([&] { return bad->state().live; });
  BOOST_TEST(!bad->state().failing_since.has_value());
  BOOST_CHECK(bad->live()->totals() == folded_at_once());
  BOOST_TEST(alarms.size() == 2U);
}

// Little of it is in memory, and all of it is read: only its flush tells.
BOOST_AUTO_TEST_CASE(a_table_whose_flush_fails_is_left_out_until_one_is_written) {
  const auto roomy = home("roomy");
  projector.add(*good);
  projector.add(*roomy);
  add(20);
  world.settle(projector);
  BOOST_REQUIRE(roomy->live()->flush());
  std::filesystem::create_directory(obstacle(*roomy->live()));
  add(20);
  settle_until([&] { return roomy->state().failing_since.has_value(); });
  const Offsets before = roomy->state().positions;
  for (int i = 0; i < 20; ++i) {
    add(1);
    world.now = world.now + Duration::minutes(1);
    projector.step(world.now);
    BOOST_TEST(!roomy->live()->flush().has_value());  // one that goes on has ended
    BOOST_TEST(!roomy->state().live);
  }
  BOOST_CHECK(roomy->state().positions == before);
  BOOST_TEST(alarms.size() == 1U);
  BOOST_CHECK(good->live()->totals() == folded_at_once());
  std::filesystem::remove(obstacle(*roomy->live()));
  settle_until([&] { return roomy->state().live; });
  world.settle(projector);
  BOOST_TEST(alarms.size() == 2U);
  BOOST_CHECK(roomy->live()->totals() == folded_at_once());
}

BOOST_AUTO_TEST_CASE(a_rebuilt_generation_takes_the_place_of_one_that_fails) {
  fail_one();
  const auto built = build(*bad);
  add(25);
  projector.replace(*bad, built);
  world.settle(projector);
  BOOST_CHECK(bad->live() == built);
  BOOST_TEST(bad->state().live);
  BOOST_TEST(!bad->state().failing_since.has_value());
  add(20);
  world.now = world.now + Duration::minutes(1);  // nobody tries the old one again
  world.settle(projector);
  BOOST_CHECK(bad->live()->totals() == folded_at_once());
  BOOST_CHECK(good->live()->totals() == folded_at_once());
}

BOOST_AUTO_TEST_CASE(a_generation_that_fails_on_its_way_is_tried_again_while_the_live_one_goes_on) {
  projector.add(*bad);
  add(20);
  world.settle(projector);
  const auto before = bad->live();
  const auto built = build(*bad);
  std::filesystem::create_directory(obstacle(*built));
  add(40);
  world.settle(projector);
  projector.replace(*bad, built);
  world.settle(projector);
  BOOST_TEST(built->state().failing_since.has_value());
  BOOST_CHECK(bad->live() == before);
  BOOST_TEST(bad->state().live);
  BOOST_CHECK(before->totals() == folded_at_once());
  BOOST_TEST(alarms.size() == 1U);
  std::filesystem::remove(obstacle(*built));
  settle_until([&] { return bad->live() == built; });
  BOOST_TEST(bad->state().live);
  BOOST_TEST(!bad->state().failing_since.has_value());
  world.settle(projector);
  BOOST_CHECK(built->totals() == folded_at_once());
}

BOOST_AUTO_TEST_CASE(a_generation_that_is_folded_on_does_not_fail_though_it_is_not_level_yet) {
  projector.add(*bad);
  add(20);
  world.settle(projector);
  const auto built = build(*bad);
  std::filesystem::create_directory(obstacle(*built));
  add(60);
  world.settle(projector);
  projector.replace(*bad, built);
  world.settle(projector);
  BOOST_REQUIRE(built->state().failing_since.has_value());
  const Instant first = *built->state().failing_since;
  for (int i = 0; i < 20; ++i) {  // until then it fails since the first time
    world.now = world.now + Duration::minutes(1);
    projector.step(world.now);
    BOOST_TEST((built->state().failing_since == first));
  }
  const Offsets stood_at = built->state().positions;
  std::filesystem::remove(obstacle(*built));
  settle_until([&] { return built->state().positions != stood_at; });
  BOOST_CHECK(bad->live() != built);
  BOOST_TEST(!built->state().failing_since.has_value());
  settle_until([&] { return bad->live() == built; });
}

// Whoever withdraws it waits until it is stepped: wrong code would leave both waiting for ever.
BOOST_AUTO_TEST_CASE(a_generation_that_fails_can_be_withdrawn, *boost::unit_test::timeout(300)) {
  add(20);
  const auto built = build(*bad);
  std::filesystem::create_directory(obstacle(*built));
  add(40);
  projector.take_over(*bad, built);
  world.settle(projector);
  BOOST_REQUIRE(built->state().failing_since.has_value());
  std::atomic<bool> withdrawn = false;
  std::jthread builder([&] { withdrawn = projector.withdraw(*bad, built); });
  settle_until([&] { return withdrawn.load(); });
  builder.join();
  BOOST_TEST(built.use_count() == 1);
}

BOOST_AUTO_TEST_CASE(a_swap_that_cannot_be_written_is_told_once_until_it_is) {
  int told = 0;
  Projector fresh(*world.log, *catalogue, options(), [&](std::string_view) { ++told; });
  add(20);
  const auto built = build(*good);
  const std::filesystem::path obstacle = dir / "good" / "CURRENT.next";
  std::filesystem::create_directory(obstacle);
  fresh.take_over(*good, built);
  world.settle(fresh);
  BOOST_TEST(told == 1);
  BOOST_CHECK(good->live() != built);
  std::filesystem::remove(obstacle);
  world.now = world.now + Duration::minutes(1);
  world.settle(fresh);
  BOOST_CHECK(good->live() == built);
  BOOST_TEST(good->state().live);
  BOOST_TEST(told == 1);
}

BOOST_AUTO_TEST_CASE(outcomes_that_cannot_be_kept_do_not_hold_up_the_tables) {
  bool fails = false;
  test::StoreContent content;
  const auto outcomes =
      fold_outcomes([&] { return std::make_unique<FailingStore>(content, fails); });
  BOOST_TEST(outcomes->get(test::uuid_of(1'019))->has_value());  // of the last one
  fails = true;
  add(20);
  world.settle(projector);
  BOOST_CHECK(good->live()->totals() == folded_at_once());
  BOOST_TEST(projector.failing_since().us == 0);
  BOOST_TEST(alarms.size() == 1U);
  const auto unknown = outcomes->find(test::uuid_of(1'039), good->state().positions);
  BOOST_TEST((!unknown && unknown.error().code == Code::unavailable));
  fails = false;
  world.now = world.now + Duration::minutes(1);
  world.settle(projector);
  BOOST_TEST(outcomes->get(test::uuid_of(1'039))->has_value());
  BOOST_CHECK(outcomes->positions() == good->live()->positions());
  BOOST_TEST(alarms.size() == 2U);
}

// As RocksDB after a flush that failed, which loses what was not flushed.
BOOST_AUTO_TEST_CASE(the_store_of_outcomes_is_opened_anew_once_it_takes_nothing) {
  const bool well = false;
  bool broken = false;
  int opened = 0;
  test::StoreContent content;
  const auto outcomes = fold_outcomes([&]() -> Result<std::unique_ptr<KvStore>> {
    if (++opened == 2) return fail(Code::unavailable, "it is open elsewhere");
    return std::make_unique<FailingStore>(content, opened == 1 ? broken : well);
  });
  const test::StoreContent flushed = content;
  add(20);
  world.settle(projector);
  broken = true;
  content = flushed;
  add(20);
  world.settle(projector);
  world.now = world.now + Duration::minutes(1);
  world.settle(projector);
  BOOST_TEST(opened == 3);
  for (const std::uint64_t id : {1'019U, 1'039U, 1'059U}) {
    BOOST_TEST(outcomes->get(test::uuid_of(id)).value().has_value());
  }
  BOOST_CHECK(outcomes->positions() == good->live()->positions());
  BOOST_TEST(alarms.size() == 2U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::projector_failing_test
