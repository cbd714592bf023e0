// Makes a deployment's log of as many events as asked for, ten times faster than deciders would.
// usage: make_log PROCESS_CONFIG EVENTS NOW [zombie]
//
// NOW: seconds since 1970, where the log's time ends. With `zombie` every append to events is
// doubled, and an owner of an earlier epoch answers every command too, first and otherwise: what
// counts is the same as without. Prints what it made as JSON.
#include <fmt/format.h>

#include <cstdlib>
#include <deque>

#include "base/check.h"
#include "bench/owner.h"
#include "bench/past.h"
#include "cli/config.h"
#include "cli/open_log.h"
#include "log/faulty_log.h"

namespace wf::cli {
namespace {

constexpr std::uint64_t appended_at_once = 1'000;
constexpr Duration between_events = Duration::millis(137);

// One partition of bookings: its commands, its owner, and who does not know that it is not any
// more.
class Partition {
 public:
  Partition(Log& log, Log& events, std::uint32_t number, bool zombie)
      : commands_{"commands.bookings", number} {
    auto writer = log.writer("bench");
    WF_CHECK(writer);
    sender_ = std::move(*writer);
    if (zombie) zombie_ = std::make_unique<Owner>(events, number);
    owner_ = std::make_unique<Owner>(events, number);
  }

  void add(const Step& step, Instant at) {
    Record command;
    command.id = step.command;
    command.stream = step.stream;
    command.at = at;
    command.type = step.command_type;
    command.payload = payloads_.emplace_back(step.command_payload);
    command.correlation = step.command;
    command.principal = step.by;
    command.body = Uuid::v5(step.command, "body");
    sent_.push_back(command);
    if (zombie_ && !step.cancelled.empty()) {
      zombie_->add({command, next_, "booking.Cancelled", step.cancelled, step.version});
    }
    owner_->add({command, next_++, step.event_type, step.event_payload, step.version});
  }

  void flush() {
    WF_CHECK(sender_->append(commands_, sent_, Durability::with_outcome));
    sent_.clear();
    payloads_.clear();
    if (zombie_) zombie_->flush();
    owner_->flush();
  }

 private:
  Slot commands_;
  Offset next_ = 0;
  std::unique_ptr<Appender> sender_;
  std::vector<Record> sent_;
  std::deque<std::string> payloads_;
  std::unique_ptr<Owner> zombie_;
  std::unique_ptr<Owner> owner_;
};

void make(Log& log, std::uint32_t partitions, std::uint64_t events, Instant now, bool zombie) {
  FaultyLog doubling(log, 1, {.doubled = zombie ? 1.0 : 0.0});
  std::deque<Partition> all;
  for (std::uint32_t p = 0; p < partitions; ++p) all.emplace_back(log, doubling, p, zombie);
  Past past(now);
  std::uint64_t bytes = 0;
  Instant at = now - Duration{between_events.us * static_cast<std::int64_t>(events)};
  for (std::uint64_t n = 0; n < events; ++n, at = at + between_events) {
    const Step step = past.next(at);
    bytes += step.event_payload.size();
    all[partition_of(step.stream, partitions)].add(step, at);
    if ((n + 1) % appended_at_once != 0 && n + 1 != events) continue;
    for (Partition& one : all) one.flush();
  }
  Offset records = 0;
  for (std::uint32_t p = 0; p < partitions; ++p) records += *log.end({"events.bookings", p});
  fmt::print(R"({{"events":{},"bookings":{},"payload_bytes":{},"records":{}}})",
             events,
             past.bookings(),
             bytes / events,
             records);
}

int run(const std::string& config, std::uint64_t events, Instant now, bool zombie) {
  const auto process = load_process(config, "");
  WF_CHECK(process.has_value());
  const auto log = open_log(*process);
  WF_CHECK(log.has_value());
  make(**log, static_cast<std::uint32_t>(process->partitions), events, now, zombie);
  return 0;
}

}  // namespace
}  // namespace wf::cli

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const std::uint64_t events = std::strtoull(argv[2], nullptr, 10);
  const wf::Instant now{std::atoll(argv[3]) * 1'000'000};
  return wf::cli::run(argv[1], events, now, argc > 4 && std::string_view(argv[4]) == "zombie");
}
