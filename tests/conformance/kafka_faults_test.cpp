// A broker that hangs or dies under writers and readers, and writers that do not know they are
// replaced.
#include <atomic>
#include <thread>

#include "conformance/kafka_broker.h"
#include "conformance/kafka_owner.h"
#include "conformance/log_fixture.h"

namespace wf::conformance::kafka_faults_test {
namespace {

// Undoes stop_broker() even if the case fails in between.
struct Continue {
  ~Continue() { continue_broker(); }
};

struct Faults {
  KafkaLogOptions options =
      on_broker({{"keys", 1, true}, {"commands.things", 1}, {"events.things", 1}});
  std::unique_ptr<Log> log = create_on_broker(options);

  // The same log, whose writers and readers give up soon.
  std::unique_ptr<Log> impatient() const {
    KafkaLogOptions hasty = options;
    hasty.append_deadline = Duration::millis(500);
    hasty.silence_max = Duration::millis(500);
    return must(open_kafka_log(hasty));
  }
};

// Reads until the error, however many records come before it.
Error first_error(Reader& reader, const Slot& slot) {
  while (true) {
    const auto batch = reader.read(slot, {});
    if (!batch) return batch.error();
    reader.wait(Duration::millis(50));
  }
}

std::size_t count_of(const std::vector<std::string>& writers, const std::string& name) {
  return static_cast<std::size_t>(std::count(writers.begin(), writers.end(), "test." + name));
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(kafka_faults_tests, Faults)

BOOST_AUTO_TEST_CASE(a_broker_that_hangs_fails_the_append_by_its_deadline) {
  const auto hasty = impatient();
  const auto writer = must(hasty->writer("w"));
  append(*writer, events, 0, 3);
  const Record late = numbered(3);
  {
    const Continue at_end;
    stop_broker();
    const auto failed = writer->append(events, {&late, 1}, Durability::now);
    BOOST_REQUIRE(!failed);
    BOOST_TEST((failed.error().code == Code::timeout));
    const auto dead = writer->append(events, {&late, 1}, Durability::now);
    BOOST_REQUIRE(!dead);
    BOOST_TEST((dead.error().code == Code::closed));
  }
  append(*must(log->writer("next")), events, 4, 1);
  // The failed one is there or is not; all that was acknowledged is, in order.
  std::vector<std::uint64_t> numbers;
  const auto end = static_cast<std::size_t>(must(log->end(events)));
  const auto reader = must(log->reader());
  must(reader->seek(events, 0));
  for (const Record& record : read_more(*reader, events, end).records)
    if (number_of(record) != 3) numbers.push_back(number_of(record));
  BOOST_TEST(numbers == (std::vector<std::uint64_t>{0, 1, 2, 4}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_arrives_late_is_harmless) {
  const auto hasty = impatient();
  TestOwner first(*hasty, events, "first");
  BOOST_TEST(must(first.open()) == 0);
  for (Offset cause = 0; cause < 5; ++cause) must(first.decide(cause));
  {
    const Continue at_end;
    stop_broker();
    BOOST_TEST(!first.decide(5));
  }
  TestOwner second(*log, events, "second");
  const Offset next = must(second.open());  // 5, or 6 if the late outcome came first
  for (Offset cause = next; cause < 10; ++cause) must(second.decide(cause));
  const auto writers = writers_of_outcomes(*log, events);
  BOOST_REQUIRE_EQUAL(writers.size(), 10u);
  BOOST_TEST(count_of(writers, "first") == static_cast<std::size_t>(next));
}

BOOST_AUTO_TEST_CASE(a_broker_that_dies_is_told_and_readers_go_on_when_it_is_back) {
  const auto hasty = impatient();
  append(*must(log->writer("w")), events, 0, 100, 10);
  const auto reader = must(hasty->reader());
  must(reader->seek(events, 0));
  require_numbers(read_more(*reader, events, 100).records, 0, 0);
  const auto writer = must(hasty->writer("w"));
  append(*writer, commands, 0, 1);
  kill_broker();
  const Record record = numbered(1);
  const auto failed = writer->append(commands, {&record, 1}, Durability::now);
  BOOST_REQUIRE(!failed);
  BOOST_TEST((failed.error().code == Code::timeout));
  BOOST_TEST((first_error(*reader, events).code == Code::unavailable));
  start_broker();
  append(*must(log->writer("again")), events, 100, 10);
  std::vector<std::uint64_t> numbers;
  while (numbers.size() < 10) {
    const auto batch = reader->read(events, {});  // the same reader; it may need a moment
    if (batch) {
      for (const Record& each : batch->records) numbers.push_back(number_of(each));
    } else {
      BOOST_REQUIRE((batch.error().code == Code::unavailable));
    }
    reader->wait(Duration::millis(50));
  }
  BOOST_TEST(numbers.front() == 100u);
  BOOST_TEST(numbers.back() == 109u);
  BOOST_TEST(must(log->end(events)) == 110);
}

BOOST_AUTO_TEST_CASE(a_writer_that_was_replaced_leaves_no_second_outcome) {
  constexpr Offset handed_over = 20;
  constexpr Offset last = 120;
  TestOwner zombie(*log, events, "zombie");
  BOOST_TEST(must(zombie.open()) == 0);
  std::atomic<Offset> decided{0};
  std::thread writing([&] {
    for (Offset cause = 0; cause <= last && zombie.decide(cause); ++cause) {
      decided = cause + 1;
      decided.notify_all();
    }
  });
  for (Offset seen = decided; seen < handed_over; seen = decided) decided.wait(seen);
  TestOwner owner(*log, events, "owner");
  const Offset next = must(owner.open());
  for (Offset cause = next; cause <= last; ++cause) must(owner.decide(cause));
  writing.join();
  const auto writers = writers_of_outcomes(*log, events);
  BOOST_REQUIRE_EQUAL(writers.size(), static_cast<std::size_t>(last) + 1);
  BOOST_TEST(count_of(writers, "zombie") == static_cast<std::size_t>(next));
  BOOST_TEST(decided == last + 1);  // it never noticed
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::conformance::kafka_faults_test
