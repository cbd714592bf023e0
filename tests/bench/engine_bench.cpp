// How fast the engine decides, projects, rebuilds and is replayed, without HTTP: bookings over many
// chargers. usage: engine_bench DIR [BOOKINGS] [CHARGERS] [PARTITIONS]
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "base/check.h"
#include "cli/engine.h"
#include "log/outcome_reader.h"
#include "runtime/rebuild.h"

namespace wf::cli {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

struct Load {
  std::uint64_t bookings;
  std::uint64_t chargers;
  std::uint32_t partitions;
};

std::uint64_t decided(Engine& engine) {
  std::uint64_t sum = 0;
  for (const DeciderStatus& status : engine.deciders()->status()) {
    WF_CHECK(status.failure.empty());
    if (status.family == "bookings") sum += status.decided;
  }
  return sum;
}

// Appends commands in batches of 64, as a gateway does, never more than a few thousand ahead of the
// deciders.
class Sender {
 public:
  Sender(Engine& engine, const Load& load) : engine_(engine), load_(load) {
    writer_ = std::move(engine.log().writer("bench").value());
  }

  void send(Uuid stream, std::string_view type, std::string payload) {
    Record record;
    record.id = Uuid::v5(stream, fmt::format("{}", sent_));
    record.stream = stream;
    record.at = wall_clock();
    record.type = type;
    record.correlation = record.id;
    record.principal = AccountId{Uuid::v5(stream, "renter")};
    payloads_.push_back(std::move(payload));
    records_.push_back(record);
    ++sent_;
    if (records_.size() == 64) flush();
  }

  void flush() {
    std::vector<std::vector<Record>> by_partition(load_.partitions);
    for (std::size_t i = 0; i < records_.size(); ++i) {
      records_[i].payload = payloads_[i];
      by_partition[partition_of(records_[i].stream, load_.partitions)].push_back(records_[i]);
    }
    for (std::uint32_t p = 0; p < load_.partitions; ++p) {
      if (by_partition[p].empty()) continue;
      WF_CHECK(
          writer_->append({"commands.bookings", p}, by_partition[p], Durability::with_outcome));
    }
    records_.clear();
    payloads_.clear();
    wait_until(sent_ > 4'000 ? sent_ - 4'000 : 0);
  }

  void wait_until(std::uint64_t count) {
    while (decided(engine_) < count) std::this_thread::yield();
  }
  std::uint64_t sent() const { return sent_; }

 private:
  Engine& engine_;
  Load load_;
  std::unique_ptr<Appender> writer_;
  std::vector<Record> records_;
  std::vector<std::string> payloads_;
  std::uint64_t sent_ = 0;
};

Uuid charger(std::uint64_t i) { return Uuid::v5({}, fmt::format("charger {}", i)); }

void list_chargers(Sender& sender, const Load& load) {
  std::string week;
  for (int day = 1; day <= 7; ++day) {
    week += fmt::format(R"({}{{"day":{},"from":0,"to":1440}})", day > 1 ? "," : "", day);
  }
  for (std::uint64_t i = 0; i < load.chargers; ++i) {
    sender.send(charger(i),
                "charger.List",
                fmt::format(R"({{"title":"Charger {}","position":[77.2,28.6],"connectors":[{{)"
                            R"("number":1,"type":"type2","power_w":22000}}],"instant":true,)"
                            R"("time_zone":"Asia/Kolkata","schedule":[{}]}})",
                            i,
                            week));
  }
  sender.flush();
  sender.wait_until(sender.sent());
}

void book(Sender& sender, const Load& load) {
  const Instant first = wall_clock() + Duration::hours(1);
  for (std::uint64_t i = 0; i < load.bookings; ++i) {
    const Instant start =
        first + Duration::minutes(static_cast<std::int64_t>(i / load.chargers * 30));
    sender.send(charger(i % load.chargers),
                "booking.Reserve",
                fmt::format(R"({{"charger":"{}","connector":1,"start":"{}","end":"{}"}})",
                            charger(i % load.chargers).text(),
                            start.text(),
                            (start + Duration::minutes(30)).text()));
  }
  sender.flush();
  sender.wait_until(sender.sent());
}

void replay(Engine& engine, const Load& load) {
  const auto start = Clock::now();
  std::uint64_t events = 0;
  auto reader = engine.log().reader().value();
  for (std::uint32_t p = 0; p < load.partitions; ++p) {
    OutcomeReader outcomes(*reader, {"events.bookings", p});
    WF_CHECK(outcomes.start({}));
    while (outcomes.read({}, [&](auto outcome) { events += outcome.size(); }).value() > 0) {
    }
  }
  fmt::print("replay   {:9} records  {:9.0f}/s\n",
             events,
             static_cast<double>(events) / seconds_since(start));
}

void rebuild_all(Engine& engine, const Load& load) {
  RebuildOptions options;
  options.slots = slots_of(catalogue(), "events", load.partitions);
  for (const char* name : {"bookings", "daily_bookings"}) {
    const auto start = Clock::now();
    RebuildProgress progress;
    auto* home = engine.tables().find(name)->second.get();
    const auto built = rebuild(engine.log(), catalogue(), *home, options, progress);
    WF_CHECK(built.has_value());
    const bool same = (*built)->totals() == home->live()->totals();
    fmt::print("rebuild  {:9} events   {:9.0f}/s  {} digest {}\n",
               progress.events.load(),
               static_cast<double>(progress.events) / seconds_since(start),
               name,
               same ? "same" : "DIFFERS");
  }
}

int run(const std::string& dir, const Load& load) {
  Config config;
  config.process.var = dir;
  config.process.partitions = load.partitions;
  config.platform.live_bookings_max = 1'000'000;
  config.platform.booking_window_days = 1'000;
  const Alarm alarm = [](std::string_view what) { fmt::print(stderr, "{}\n", what); };
  auto engine = Engine::open(config, {}, alarm);
  WF_CHECK(engine.has_value());
  (*engine)->start();
  Sender sender(**engine, load);
  list_chargers(sender, load);
  const auto start = Clock::now();
  const std::uint64_t before = (*engine)->folded();
  book(sender, load);
  fmt::print("decide   {:9} bookings {:9.0f}/s  (projector meanwhile {:.0f}/s)\n",
             load.bookings,
             static_cast<double>(load.bookings) / seconds_since(start),
             static_cast<double>((*engine)->folded() - before) / seconds_since(start));
  const auto& bookings = (*engine)->tables().find("bookings")->second;
  while (bookings->live()->totals().rows < load.bookings) std::this_thread::yield();
  fmt::print("visible after {:.2f} s\n", seconds_since(start));
  replay(**engine, load);
  rebuild_all(**engine, load);
  return 0;
}

}  // namespace
}  // namespace wf::cli

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const auto number = [&](int i, std::uint64_t otherwise) {
    return argc > i ? std::strtoull(argv[i], nullptr, 10) : otherwise;
  };
  return wf::cli::run(
      argv[1], {number(2, 300'000), number(3, 10'000), static_cast<std::uint32_t>(number(4, 1))});
}
