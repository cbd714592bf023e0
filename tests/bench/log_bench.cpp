// How fast the embedded log appends and is read, on the disk of a directory given as argument.
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "base/check.h"
#include "log/rocks_log.h"

namespace wf {
namespace {

using Clock = std::chrono::steady_clock;

const Slot commands{"commands.things", 0};
const Slot events{"events.things", 0};

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// An event as the fold of a platform sees it: about 300 bytes with its header.
Record sample(const std::string& payload) {
  Record record;
  record.kind = Kind::event;
  record.id = Uuid::random();
  record.stream = Uuid::random();
  record.at = wall_clock();
  record.type = "booking.Reserved";
  record.payload = payload;
  record.correlation = Uuid::random();
  record.causation = record.correlation;
  record.principal = AccountId{Uuid::random()};
  record.epoch = 12;
  record.cause = 123'456;
  record.count = 1;
  record.version = 17;
  return record;
}

void durable_appends(Log& log, int threads, double seconds) {
  std::atomic<std::uint64_t> appended = 0;
  std::vector<std::thread> running;
  const std::string payload(180, 'x');
  const auto start = Clock::now();
  for (int i = 0; i < threads; ++i) {
    running.emplace_back([&] {
      const auto writer = *log.writer("bench");
      const Record record = sample(payload);
      while (seconds_since(start) < seconds) {
        WF_CHECK(writer->append(events, std::span(&record, 1), Durability::now));
        ++appended;
      }
    });
  }
  for (std::thread& thread : running) thread.join();
  fmt::print("append, now, {:3} threads: {:9.0f} records/s\n",
             threads,
             static_cast<double>(appended) / seconds_since(start));
}

void unsynced_appends(Log& log, std::size_t at_once, std::size_t total) {
  const std::string payload(180, 'x');
  const std::vector<Record> records(at_once, sample(payload));
  const auto writer = *log.writer("bench");
  const auto start = Clock::now();
  for (std::size_t n = 0; n < total; n += at_once) {
    WF_CHECK(writer->append(commands, records, Durability::with_outcome));
  }
  WF_CHECK(writer->append(commands, {}, Durability::now));
  fmt::print("append, with_outcome, {:4} at once: {:9.0f} records/s\n",
             at_once,
             static_cast<double>(total) / seconds_since(start));
}

void scan(Log& log, const Slot& slot, std::string_view what) {
  const auto reader = *log.reader();
  WF_CHECK(reader->seek(slot, 0));
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  const auto start = Clock::now();
  while (true) {
    const auto batch = reader->read(slot, {});
    WF_CHECK(batch);
    if (batch->records.empty()) break;
    records += batch->records.size();
    for (const Record& record : batch->records) bytes += record.payload.size();
  }
  fmt::print("scan, {}: {:9.0f} records/s ({} records, {} MB of payload)\n",
             what,
             static_cast<double>(records) / seconds_since(start),
             records,
             bytes / 1'000'000);
}

void run(const std::string& path) {
  RocksLogOptions options;
  options.path = path;
  options.topics = {{"keys", 1, true}, {"commands.things", 1}, {"events.things", 1}};
  {
    const auto log = open_rocks_log(options);
    WF_CHECK(log);
    for (const int threads : {1, 16, 64}) durable_appends(**log, threads, 2);
    unsynced_appends(**log, 1, 500'000);
    unsynced_appends(**log, 100, 2'000'000);
    scan(**log, events, "one record per append");
    scan(**log, commands, "mostly 100 per append");
  }
  const auto reopened = open_rocks_log(options);
  WF_CHECK(reopened);
  scan(**reopened, commands, "reopened             ");
}

}  // namespace
}  // namespace wf

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: log_bench DIRECTORY (a new one)\n");
    return 2;
  }
  wf::run(argv[1]);
  return 0;
}
