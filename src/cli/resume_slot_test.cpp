// `admin resume` beside a decider that opens the slot as soon as somebody else has.
#include "cli/resume_slot.h"

#include <boost/test/unit_test.hpp>

#include "log/outcome_reader.h"
#include "runtime/test_hook_log.h"
#include "runtime/test_world.h"

namespace wf::cli::resume_slot_test {
namespace {

const Slot events{"events.counters", 0};

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

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::cli::resume_slot_test
