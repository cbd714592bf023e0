// One read of the topic finds what is out of date; the log rewrites what holds it.
#include "cli/compact_keys.h"

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <fmt/format.h>

#include <algorithm>

#include "cli/tool_log.h"
#include "gateway/key_payload.h"
#include "log/rocks_log.h"

namespace wf::cli {
namespace {

constexpr std::string_view topic = "keys";
constexpr Duration retry = Duration::hours(1);

class Outdated {
 public:
  Result<void> read(Log& log) {
    auto reader = log.reader();
    if (!reader) return tl::unexpected(reader.error());
    for (const TopicSpec& spec : log.topics()) {
      if (spec.name != topic) continue;
      for (std::uint32_t p = 0; p < spec.partitions; ++p) {
        if (auto ok = read(log, **reader, {spec.name, p}); !ok) return ok;
      }
    }
    return {};
  }

  bool names(const Record& record) const {
    if (record.kind != Kind::key) return false;
    if (forgotten_.contains(record.stream)) return true;
    const auto newest = newest_.find(record.stream);
    if (newest != newest_.end() && record.offset < newest->second) return true;
    const auto payload = gateway::parse_key_payload(record.payload);
    return payload && forgotten_.contains(payload->subject);
  }

 private:
  Result<void> read(Log& log, Reader& reader, const Slot& slot) {
    const auto begin = log.begin(slot);
    if (!begin) return tl::unexpected(begin.error());
    if (auto ok = reader.seek(slot, *begin); !ok) return ok;
    for (;;) {
      const auto batch = reader.read(slot, {});
      if (!batch) return tl::unexpected(batch.error());
      if (batch->records.empty()) return {};
      for (const Record& record : batch->records) {
        if (record.kind == Kind::forgotten) forgotten_.insert(record.stream);
        if (record.kind == Kind::key) newest_[record.stream] = record.offset;
      }
    }
  }

  absl::flat_hash_set<Uuid> forgotten_;       // subjects, and ids of keys
  absl::flat_hash_map<Uuid, Offset> newest_;  // record of a key, by its id
};

}  // namespace

std::string_view when_keys_go(LogKind log) {
  return log == LogKind::kafka
             ? "the brokers take the keys off their disks within the keys topic's "
               "max.compaction.lag.ms, a day (`wayfold topics --check` sees to it)"
             : "`wayfold admin compact-keys` takes the keys off the disk now, else the running "
               "process does within a day";
}

Result<std::uint64_t> compact_keys(Log& log) {
  Outdated outdated;
  if (auto ok = outdated.read(log); !ok) return tl::unexpected(ok.error());
  return compact_topic(
      log, std::string(topic), [&](const Record& record) { return outdated.names(record); });
}

KeysCompaction::KeysCompaction(Log& log, Duration every, Alarm alarm)
    : log_(log),
      every_(every),
      alarm_(std::move(alarm)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

Result<std::uint64_t> KeysCompaction::now() {
  const std::scoped_lock one_at_a_time(mutex_);
  return compact_keys(log_);
}

void KeysCompaction::run(const std::stop_token& stop) {
  std::mutex waiting;
  while (!stop.stop_requested()) {
    const auto done = now();
    if (!done) alarm_(fmt::format("forgotten keys are still on the disk: {}", done.error().detail));
    const Duration wait = done ? every_ : std::min(every_, retry);
    std::unique_lock lock(waiting);
    idle_.wait_for(lock, stop, std::chrono::microseconds(wait.us), [] { return false; });
  }
}

}  // namespace wf::cli
