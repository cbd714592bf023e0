// Which commands a new owner announces before it decides them: those that may have ended the one
// before it.
#include <boost/test/unit_test.hpp>

#include "runtime/command_worker.h"
#include "runtime/test_world.h"

namespace wf::caution_test {
namespace {

using test::accepted;
using test::shown;

const Slot events{"events.counters", 0};

struct Fixture : test::World {
  std::unique_ptr<CommandWorker> worker() {
    auto options = World::worker("counters");
    options.open_store = test::opener(store);
    options.seed = ++seeds;
    options.batch.records = 8;
    return std::make_unique<CommandWorker>(
        *log, *catalogue, test::TestCatalogue::platform(), options, [](std::string_view) {});
  }
  void open_and_end() {
    const auto idle = worker();
    settle(*idle);
    BOOST_REQUIRE(idle->resumed());
  }
  // counter.Add{n} for each, with one append that does not wait for the disk; again the same ids.
  void ask(const std::vector<std::int64_t>& numbers) const {
    std::vector<std::string> payloads;
    for (const std::int64_t n : numbers) payloads.push_back(fmt::format(R"({{"n":{}}})", n));
    std::vector<Record> asked;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      asked.push_back(command("counter.Add", payloads[i], 100 + i, now));
    }
    BOOST_REQUIRE((*log->writer("client"))
                      ->append({"commands.counters", 0}, asked, Durability::with_outcome));
  }
  std::size_t trying() const {
    std::size_t count = 0;
    for (const Record& record : read(events).records) count += record.kind == Kind::trying ? 1 : 0;
    return count;
  }

  test::TestCatalogue catalogue;
  test::StoreContent store;
  std::uint64_t seeds = 0;  // of nonces
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(caution_tests, Fixture)

BOOST_AUTO_TEST_CASE(what_comes_after_an_idle_owner_is_not_suspect) {
  open_and_end();
  const auto next = worker();
  settle(*next);
  for (std::uint64_t i = 0; i < 100; ++i) add(1, 100 + i);
  settle(*next);
  BOOST_TEST(accepted(read(events).records).size() == 100U);
  BOOST_TEST(trying() == 0U);
}

BOOST_AUTO_TEST_CASE(only_what_waits_is_suspect_and_of_that_one_batch) {
  for (const std::size_t waiting : {3U, 20U}) {
    Fixture one;
    one.open_and_end();
    for (std::uint64_t i = 0; i < waiting; ++i) one.add(1, 100 + i);
    const auto next = one.worker();
    next->step(one.now);
    for (std::uint64_t i = 0; i < 50; ++i) one.add(1, 200 + i);
    one.settle(*next);
    BOOST_TEST(accepted(one.read(events).records).size() == waiting + 50);
    BOOST_TEST(one.trying() == std::min<std::size_t>(waiting, 8));
  }
}

// A sender that waits for its outcome does not wait for the disk: the owner before may have read
// what no sync had reached.
BOOST_AUTO_TEST_CASE(a_command_that_is_not_durable_yet_is_suspect_too) {
  open_and_end();
  ask({1});
  const auto next = worker();
  settle(*next);
  BOOST_TEST(shown(accepted(read(events).records)) == "Added");
  BOOST_TEST(trying() == 1U);
}

// Its client asks again, and what was in memory only is lost with each process it ends.
BOOST_AUTO_TEST_CASE(a_command_that_is_lost_with_its_deciders_is_undecidable_at_last) {
  const std::vector<std::vector<std::int64_t>> batches = {
      {504}, {504, 1}, {1, 504}, {1, 2, 504, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 504, 10}};
  for (const auto& batch : batches) {
    for (const bool waiting : {false, true}) {  // before the owner opens
      Fixture one;
      one.open_and_end();
      int deaths = 0;
      while (deaths < 20) {
        auto owner = one.worker();
        try {
          if (!waiting) one.settle(*owner);
          one.ask(batch);
          one.settle(*owner);
          break;
        } catch (const test::Killed&) {
          ++deaths;
          owner.reset();
          one.lose_power();
        }
      }
      BOOST_TEST(deaths <= 8);
      const std::string outcomes = shown(accepted(one.read(events).records));
      BOOST_TEST(outcomes.find("undecidable") != std::string::npos, outcomes);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::caution_test
