// What is the embedded log's own: what a power loss takes, what a second process may, how it
// refuses.
#include "log/rocks_log.h"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "log/memory_disk.h"
#include "log/test_records.h"
#include "support/temp_dir.h"

namespace wf::rocks_log_test {
namespace {

const std::vector<TopicSpec> topics{
    {"keys", 1, true}, {"commands.things", 2}, {"events.things", 2}};
const Slot commands{"commands.things", 0};
const Slot events{"events.things", 0};
const Slot other_events{"events.things", 1};

struct Disk {
  RocksLogOptions options() {
    RocksLogOptions options;
    options.path = "/log";
    options.topics = topics;
    options.disk = &disk;
    options.inline_commit = true;
    options.on_fatal = [this](const std::string& reason) { fatal = reason; };
    return options;
  }
  std::unique_ptr<Log> open() { return open(options()); }
  std::unique_ptr<Log> open(RocksLogOptions with) {
    auto log = open_rocks_log(std::move(with));
    BOOST_REQUIRE_MESSAGE(log, (log ? "" : log.error().detail));
    return std::move(*log);
  }

  MemoryDisk disk;
  std::string fatal;
};

RocksLogOptions in_directory(const TempDir& dir) {
  RocksLogOptions options;
  options.path = (dir / "log").string();
  options.topics = topics;
  return options;
}

Code code_of(RocksLogOptions options) {
  const auto log = open_rocks_log(std::move(options));
  BOOST_REQUIRE(!log);
  BOOST_TEST(!log.error().detail.empty());
  return log.error().code;
}

Result<void> append(Log& log,
                    const Slot& slot,
                    std::uint64_t n,
                    Durability durability = Durability::now,
                    std::string_view payload = "{}") {
  Record record;
  record.kind = Kind::event;
  record.id = test::uuid_of(n);
  record.payload = payload;
  return (*log.writer("test"))->append(slot, std::span(&record, 1), durability);
}

std::vector<std::uint64_t> numbers(Log& log, const Slot& slot) {
  std::vector<std::uint64_t> read;
  const auto reader = *log.reader();
  BOOST_REQUIRE(reader->seek(slot, 0));
  while (true) {
    const auto batch = reader->read(slot, {});
    BOOST_REQUIRE(batch);
    if (batch->records.empty()) return read;
    for (const Record& record : batch->records) {
      BOOST_REQUIRE_EQUAL(record.offset, static_cast<Offset>(read.size()));
      read.push_back(record.id.bytes[15]);
    }
  }
}

using Numbers = std::vector<std::uint64_t>;

// Ten events, synced one by one; the file that holds them.
std::filesystem::path write_ten(const TempDir& dir) {
  {
    const auto log = *open_rocks_log(in_directory(dir));
    for (std::uint64_t n = 0; n < 10; ++n) BOOST_REQUIRE(append(*log, events, n));
  }
  std::filesystem::path wal;
  for (const auto& file : std::filesystem::directory_iterator(dir / "log")) {
    if (file.path().extension() == ".log" && file.file_size() > 0) wal = file.path();
  }
  BOOST_REQUIRE(!wal.empty());
  return wal;
}

// The append time of each event when the clock stands at each of these.
std::vector<std::int64_t> append_times(const std::vector<std::int64_t>& clock) {
  Disk d;
  Instant now;
  auto options = d.options();
  options.now = [&now] { return now; };
  const auto log = d.open(options);
  for (const std::int64_t us : clock) {
    now = Instant{us};
    BOOST_REQUIRE(append(*log, events, 1));
  }
  const auto reader = *log->reader();
  BOOST_REQUIRE(reader->seek(events, 0));
  const auto batch = reader->read(events, {});
  BOOST_REQUIRE(batch);
  std::vector<std::int64_t> times;
  for (const Record& record : batch->records) times.push_back(record.appended.us);
  return times;
}
using Times = std::vector<std::int64_t>;

}  // namespace

BOOST_AUTO_TEST_SUITE(rocks_log_tests)

BOOST_AUTO_TEST_CASE(only_commands_are_readable_before_they_are_durable) {
  Disk d;
  const auto log = d.open();
  BOOST_REQUIRE(append(*log, commands, 1, Durability::with_outcome));
  BOOST_REQUIRE(append(*log, events, 2, Durability::with_outcome));
  BOOST_TEST((numbers(*log, commands) == Numbers{1}));
  BOOST_TEST(numbers(*log, events).empty());
  BOOST_TEST(*log->end(commands) == 0);
  BOOST_REQUIRE(append(*log, other_events, 3));  // one commit for all slots
  BOOST_TEST((numbers(*log, events) == Numbers{2}));
  BOOST_TEST(*log->end(commands) == 1);
}

BOOST_AUTO_TEST_CASE(a_power_loss_takes_only_what_was_not_synced) {
  Disk d;
  auto log = d.open();
  BOOST_REQUIRE(append(*log, commands, 1, Durability::with_outcome));
  BOOST_REQUIRE(append(*log, events, 2));
  BOOST_REQUIRE(append(*log, commands, 3, Durability::with_outcome));
  BOOST_TEST((numbers(*log, commands) == Numbers{1, 3}));
  d.disk.cut_power();
  BOOST_TEST(!append(*log, events, 4));
  BOOST_TEST(numbers(*log, events) == Numbers{2});  // what was readable stays so, 4 never is
  log.reset();
  d.disk.restore_power();

  log = d.open();
  BOOST_TEST((numbers(*log, commands) == Numbers{1}));
  BOOST_TEST((numbers(*log, events) == Numbers{2}));
  BOOST_REQUIRE(append(*log, commands, 5));  // the lost one's offset is used again
  BOOST_TEST((numbers(*log, commands) == Numbers{1, 5}));
}

BOOST_AUTO_TEST_CASE(without_a_power_loss_nothing_is_lost) {
  Disk d;
  auto log = d.open();
  BOOST_REQUIRE(append(*log, commands, 1, Durability::with_outcome));
  log.reset();
  d.disk.cut_power();
  d.disk.restore_power();
  log = d.open();
  BOOST_TEST((numbers(*log, commands) == Numbers{1}));
}

// The power goes at any write or sync: what was acknowledged is there, and of what was not, a
// prefix in the order of the appends, over all slots.
BOOST_AUTO_TEST_CASE(a_power_loss_at_any_moment_leaves_a_prefix) {
  int acknowledged_some = 0;
  for (int cut = 1; cut <= 60; ++cut) {
    Disk d;
    auto log = d.open();
    std::vector<std::pair<Slot, std::uint64_t>> appended;
    std::size_t acknowledged = 0;
    d.disk.cut_power_after(cut);
    for (std::uint64_t n = 0; n < 40; ++n) {
      const bool event = n % 3 == 2;
      const Slot& slot = event ? (n % 2 == 0 ? events : other_events) : commands;
      const bool ok =
          append(*log, slot, n, event ? Durability::now : Durability::with_outcome).has_value();
      if (d.fatal.empty() || ok) appended.emplace_back(slot, n);
      if (!ok) break;
      if (event) acknowledged = appended.size();
    }
    log.reset();
    d.disk.restore_power(static_cast<std::size_t>(cut) * 7);  // some unsynced bytes made it
    log = d.open();
    std::map<Slot, Numbers> want;
    std::size_t there = 0;
    for (const Slot& slot : {commands, events, other_events}) there += numbers(*log, slot).size();
    BOOST_REQUIRE_GE(there, acknowledged);
    for (std::size_t i = 0; i < std::min(there, appended.size()); ++i) {
      want[appended[i].first].push_back(appended[i].second);
    }
    if (there <= appended.size()) {
      for (const Slot& slot : {commands, events, other_events}) {
        BOOST_REQUIRE(numbers(*log, slot) == want[slot]);
      }
    }
    if (acknowledged > 0) ++acknowledged_some;
  }
  BOOST_TEST(acknowledged_some > 10);
}

BOOST_AUTO_TEST_CASE(a_byte_that_changed_is_no_torn_tail) {
  const TempDir dir;
  const std::filesystem::path wal = write_ten(dir);
  const auto size = std::filesystem::file_size(wal);
  for (const std::uintmax_t at : {size / 4, size / 2, size - 20}) {
    std::fstream file(wal, std::ios::in | std::ios::out | std::ios::binary);
    const auto flip = [&] {
      file.seekg(static_cast<std::streamoff>(at));
      const int byte = file.get();
      file.seekp(static_cast<std::streamoff>(at));
      file.put(static_cast<char>(byte ^ 0x40));
      file.flush();
    };
    flip();
    BOOST_TEST((code_of(in_directory(dir)) == Code::corrupt));
    flip();
  }
  BOOST_TEST(numbers(**open_rocks_log(in_directory(dir)), events).size() == 10U);
}

BOOST_AUTO_TEST_CASE(a_torn_tail_is_cut_off) {
  const TempDir dir;
  const std::filesystem::path wal = write_ten(dir);
  std::filesystem::resize_file(wal, std::filesystem::file_size(wal) - 3);
  const auto log = *open_rocks_log(in_directory(dir));
  BOOST_TEST((numbers(*log, events) == Numbers{0, 1, 2, 3, 4, 5, 6, 7, 8}));
  BOOST_REQUIRE(append(*log, events, 20));
  BOOST_TEST(numbers(*log, events).back() == 20u);
}

BOOST_AUTO_TEST_CASE(partitions_are_fixed_and_topics_may_be_added) {
  Disk d;
  BOOST_REQUIRE(append(*d.open(), events, 1));
  auto options = d.options();
  options.topics[2].partitions = 3;
  BOOST_TEST((code_of(options) == Code::mismatch));

  options.topics = {{"locations", 4}};
  auto log = d.open(options);
  BOOST_TEST(log->topics().size() == 4u);
  BOOST_REQUIRE(append(*log, {"locations", 3}, 2));
  log.reset();
  log = d.open();  // without naming it
  BOOST_TEST((numbers(*log, {"locations", 3}) == Numbers{2}));
  BOOST_TEST((numbers(*log, events) == Numbers{1}));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_a_log_is_refused) {
  Disk d;
  auto options = d.options();
  options.topics = {{"events.things", 1}};
  BOOST_TEST((code_of(options) == Code::invalid));  // no keys
  options.topics = {{"keys", 0}};
  BOOST_TEST((code_of(options) == Code::invalid));
  options.topics = {{"a b", 1}};
  BOOST_TEST((code_of(options) == Code::invalid));
  options = d.options();
  options.path = "/nowhere";
  options.create = false;
  BOOST_TEST((code_of(options) == Code::not_found));
}

BOOST_AUTO_TEST_CASE(a_full_disk_refuses_appends_and_answers_reads) {
  Disk d;
  int free = 50;
  Instant now{1'000'000'000};
  auto options = d.options();
  options.now = [&now] { return now; };
  options.free_disk_percent = [&free] { return free; };
  const auto log = d.open(options);
  const auto writer = *log->writer("test");
  Record record;
  record.id = test::uuid_of(1);
  const auto append_one = [&] {
    return writer->append(events, std::span(&record, 1), Durability::now);
  };
  BOOST_REQUIRE(append_one());
  free = 4;
  BOOST_TEST(append_one().has_value());  // asked at most once a second
  now = now + Duration::seconds(1);
  const auto refused = append_one();
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error().code == Code::full));
  BOOST_TEST(numbers(*log, events).size() == 2u);
  free = 5;
  now = now + Duration::seconds(1);
  BOOST_TEST(append_one().has_value());  // the appender is not dead
  free = 4;
  now = now - Duration::hours(1);  // a clock that is set right
  BOOST_TEST(!append_one());
}

