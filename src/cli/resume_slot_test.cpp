// `admin resume`: where it goes on, and beside a decider that opens the slot as soon as somebody
// else has.
#include "cli/resume_slot.h"

#include <boost/test/unit_test.hpp>

#include "log/outcome_reader.h"
#include "runtime/command_worker.h"
#include "runtime/test_hook_log.h"
#include "runtime/test_world.h"

namespace wf::cli::resume_slot_test {
namespace {

const Slot events{"events.counters", 0};

// Two commands, and the events they became.
struct Decided : test::World {
  Decided() {
    add(1, 100);
    add(1, 101);
    decide();
  }
  void decide() {
    const test::TestCatalogue catalogue(0);
    test::StoreContent store;
    auto options = worker("counters");
    options.open_store = test::opener(store);
    options.seed = ++seeds;
    CommandWorker decider(*log, *catalogue, test::TestCatalogue::platform(), options, [](auto) {});
    settle(decider);
  }
  std::uint64_t seeds = 0;  // of nonces: those who share a log must not share them
};

struct Copied : test::World {
  explicit Copied(const test::World& from) {
    for (const Record& record : from.read(events).records) append(events, record);
  }
};

struct Fixture {
  void open_by_a_decider() {
    Record opened;
    opened.kind = Kind::opened;
    opened.id = Uuid::random();
    opened.at = world.now;
    opened.type = "opened";
    opened.payload = R"({"build":"a decider's"})";
    const auto writer = world.log->writer("decider");
    BOOST_REQUIRE(writer && (*writer)->append(events, {&opened, 1}, Durability::now));
  }
  Position said() {
    const auto reader = world.log->reader();
    BOOST_REQUIRE(reader);
    OutcomeReader outcomes(**reader, events);
    BOOST_REQUIRE(outcomes.start({}));
    while (true) {
      const auto count = outcomes.read({}, [](std::span<const Record>) {});
      BOOST_REQUIRE(count);
      if (*count == 0) return outcomes.position();
    }
  }

  test::World world;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(resume_slot_tests, Fixture)

BOOST_AUTO_TEST_CASE(what_was_said_in_an_epoch_that_is_over_is_said_again) {
  test::HookLog contested(*world.log, [&] {
    const Offset end = *world.log->end(events);  // 1, 4: after `opened`, before `resumed`
    if (end == 1 || end == 4) open_by_a_decider();
  });
  const auto done = resume_slot(contested, events, 0, "the disk was lost", world.now);
  BOOST_REQUIRE_MESSAGE(done, done.error().detail);
  BOOST_TEST(done->epoch == 6);
  BOOST_TEST(said().epoch == 6);
  BOOST_TEST(said().next == 0);
}

BOOST_AUTO_TEST_CASE(a_slot_that_another_opens_each_time_is_not_said_to_be_resumed) {
  test::HookLog contested(*world.log, [&] {
    if (*world.log->end(events) % 3 == 1) open_by_a_decider();
  });
  const auto done = resume_slot(contested, events, 0, "the disk was lost", world.now);
  BOOST_REQUIRE(!done);
  BOOST_TEST(name(done.error().code) == "unavailable");
}

BOOST_AUTO_TEST_CASE(what_has_its_outcome_does_not_get_another) {
  const Decided healthy;
  const Offset end = *healthy.log->end(events);
  for (const Offset next : {0, 1}) {
    const auto done = resume_slot(*healthy.log, events, next, "a slip", healthy.now);
    BOOST_REQUIRE(!done);
    BOOST_TEST(name(done.error().code) == "forbidden");
    BOOST_TEST(done.error().detail.find("only --next 2 ") != std::string::npos);
  }
  BOOST_TEST(*healthy.log->end(events) == end);
  BOOST_TEST(resume_slot(*healthy.log, events, 2, "to be sure", healthy.now).has_value());
}

BOOST_AUTO_TEST_CASE(nor_does_what_got_it_meanwhile) {
  Decided healthy;
  const Offset end = *healthy.log->end(events);
  test::HookLog contested(*healthy.log, [&] {
    if (*healthy.log->end(events) != end + 1) return;  // after `opened`
    healthy.add(1, 102);
    healthy.decide();
  });
  const auto done = resume_slot(contested, events, 2, "to be sure", healthy.now);
  BOOST_REQUIRE(!done);
  BOOST_TEST(done.error().detail.find("only --next 3 ") != std::string::npos, done.error().detail);
}

BOOST_AUTO_TEST_CASE(no_command_that_waits_is_dropped) {
  world.add(1, 100);
  const auto done = resume_slot(*world.log, events, 1, "a slip", world.now);
  BOOST_REQUIRE(!done);
  BOOST_TEST(name(done.error().code) == "forbidden");
  BOOST_TEST(resume_slot(*world.log, events, 0, "to be sure", world.now).has_value());
}

BOOST_AUTO_TEST_CASE(lost_commands_and_others_in_their_place_are_the_operators_to_judge) {
  const Decided healthy;
  Copied lost(healthy);
  lost.add(1, 100);
  BOOST_TEST(resume_slot(*lost.log, events, 1, "the disk was lost", lost.now).has_value());
  Copied another(healthy);
  for (const std::uint64_t id : {900U, 901U, 902U}) another.add(1, id);
  BOOST_TEST(resume_slot(*another.log, events, 0, "the disk was lost", another.now).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::cli::resume_slot_test
