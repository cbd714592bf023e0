// Where the tail of outcomes begins to read, and goes on after a failure.
#include "gateway/outcome_tail.h"

#include "gateway/test_app.h"
#include "log/position.h"

namespace wf::gateway::outcome_tail_test {
namespace {

const Slot events{"events.bookings", 0};

// The next `failures` reads fail.
class FailingLog : public Log {
 public:
  explicit FailingLog(Log& inner) : inner_(inner) {}
  int failures = 0;
  Code code = Code::not_found;

  Uuid id() const override { return inner_.id(); }
  const std::vector<TopicSpec>& topics() const override { return inner_.topics(); }
  Result<std::unique_ptr<Appender>> writer(std::string name) override {
    return inner_.writer(std::move(name));
  }
  Result<std::unique_ptr<Reader>> reader() override {
    auto inner = inner_.reader();
    if (!inner) return inner;
    return std::make_unique<FailingReader>(*this, std::move(*inner));
  }
  Result<Offset> begin(const Slot& slot) override { return inner_.begin(slot); }
  Result<Offset> end(const Slot& slot) override { return inner_.end(slot); }
  Result<std::unique_ptr<Ownership>> own(const std::vector<std::string>& topics) override {
    return inner_.own(topics);
  }

 private:
  class FailingReader : public Reader {
   public:
    FailingReader(FailingLog& log, std::unique_ptr<Reader> inner)
        : log_(log), inner_(std::move(inner)) {}
    Result<void> seek(const Slot& slot, Offset from) override { return inner_->seek(slot, from); }
    void drop(const Slot& slot) override { inner_->drop(slot); }
    Result<Batch> read(const Slot& slot, Limit limit) override {
      if (log_.failures == 0) return inner_->read(slot, limit);
      --log_.failures;
      return fail(log_.code, "a read that failed");
    }
    bool wait(Duration timeout) override { return inner_->wait(timeout); }
    void interrupt() override { inner_->interrupt(); }

   private:
    FailingLog& log_;
    std::unique_ptr<Reader> inner_;
  };
  Log& inner_;
};

struct Fixture : test::AppFixture {
  Waiting waiting{100};
  FailingLog failing{*log};

  void decide(const Uuid& id) {
    auto appender = log->writer("client");
    BOOST_REQUIRE(appender);
    Record command;
    command.id = id;
    command.stream = asha;
    command.type = "booking.Reserve";
    command.payload = "{}";
    BOOST_REQUIRE((*appender)->append({"commands.bookings", 0}, {&command, 1}, Durability::now));
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
  failing.failures = 2;  // while it opens
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
  failing.failures = 3;
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

BOOST_AUTO_TEST_CASE(on_another_log_it_starts_over) {
  OutcomeTail tail(failing, catalogue(), waiting, {});
  decide(10);
  catch_up(tail);
  failing.failures = 1;
  failing.code = Code::mismatch;
  BOOST_TEST(!tail.step(now));
  catch_up(tail);
  BOOST_TEST(tail.outcomes() == 20U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace wf::gateway::outcome_tail_test
