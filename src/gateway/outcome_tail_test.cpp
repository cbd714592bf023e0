// Where the tail of outcomes begins to read.
#include "gateway/outcome_tail.h"

#include "gateway/test_app.h"
#include "log/position.h"

namespace wf::gateway::outcome_tail_test {
namespace {

struct Fixture : test::AppFixture {
  Waiting waiting{100};

  void decide(int count) {
    auto appender = log->writer("client");
    BOOST_REQUIRE(appender);
    for (int i = 0; i < count; ++i) {
      Record command;
      command.id = Uuid::random();
      command.stream = asha;
      command.type = "booking.Reserve";
      command.payload = "{}";
      BOOST_REQUIRE((*appender)->append({"commands.bookings", 0}, {&command, 1}, Durability::now));
    }
    BOOST_TEST(decider->decide(ruling) == static_cast<std::size_t>(count));
  }
  // Where a reader of each slot stands that has read all there is.
  SlotPositions ends() {
    const auto reader = log->reader().value();
    SlotPositions ends;
    for (const TopicSpec& topic : log->topics()) {
      if (!topic.name.starts_with("events.")) continue;
      for (std::uint32_t p = 0; p < topic.partitions; ++p) {
        OutcomeReader slot(*reader, {topic.name, p});
        BOOST_REQUIRE(slot.start({.offset = 0}));
        while (*slot.read({}, [](auto) {}) != 0) {
        }
        ends.push_back({topic.name, p, slot.position().offset, bytes_of(slot.position())});
      }
    }
    return ends;
  }
  std::uint64_t read_from(const SlotPositions& known) {
    OutcomeTail tail(*log, catalogue(), waiting, {}, known);
    for (int i = 0; i < 20; ++i) static_cast<void>(tail.step(now));
    BOOST_TEST(tail.caught_up());
    return tail.outcomes();
  }
};

BOOST_FIXTURE_TEST_SUITE(outcome_tail_tests, Fixture)

BOOST_AUTO_TEST_CASE(it_begins_where_a_store_stood) {
  decide(5);
  const SlotPositions known = ends();
  decide(2);
  BOOST_TEST(read_from({}) == 7U);
  BOOST_TEST(read_from(known) == 2U);
  SlotPositions some = known;
  some.pop_back();
  BOOST_TEST(read_from(some) == 7U);
  SlotPositions another = known;  // of a log that is another one
  for (SlotPosition& slot : another) {
    Position position = *position_of(slot.fence);
    position.last_id = ravi;
    slot.fence = bytes_of(position);
  }
  BOOST_TEST(read_from(another) == 7U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace wf::gateway::outcome_tail_test
