// Each fault does what it says, and says that it did.
#include "log/faulty_log.h"

#include <boost/test/unit_test.hpp>

#include "log/memory_disk.h"
#include "log/rocks_log.h"
#include "log/test_records.h"

namespace wf::faulty_log_test {
namespace {

const Slot events{"events.things", 0};
using Numbers = std::vector<std::uint64_t>;

struct Fixture {
  explicit Fixture(const Faults& faults)
      : inner(open()), log(std::make_unique<FaultyLog>(*inner, 1, faults)) {}

  std::unique_ptr<Log> open() {
    RocksLogOptions options;
    options.path = "/log";
    options.topics = {{"keys", 1, true}, {"events.things", 1}};
    options.disk = &disk;
    options.inline_commit = true;
    auto opened = open_rocks_log(std::move(options));
    BOOST_REQUIRE(opened);
    return std::move(*opened);
  }

  // Appends three records; true if that succeeded. The appender is then dead exactly if not.
  bool append(std::uint64_t first) const {
    std::vector<Record> records(3);
    for (Record& record : records) record.id = test::uuid_of(first++);
    const auto writer = *log->writer("test");
    const bool ok = writer->append(events, records, Durability::now).has_value();
    if (!ok) {
      const auto again = writer->append(events, records, Durability::now);
      BOOST_REQUIRE(!again);
      BOOST_TEST((again.error().code == Code::closed));
    }
    return ok;
  }

  // What is on the log, whatever the faults of reading.
  Numbers there() const {
    const auto reader = *inner->reader();
    BOOST_REQUIRE(reader->seek(events, 0));
    const auto batch = reader->read(events, {});
    BOOST_REQUIRE(batch);
    Numbers read;
    for (const Record& record : batch->records) read.push_back(record.id.bytes[15]);
    return read;
  }

  MemoryDisk disk;
  std::unique_ptr<Log> inner;
  std::unique_ptr<FaultyLog> log;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(faulty_log_tests)

BOOST_AUTO_TEST_CASE(without_faults_it_is_the_log_inside) {
  const Fixture f({});
  BOOST_TEST(f.append(1));
  BOOST_TEST((f.there() == Numbers{1, 2, 3}));
  BOOST_TEST((f.log->id() == f.inner->id()));
  BOOST_TEST(*f.log->end(events) == 3);
}

BOOST_AUTO_TEST_CASE(a_lost_append_leaves_nothing) {
  const Fixture f({.lost = 1});
  BOOST_TEST(!f.append(1));
  BOOST_TEST(f.there().empty());
  BOOST_TEST(f.log->counts().lost == 1u);
}

BOOST_AUTO_TEST_CASE(a_prefix_leaves_some) {
  const Fixture f({.prefix = 1});
  BOOST_TEST(!f.append(1));
  const Numbers there = f.there();
  BOOST_TEST((there == Numbers{1} || there == Numbers{1, 2}));
  BOOST_TEST(f.log->counts().prefixes == 1u);
}

BOOST_AUTO_TEST_CASE(unseen_success_leaves_all) {
  const Fixture f({.unseen = 1});
  BOOST_TEST(!f.append(1));
  BOOST_TEST((f.there() == Numbers{1, 2, 3}));
  BOOST_TEST(f.log->counts().unseen == 1u);
}

BOOST_AUTO_TEST_CASE(a_doubled_append_is_there_twice) {
  const Fixture f({.doubled = 1});
  BOOST_TEST(f.append(1));
  BOOST_TEST((f.there() == Numbers{1, 2, 3, 1, 2, 3}));
  BOOST_TEST(f.log->counts().doubled == 1u);
}

BOOST_AUTO_TEST_CASE(late_bytes_come_after_those_of_others) {
  const Fixture f({.late = 1, .late_calls_max = 4});
  {
    BOOST_TEST(!f.append(1));  // the records it was given are gone when they arrive
  }
  BOOST_TEST(f.there().size() < 3u);
  f.log->set({});
  for (std::uint64_t n = 10; n < 50; n += 10) BOOST_TEST(f.append(n));
  const Numbers there = f.there();
  BOOST_TEST(there.size() == 15u);
  for (const std::uint64_t n : {1U, 2U, 3U}) {
    BOOST_TEST((std::find(there.begin(), there.end(), n) != there.end()), n);
  }
  BOOST_TEST(f.log->counts().held == 1u);
  BOOST_TEST(f.log->counts().delivered == 1u);
}

BOOST_AUTO_TEST_CASE(what_is_held_can_be_let_go) {
  const Fixture f({.late = 1, .late_calls_max = 1000});
  BOOST_TEST(!f.append(1));
  f.log->deliver_late();
  BOOST_TEST((f.there() == Numbers{1, 2, 3}));
}

BOOST_AUTO_TEST_CASE(reads_may_be_short_or_empty_and_lose_nothing) {
  const Fixture f({.short_read = 0.5, .empty_read = 0.3});
  for (std::uint64_t n = 0; n < 90; n += 3) BOOST_TEST(f.append(n));
  const auto reader = *f.log->reader();
  BOOST_REQUIRE(reader->seek(events, 0));
  for (std::uint64_t n = 0; n < 90;) {
    const auto batch = reader->read(events, {.records = 10});
    BOOST_REQUIRE(batch);
    for (const Record& record : batch->records) {
      BOOST_REQUIRE_EQUAL(static_cast<std::uint64_t>(record.id.bytes[15]), n++);
    }
  }
  BOOST_TEST(f.log->counts().short_reads > 0u);
  BOOST_TEST(f.log->counts().empty_reads > 0u);
}

BOOST_AUTO_TEST_CASE(the_same_seed_does_the_same) {
  const Faults some{.lost = 0.2, .prefix = 0.2, .unseen = 0.2, .late = 0.2, .doubled = 0.1};
  const Fixture a(some);
  const Fixture b(some);
  for (std::uint64_t n = 0; n < 120; n += 3) BOOST_TEST(a.append(n) == b.append(n));
  BOOST_TEST((a.there() == b.there()));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::faulty_log_test
