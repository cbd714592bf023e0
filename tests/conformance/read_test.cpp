// What every log promises to those who read.
#include <thread>

#include "conformance/log_fixture.h"

namespace wf::conformance::read_test {

BOOST_AUTO_TEST_SUITE(read_tests)

BOOST_DATA_TEST_CASE(any_offset_can_be_sought, all_logs(), kind) {
  const Fixture f(kind);
  const auto writer = f.writer();
  append(*writer, events, 0, 200, 9);
  const auto reader = f.reader(events);
  for (const Offset from : {0, 1, 8, 9, 10, 137, 199, 200, 3, 0}) {
    must(reader->seek(events, from));
    const auto left = static_cast<std::size_t>(200 - from);
    require_numbers(
        read_more(*reader, events, left).records, static_cast<std::uint64_t>(from), from);
    BOOST_TEST(must(reader->read(events, {})).records.empty());
  }
}

BOOST_DATA_TEST_CASE(outside_of_the_log_is_a_mismatch, all_logs(), kind) {
  const Fixture f(kind);
  append(*f.writer(), events, 0, 5);
  const auto reader = must(f.log->reader());
  for (const Offset from : {-1, 6, 1000}) {
    const auto sought = reader->seek(events, from);
    BOOST_REQUIRE(!sought);
    BOOST_TEST((sought.error().code == Code::mismatch));
  }
  must(reader->seek(events, 5));
}

BOOST_DATA_TEST_CASE(limits_hold, all_logs(), kind) {
  const Fixture f(kind);
  const auto writer = f.writer();
  append(*writer, events, 0, 100, 25);
  const auto reader = f.reader(events);
  for (Offset next = 0; next < 100;) {
    const Batch batch = must(reader->read(events, {.records = 7}));
    if (batch.records.empty()) {
      BOOST_REQUIRE(reader->wait(patience));
      continue;
    }
    BOOST_REQUIRE_LE(batch.records.size(), 7u);
    require_numbers(batch.records, static_cast<std::uint64_t>(next), next);
    next += static_cast<Offset>(batch.records.size());
  }
  // However small the limit, one record comes.
  must(reader->seek(events, 0));
  require_numbers(read_more(*reader, events, 100, {.records = 100, .bytes = 1}).records, 0, 0);
}

BOOST_DATA_TEST_CASE(readers_do_not_touch_each_other, all_logs(), kind) {
  const Fixture f(kind);
  const auto writer = f.writer();
  append(*writer, events, 0, 50, 10);
  const auto first = f.reader(events);
  const auto second = f.reader(events, 20);
  require_numbers(read_more(*first, events, 5, {.records = 5}).records, 0, 0);
  require_numbers(read_more(*second, events, 30).records, 20, 20);
  append(*writer, events, 50, 5);
  require_numbers(read_more(*second, events, 5).records, 50, 50);
  require_numbers(read_more(*first, events, 50).records, 5, 5);
}

BOOST_DATA_TEST_CASE(views_live_as_long_as_their_batch, all_logs(), kind) {
  const Fixture f(kind);
  const auto writer = f.writer();
  append(*writer, events, 0, 60, 20);
  auto reader = f.reader(events);
  const Got got = read_more(*reader, events, 60);
  append(*writer, events, 60, 60, 20);
  read_more(*reader, events, 60);
  reader->drop(events);
  reader.reset();
  for (const Record& record : got.records) {
    BOOST_REQUIRE_EQUAL(record.payload, numbered(0).payload);
    BOOST_REQUIRE_EQUAL(record.type, numbered(0).type);
  }
}

BOOST_DATA_TEST_CASE(waiting_ends_with_growth, all_logs(), kind) {
  const Fixture f(kind);
  const auto reader = f.reader(events);
  must(reader->seek(other_events, 0));
  std::thread writing([&f] {
    if (auto writer = f.log->writer("test")) {
      const Record record = numbered(7);
      (void)(*writer)->append(other_events, std::span(&record, 1), Durability::now);
    }
  });
  const bool grew = reader->wait(patience);
  writing.join();
  BOOST_REQUIRE(grew);
  require_numbers(read_more(*reader, other_events, 1).records, 7, 0);
  BOOST_TEST(must(reader->read(events, {})).records.empty());
}

BOOST_DATA_TEST_CASE(waiting_ends_at_once_where_there_is_more, all_logs(), kind) {
  const Fixture f(kind);
  append(*f.writer(), events, 0, 2);
  const auto reader = f.reader(events);
  BOOST_TEST(reader->wait(patience));
  read_more(*reader, events, 2);
  BOOST_TEST(!reader->wait(Duration::millis(1)));
}

BOOST_DATA_TEST_CASE(an_interrupt_is_not_lost, all_logs(), kind) {
  const Fixture f(kind);
  const auto reader = f.reader(events);
  reader->interrupt();  // before it waits
  BOOST_TEST(!reader->wait(Duration::hours(10)));
  std::thread interrupting([&reader] { reader->interrupt(); });  // before or while it waits
  BOOST_TEST(!reader->wait(Duration::hours(10)));
  interrupting.join();
}

BOOST_DATA_TEST_CASE(a_dropped_slot_does_not_wake, all_logs(), kind) {
  const Fixture f(kind);
  const auto reader = f.reader(events);
  must(reader->seek(other_events, 0));
  reader->drop(events);
  append(*f.writer(), events, 0, 3);
  BOOST_TEST(!reader->wait(Duration::millis(1)));
  BOOST_TEST(!reader->read(events, {}).has_value());
}

BOOST_DATA_TEST_CASE(many_write_while_many_read, all_logs(), kind) {
  constexpr std::uint64_t writers = 3;
  constexpr std::uint64_t each = 400;
  const Fixture f(kind);
  std::vector<std::thread> threads;
  for (std::uint32_t w = 0; w < writers; ++w) {
    threads.emplace_back([&f, w] {
      auto writer = f.log->writer("test");
      for (std::uint64_t n = 0; writer && n < each; n += 4) {
        std::vector<Record> records;
        for (std::uint64_t i = n; i < n + 4; ++i) records.push_back(numbered(i));
        (void)(*writer)->append({"events.things", w}, records, Durability::now);
      }
    });
  }
  std::array<std::vector<std::uint64_t>, 3> seen;
  for (auto& numbers : seen) {
    threads.emplace_back([&f, &numbers] {
      auto reader = f.log->reader();
      if (!reader) return;
      for (std::uint32_t p = 0; p < writers; ++p) (void)(*reader)->seek({"events.things", p}, 0);
      while (numbers.size() < writers * each) {
        std::size_t found = 0;
        for (std::uint32_t p = 0; p < writers; ++p) {
          const auto batch = (*reader)->read({"events.things", p}, {.records = 50});
          if (!batch) return;
          found += batch->records.size();
          for (const Record& record : batch->records) {
            numbers.push_back(p * 1'000'000 + number_of(record));
          }
        }
        if (found == 0 && !(*reader)->wait(patience)) return;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& numbers : seen) {
    BOOST_REQUIRE_EQUAL(numbers.size(), writers * each);
    std::array<std::uint64_t, writers> next{};
    for (const std::uint64_t n : numbers) {
      BOOST_REQUIRE_EQUAL(n % 1'000'000, next[n / 1'000'000]++);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::conformance::read_test
