// What every log promises to those who append.
#include <thread>

#include "conformance/log_fixture.h"

namespace wf::conformance::append_test {

BOOST_AUTO_TEST_SUITE(append_tests)

BOOST_DATA_TEST_CASE(offsets_are_dense_and_in_order, all_logs(), kind) {
  const Fixture f(kind);
  const auto writer = f.writer();
  append(*writer, events, 0, 40);
  append(*writer, events, 40, 300, 60);
  append(*writer, other_events, 1000, 5, 2);
  BOOST_TEST(must(f.log->begin(events)) == 0);
  BOOST_TEST(must(f.log->end(events)) == 340);
  const auto reader = f.reader(events);
  must(reader->seek(other_events, 0));
  require_numbers(read_more(*reader, events, 340).records, 0, 0);
  require_numbers(read_more(*reader, other_events, 5).records, 1000, 0);
}

BOOST_DATA_TEST_CASE(commands_are_readable_at_once, all_logs(), kind) {
  const Fixture f(kind);
  const auto writer = f.writer();
  const auto reader = f.reader(commands);
  append(*writer, commands, 0, 10, 2, Durability::with_outcome);
  require_numbers(read_more(*reader, commands, 10).records, 0, 0);
  // What follows makes them durable.
  append(*writer, events, 0, 1);
  BOOST_TEST(must(f.log->end(commands)) == 10);
}

BOOST_DATA_TEST_CASE(what_was_acknowledged_is_durable, all_logs(), kind) {
  const Fixture f(kind);
  const auto writer = f.writer();
  for (const Slot& slot : {commands, events, facts}) {
    append(*writer, slot, 0, 3, 3);
    BOOST_TEST(must(f.log->end(slot)) == 3);
    require_numbers(read_more(*f.reader(slot), slot, 3).records, 0, 0);
  }
}

BOOST_DATA_TEST_CASE(every_field_comes_back, all_logs(), kind) {
  const Fixture f(kind);
  const auto writer = f.writer();
  const auto reader = f.reader(events);
  std::mt19937_64 random(4);
  const Instant before = wall_clock() - Duration::minutes(1);
  for (int i = 0; i < 100; ++i) {
    test::OwnedRecord in;
    test::fill_randomly(in, random, 2000);
    in.record.type = "thing.Happened";  // a log may carry it as text
    in.record.link.topic = in.record.link ? "commands.things" : "";
    must(writer->append(events, std::span(&in.record, 1), Durability::now));
    const Got got = read_more(*reader, events, 1);
    BOOST_REQUIRE_EQUAL(test::difference(in.record, got.records[0]), "");
    BOOST_REQUIRE(got.records[0].appended > before);
    BOOST_REQUIRE(got.records[0].appended < wall_clock() + Duration::minutes(1));
  }
}

BOOST_DATA_TEST_CASE(a_copy_keeps_its_append_time, all_logs(), kind) {
  const Fixture f(kind);
  Record copied = numbered(1);
  copied.appended = Instant{1'500'000'000'000'000};
  must(f.writer()->append(events, std::span(&copied, 1), Durability::now));
  const Got got = read_more(*f.reader(events), events, 1);
  BOOST_TEST(got.records[0].appended.us == copied.appended.us);
}

BOOST_DATA_TEST_CASE(big_records_fit, all_logs(), kind) {
  const Fixture f(kind);
  const auto writer = f.writer();
  const std::string payload(std::size_t{768} << 10U, 'x');
  std::vector<Record> records{numbered(0), numbered(1), numbered(2)};
  for (Record& record : records) record.payload = payload;
  must(writer->append(events, records, Durability::now));
  const auto reader = f.reader(events);
  const Got got = read_more(*reader, events, 3);
  require_numbers(got.records, 0, 0);
  for (const Record& record : got.records) BOOST_REQUIRE(record.payload == payload);
}

BOOST_DATA_TEST_CASE(appends_to_what_is_not_there_fail, all_logs(), kind) {
  const Fixture f(kind);
  const Record record = numbered(0);
  for (const Slot& slot : {Slot{"events.nothing", 0}, Slot{"events.things", 3}}) {
    const auto appended = f.writer()->append(slot, std::span(&record, 1), Durability::now);
    BOOST_REQUIRE(!appended);
    BOOST_TEST((appended.error().code == Code::not_found));
  }
}

BOOST_DATA_TEST_CASE(each_appender_keeps_its_order, all_logs(), kind) {
  constexpr std::uint64_t writers = 4;
  constexpr std::uint64_t each = 300;
  const Fixture f(kind);
  std::vector<std::thread> threads;
  for (std::uint64_t w = 0; w < writers; ++w) {
    threads.emplace_back([&f, w] {
      const auto writer = f.log->writer("test");
      for (std::uint64_t n = 0; writer && n < each; n += 3) {
        std::vector<Record> records;
        for (std::uint64_t i = n; i < n + 3; ++i) records.push_back(numbered(w * 1'000'000 + i));
        const bool now = n % 2 == 0;
        const Slot& slot = commands;
        if (!(*writer)->append(slot, records, now ? Durability::now : Durability::with_outcome)) {
          return;  // the count below tells
        }
      }
    });
  }
  const auto reader = f.reader(commands);
  const Got got = read_more(*reader, commands, writers * each);  // while they write
  for (std::thread& thread : threads) thread.join();
  std::array<std::uint64_t, writers> next{};
  for (std::size_t i = 0; i < got.records.size(); ++i) {
    BOOST_REQUIRE_EQUAL(got.records[i].offset, static_cast<Offset>(i));
    const std::uint64_t n = number_of(got.records[i]);
    BOOST_REQUIRE_EQUAL(n % 1'000'000, next[n / 1'000'000]++);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::conformance::append_test
