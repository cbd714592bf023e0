// Where the tail of outcomes begins to read, and goes on after a failure.
#include "gateway/outcome_tail.h"

#include "gateway/test_app.h"
#include "log/position.h"
#include "log/test_flaky_log.h"

namespace wf::gateway::outcome_tail_test {
namespace {

const Slot events{"events.bookings", 0};

struct Fixture : test::AppFixture {
  Waiting waiting{100};
  wf::test::FlakyLog failing{*log};
  int failures = 0;  // the next reads that fail

  Fixture() {
    failing.code = Code::not_found;
    failing.before_read = [this] {
      failing.period = failures > 0 ? 1 : 0;
      failures = std::max(0, failures - 1);
    };
  }
  void append(const Uuid& id) {
    auto appender = log->writer("client");
    BOOST_REQUIRE(appender);
    Record command;
    command.id = id;
    command.stream = asha;
    command.type = "booking.Reserve";
    command.payload = "{}";
    BOOST_REQUIRE((*appender)->append({"commands.bookings", 0}, {&command, 1}, Durability::now));
  }
  void decide(const Uuid& id) {
    append(id);
    BOOST_TEST(decider->decide(ruling) == 1U);
  }
  void decide(int count) {
    for (int i = 0; i < count; ++i) decide(Uuid::random());
  }
  // Another owner, who goes on after command `last`.
  void open_again(Offset last) {
    Record opened;
    opened.kind = Kind::opened;
    opened.id = Uuid::random();
    opened.payload = R"({"build":"test"})";
    Record resumed;
    resumed.kind = Kind::resumed;
    resumed.epoch = *log->end(events);
    resumed.cause = last;
    resumed.next = last + 1;
    resumed.payload = "{}";
    const Record both[] = {opened, resumed};
    BOOST_REQUIRE((*log->writer("decider"))->append(events, both, Durability::now));
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
  void catch_up(OutcomeTail& tail) {
    for (int i = 0; i < 20; ++i) static_cast<void>(tail.step(now));
    BOOST_TEST(tail.caught_up());
  }
  std::uint64_t read_from(const SlotPositions& known) {
    OutcomeTail tail(failing, catalogue(), waiting, {}, known);
    catch_up(tail);
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
  failures = 2;  // while it opens
  BOOST_TEST(read_from(known) == 2U);
}

BOOST_AUTO_TEST_CASE(after_a_failure_it_goes_on_where_it_stood) {
  int told = 0;
  OutcomeTail tail(failing, catalogue(), waiting, {[](const auto& run) { run(); }});
  decide(10);
  catch_up(tail);
  BOOST_TEST(tail.outcomes() == 10U);
  const Uuid meanwhile = Uuid::random();
  waiting.add({meanwhile, {}}, now + Duration::seconds(10), {0, [&](const Outcome&) { ++told; }});
  failures = 3;
  BOOST_TEST(!tail.step(now));
  decide(meanwhile);
  open_again(10);
  tail.sample(now);
  BOOST_TEST(tail.lag("bookings", 0) == 1);
  catch_up(tail);
  BOOST_TEST(told == 1);
  BOOST_TEST(tail.outcomes() == 11U);
  tail.sample(now);
  BOOST_TEST(tail.lag("bookings", 0) == 0);
}

BOOST_AUTO_TEST_CASE(what_was_there_when_it_asked_is_answered_while_more_keeps_coming) {
  OutcomeTail tail(failing, catalogue(), waiting, {});
  decide(2);
  catch_up(tail);
  append(Uuid::random());
  tail.sample(now);
  catch_up(tail);
  BOOST_TEST(!tail.answered());
  BOOST_TEST(decider->decide(ruling) == 1U);
  catch_up(tail);
  append(Uuid::random());
  BOOST_REQUIRE(tail.answered());
  BOOST_TEST((tail.answered()->asked == now));
  tail.sample(now + Duration::seconds(1));
  BOOST_TEST(!tail.answered());
}

BOOST_AUTO_TEST_CASE(on_another_log_it_starts_over) {
  OutcomeTail tail(failing, catalogue(), waiting, {});
  decide(10);
  catch_up(tail);
  failures = 1;
  failing.code = Code::mismatch;
  BOOST_TEST(!tail.step(now));
  catch_up(tail);
  BOOST_TEST(tail.outcomes() == 20U);
}

BOOST_AUTO_TEST_CASE(a_log_that_answers_too_late_counts_as_away) {
  const Instant asked = wall_clock() - Duration::seconds(20);
  for (const std::int64_t most : {10'000, 60'000}) {
    process.gateway.log_answer_ms_max = most;
    const auto one = another(failing);
    std::int64_t since = -1;
    failing.before_end = [&] { since = one->tail.failing_since().us; };
    one->tail.sample(asked);
    BOOST_TEST(since == (most == 10'000 ? asked.us : 0));
    BOOST_TEST(one->tail.failing_since().us == 0);  // it has answered
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace wf::gateway::outcome_tail_test