BOOST_AUTO_TEST_CASE(a_failed_write_is_fatal) {
  Disk d;
  auto options = d.options();
  options.inline_commit = false;  // by the log thread
  std::atomic<int> fatal = 0;
  options.on_fatal = [&fatal](const std::string&) { ++fatal; };
  const auto log = d.open(options);
  const auto writer = *log->writer("test");
  Record record;
  BOOST_REQUIRE(writer->append(events, std::span(&record, 1), Durability::now));
  d.disk.cut_power();
  const auto failed = writer->append(events, std::span(&record, 1), Durability::now);
  BOOST_REQUIRE(!failed);
  BOOST_TEST((failed.error().code == Code::io));
  BOOST_TEST(fatal == 1);
  const auto dead = writer->append(events, std::span(&record, 1), Durability::now);
  BOOST_REQUIRE(!dead);
  BOOST_TEST((dead.error().code == Code::closed));
  const auto other = append(*log, events, 2);
  BOOST_REQUIRE(!other);
  BOOST_TEST((other.error().code == Code::io));
  BOOST_TEST(*log->end(events) == 1);
}

// With room for one append only, each waits for the disk, and all come through.
BOOST_AUTO_TEST_CASE(a_full_queue_makes_appenders_wait) {
  Disk d;
  auto options = d.options();
  options.inline_commit = false;
  options.queue_bytes = 1;
  const auto log = d.open(options);
  const std::string payload(1000, 'x');
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      for (std::uint64_t n = 0; n < 100; ++n) {
        (void)append(*log, commands, n, Durability::with_outcome, payload);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  BOOST_TEST(numbers(*log, commands).size() == 300u);
  // The last may still wait; the ones before are written, though nobody asked for a sync.
  BOOST_REQUIRE(append(*log, commands, 9));
  BOOST_TEST(*log->end(commands) == 301);
}

BOOST_AUTO_TEST_CASE(an_append_past_32_mib_is_refused) {
  Disk d;
  const auto log = d.open();
  const std::string payload(std::size_t{33} << 20U, 'x');
  const auto refused = append(*log, events, 1, Durability::now, payload);
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error().code == Code::invalid));
  BOOST_TEST(append(*log, events, 2).has_value());
  BOOST_TEST((numbers(*log, events) == Numbers{2}));
}

