// Deadlines of streams that nobody commands: how often a worker wakes them, and what that leaves.
#include <boost/test/unit_test.hpp>
#include <set>

#include "runtime/command_worker.h"
#include "runtime/test_world.h"

namespace wf::wakes_test {
namespace {

using test::accepted;
using test::shown;

const Slot commands{"commands.counters", 0};
const Slot events{"events.counters", 0};

struct Fixture : test::World {
  std::unique_ptr<CommandWorker> worker() {
    auto options = World::worker("counters");
    options.open_store = test::opener(store);
    options.seed = ++seeds;
    return std::make_unique<CommandWorker>(
        *log, *catalogue, test::TestCatalogue::platform(), options, [](std::string_view) {});
  }
  // Of one stream, so many, at one time.
  void hold_until(Instant due, int times = 1) {
    const std::string payload = fmt::format(R"({{"until":{},"times":{}}})", due.us, times);
    append(commands, command("counter.Hold", payload, ++last_id, now));
  }
  std::string outcomes() const { return shown(accepted(read(events).records)); }
  std::size_t wakes() const {
    std::size_t count = 0;
    for (const Record& record : read(commands).records) count += record.kind == Kind::wake ? 1 : 0;
    return count;
  }
  // Each of so many events has one of its own.
  void check_ids(std::size_t wanted) const {
    std::set<Uuid> ids;
    std::size_t decided = 0;
    const auto history = read(events);
    for (const auto& outcome : accepted(history.records)) {
      for (const Record& record : outcome) {
        if (record.kind != Kind::event) continue;
        ++decided;
        ids.insert(record.id);
      }
    }
    BOOST_TEST(decided == wanted);
    BOOST_TEST(ids.size() == decided);
  }

  test::TestCatalogue catalogue;
  test::StoreContent store;
  std::uint64_t seeds = 0;  // of nonces
  std::uint64_t last_id = 100;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(wakes_tests, Fixture)

// More deadlines than one outcome holds.
BOOST_AUTO_TEST_CASE(what_several_wakes_decide_for_one_time_has_ids_of_its_own) {
  hold_until(now + Duration::seconds(1), 600);
  const auto owner = worker();
  settle(*owner);
  BOOST_TEST(wakes() == 3U);
  check_ids(601);
}

// As when its append was of unknown fate, or the next owner wakes the stream, too.
BOOST_AUTO_TEST_CASE(a_wake_that_is_doubled_decides_once) {
  hold_until(now + Duration::seconds(1), 600);
  bool doubled = false;
  const auto owner = worker();
  while (!doubled) {
    now = now + Duration::millis(100);
    owner->step(now);
    for (const Record& record : read(commands).records) {
      if (record.kind != Kind::wake || doubled) continue;
      doubled = true;
      append(commands, record);
    }
  }
  settle(*owner);
  check_ids(601);
}

// Its owners end as it is decided. The last one must not wake it again, nor end by it.
BOOST_AUTO_TEST_CASE(a_deadline_that_ends_its_deciders_is_undecidable_at_last) {
  hold_until(now + Duration::seconds(1), 888);
  int deaths = 0;
  auto owner = worker();
  while (deaths < 20) {
    try {
      settle(*owner);
      break;
    } catch (const test::Killed&) {
      ++deaths;
      owner = worker();
    }
  }
  BOOST_TEST(deaths <= 6);
  BOOST_TEST(outcomes().find("undecidable") != std::string::npos, outcomes());
  const std::size_t before = wakes();
  settle(*owner);
  owner = worker();
  settle(*owner);
  BOOST_TEST(wakes() == before);
  // The stream is commanded as before, and what happens in it may mend the deadline.
  hold_until(now);
  settle(*owner);
  BOOST_TEST(outcomes().ends_with("Held Expired"), outcomes());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::wakes_test