BOOST_AUTO_TEST_CASE(append_times_never_go_back) {
  BOOST_TEST((append_times({9'000'000, 8'000'000, 4'000'000}) == Times(3, 9'000'000)));
}

BOOST_AUTO_TEST_CASE(append_times_follow_a_clock_that_is_set_right) {
  const std::vector<std::int64_t> clock{3'600'000'000, 7'000'000, 6'000'000, 8'000'000};
  BOOST_TEST((append_times(clock) == Times{3'600'000'000, 7'000'000, 7'000'000, 8'000'000}));
}

BOOST_AUTO_TEST_CASE(compaction_takes_bytes_and_leaves_offsets) {
  const TempDir dir;
  const std::string secret = "the-bytes-of-a-wrapped-key";
  const Slot keys{"keys", 0};
  const auto log = *open_rocks_log(in_directory(dir));
  for (std::uint64_t n = 1; n <= 6; ++n) {
    BOOST_REQUIRE(append(*log, keys, n, Durability::now, n % 2 == 0 ? secret : "{}"));
  }
  const auto on_disk = [&] {
    bool found = false;
    for (const auto& file : std::filesystem::directory_iterator(dir / "log")) {
      std::ifstream in(file.path(), std::ios::binary);
      const std::string bytes(std::istreambuf_iterator<char>(in), {});
      if (bytes.find(secret) != std::string::npos) found = true;
    }
    return found;
  };
  BOOST_TEST(on_disk());
  const auto early = *log->reader();
  BOOST_REQUIRE(early->seek(keys, 1));
  BOOST_REQUIRE(early->read(keys, {.records = 1}));
  const auto dropped =
      compact_topic(*log, "keys", [&](const Record& record) { return record.payload == secret; });
  BOOST_REQUIRE(dropped);
  BOOST_TEST(*dropped == 3u);
  BOOST_REQUIRE(append(*log, keys, 7));
  const auto rest = [&keys](Reader& reader) {
    std::vector<Offset> offsets;
    for (auto batch = reader.read(keys, {}); batch && !batch->records.empty();
         batch = reader.read(keys, {})) {
      for (const Record& record : batch->records) {
        BOOST_REQUIRE_EQUAL(record.offset, static_cast<Offset>(record.id.bytes[15]));
        offsets.push_back(record.offset);
      }
    }
    return offsets;
  };
  BOOST_TEST((rest(*early) == std::vector<Offset>{3, 5, 7}));
  const auto late = *log->reader();
  BOOST_REQUIRE(late->seek(keys, 1));
  BOOST_TEST((rest(*late) == std::vector<Offset>{1, 3, 5, 7}));
  BOOST_TEST(!on_disk());
  BOOST_TEST((compact_topic(*log, "events.things", {}).error().code == Code::invalid));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::rocks_log_test
