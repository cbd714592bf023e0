// Keys first: a command without its subject's key could not be read by anyone. Keys again at the
// end: those of commands that came meanwhile, and who was forgotten meanwhile.
#include "cli/copy_commands.h"

#include <absl/container/flat_hash_map.h>
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "base/hash.h"

namespace wf::cli {
namespace {

constexpr Limit batch_limit{.records = 4096, .bytes = std::size_t{4} << 20U};
constexpr Limit held_limit{.records = 1000, .bytes = std::size_t{1} << 20U};
const Slot keys_slot{"keys", 0};

std::string text_of(const Slot& slot) { return fmt::format("{}/{}", slot.topic, slot.partition); }

tl::unexpected<Error> interrupted() {
  return fail(Code::closed, "interrupted; the same copy goes on from here");
}

// Calls `on_batch` with each batch from `offset` to the tail.
Result<void> read_from(Log& log,
                       const Slot& slot,
                       Offset offset,
                       const std::function<Result<void>(const Batch&)>& on_batch) {
  auto reader = log.reader();
  if (!reader) return tl::unexpected(reader.error());
  if (auto ok = (*reader)->seek(slot, offset); !ok) return ok;
  for (;;) {
    const auto batch = (*reader)->read(slot, batch_limit);
    if (!batch) return tl::unexpected(batch.error());
    if (batch->records.empty()) return {};
    if (auto ok = on_batch(*batch); !ok) return ok;
  }
}

// The newest record of each stream of the keys topic; after `forgotten` none counts.
struct NewestKey {
  Offset offset = -1;
  Kind kind = Kind::key;
  Digest128 payload;
};
using NewestKeys = absl::flat_hash_map<Uuid, NewestKey>;

Result<NewestKeys> newest_keys(Log& log) {
  NewestKeys newest;
  const auto done = read_from(log, keys_slot, 0, [&](const Batch& batch) -> Result<void> {
    for (const Record& record : batch.records) {
      NewestKey& known = newest[record.stream];
      if (known.kind == Kind::forgotten) continue;
      known = {record.offset, record.kind, xxh3_128(record.payload)};
    }
    return {};
  });
  if (!done) return tl::unexpected(done.error());
  return newest;
}

// Whether the target lacks what `record` says: it is the newest here, and nothing is forgotten.
bool is_news(const Record& record, const NewestKeys& ours, const NewestKeys& theirs) {
  if (record.kind == Kind::log_id) return false;
  if (const auto here = ours.find(record.stream); here != ours.end()) {
    const bool older = record.offset < here->second.offset;
    const bool late = here->second.kind == Kind::forgotten && record.kind != Kind::forgotten;
    if (older || late) return false;
  }
  const auto there = theirs.find(record.stream);
  if (there == theirs.end()) return true;
  if (there->second.kind == Kind::forgotten) return false;
  return there->second.kind != record.kind || there->second.payload != xxh3_128(record.payload);
}

Result<void> copy_keys(Log& from, Log& to, CopyCounts& counts) {
  const auto ours = newest_keys(from);
  if (!ours) return tl::unexpected(ours.error());
  const auto theirs = newest_keys(to);
  if (!theirs) return tl::unexpected(theirs.error());
  auto appender = to.writer("copy");
  if (!appender) return tl::unexpected(appender.error());
  return read_from(from, keys_slot, 0, [&](const Batch& batch) -> Result<void> {
    std::vector<Record> records;
    for (const Record& record : batch.records) {
      if (is_news(record, *ours, *theirs)) records.push_back(record);
    }
    counts.keys += records.size();
    if (records.empty()) return {};
    return (*appender)->append(keys_slot, records, Durability::now);
  });
}

Result<std::optional<Uuid>> id_at(Log& log, const Slot& slot, Offset offset) {
  auto reader = log.reader();
  if (!reader) return tl::unexpected(reader.error());
  if (auto ok = (*reader)->seek(slot, offset); !ok) return tl::unexpected(ok.error());
  const auto batch = (*reader)->read(slot, {.records = 1});
  if (!batch) return tl::unexpected(batch.error());
  if (batch->records.empty()) return std::optional<Uuid>();
  return std::optional(batch->records[0].id);
}

// Where an interrupted copy of this slot goes on.
Result<Offset> continue_at(Log& from, Log& to, const Slot& slot) {
  const auto begin = from.begin(slot);
  const auto end = from.end(slot);
  const auto there = to.end(slot);
  if (!begin) return begin;
  if (!end) return end;
  if (!there) return there;
  if (*begin != 0) {
    return fail(Code::forbidden, text_of(slot) + " was trimmed: its first commands are gone");
  }
  if (*there == 0) return Offset{0};
  const auto theirs = id_at(to, slot, *there - 1);
  if (!theirs) return tl::unexpected(theirs.error());
  if (*there <= *end) {
    const auto ours = id_at(from, slot, *there - 1);
    if (!ours) return tl::unexpected(ours.error());
    if (*ours == *theirs) return *there;
  }
  return fail(Code::mismatch, "the target's " + text_of(slot) + " holds other commands");
}

std::vector<Slot> command_slots(const Log& log) {
  std::vector<Slot> slots;
  for (const TopicSpec& topic : log.topics()) {
    if (!topic.name.starts_with("commands.")) continue;
    for (std::uint32_t p = 0; p < topic.partitions; ++p) slots.push_back({topic.name, p});
  }
  return slots;
}

// The oldest record of several slots, one after another.
class ByTime {
 public:
  ByTime(Reader& reader, std::vector<Slot> slots) : reader_(reader) {
    for (Slot& slot : slots) lanes_.push_back({std::move(slot), {}, 0});
  }
  Result<void> start() {
    for (Lane& lane : lanes_) {
      if (auto ok = reader_.seek(lane.slot, 0); !ok) return ok;
      if (auto ok = fill(lane); !ok) return ok;
    }
    return {};
  }
  // Valid until the next call.
  Result<std::optional<Record>> next() {
    if (last_ != nullptr) {
      ++last_->at;
      if (auto ok = fill(*last_); !ok) return tl::unexpected(ok.error());
    }
    last_ = nullptr;
    for (Lane& lane : lanes_) {
      if (lane.batch.records.empty()) continue;
      if (last_ == nullptr || lane.front().appended < last_->front().appended) last_ = &lane;
    }
    if (last_ == nullptr) return std::optional<Record>();
    return std::optional(last_->front());
  }

 private:
  struct Lane {
    Slot slot;
    Batch batch;
    std::size_t at;
    const Record& front() const { return batch.records[at]; }
  };
  Result<void> fill(Lane& lane) {
    if (lane.at < lane.batch.records.size()) return {};
    auto batch = reader_.read(lane.slot, {.records = 512, .bytes = std::size_t{1} << 20U});
    if (!batch) return tl::unexpected(batch.error());
    lane.batch = std::move(*batch);
    lane.at = 0;
    return {};
  }

  Reader& reader_;
  std::vector<Lane> lanes_;
  Lane* last_ = nullptr;
};

// One topic by append time, a batch for each partition at a time: on Kafka every append is a round
// trip.
class Resharder {
 public:
  Resharder(Log& to, Appender& appender, std::string topic, CopyCounts& counts)
      : to_(to), appender_(appender), topic_(std::move(topic)), counts_(counts) {}

  Result<void> take(const Record& record) {
    if (record.kind == Kind::command && !record.link) {
      ++counts_.commands;
      hold(partition_of(record.stream, partitions_of(to_, topic_)), record);
      return is_full() ? flush() : Result<void>();
    }
    if (record.kind != Kind::import_ended || !ended_.insert(record.import).second) {
      ++counts_.skipped;
      return {};
    }
    for (std::uint32_t p = 0; p < partitions_of(to_, topic_); ++p) hold(p, record);
    return is_full() ? flush() : Result<void>();
  }
  // One append of nothing makes all before it durable on the embedded log; Kafka's are already.
  Result<void> sync() {
    if (auto ok = flush(); !ok) return ok;
    return appender_.append({topic_, 0}, {}, Durability::now);
  }

 private:
  bool is_full() const { return records_ >= held_limit.records || bytes_ >= held_limit.bytes; }

  void hold(std::uint32_t partition, Record record) {
    for (std::string_view* text :
         {&record.type, &record.payload, &record.origin_type, &record.link.topic}) {
      if (text->empty()) continue;
      bytes_ += text->size();
      *text = texts_.emplace_back(*text);
    }
    ++records_;
    held_[partition].push_back(record);
  }

  Result<void> flush() {
    for (const auto& [partition, records] : held_) {
      const auto ok = appender_.append({topic_, partition}, records, Durability::with_outcome);
      if (!ok) return ok;
    }
    held_.clear();
    texts_.clear();
    records_ = bytes_ = 0;
    return {};
  }

  Log& to_;
  Appender& appender_;
  std::string topic_;
  CopyCounts& counts_;
  std::set<Uuid> ended_;
  std::map<std::uint32_t, std::vector<Record>> held_;  // by partition
  std::deque<std::string> texts_;                      // what they point into
  std::size_t records_ = 0;
  std::size_t bytes_ = 0;
};

Result<void> copy_topic(
    Log& from, Log& to, const std::string& topic, CopyCounts& counts, const CopyTick& tick) {
  std::vector<Slot> slots;
  for (const Slot& slot : command_slots(from)) {
    if (slot.topic != topic) continue;
    const auto begin = from.begin(slot);
    if (!begin) return tl::unexpected(begin.error());
    if (*begin != 0) {
      return fail(Code::forbidden, text_of(slot) + " was trimmed: its first commands are gone");
    }
    slots.push_back(slot);
  }
  auto reader = from.reader();
  auto appender = to.writer("copy");
  if (!reader) return tl::unexpected(reader.error());
  if (!appender) return tl::unexpected(appender.error());
  ByTime records(**reader, std::move(slots));
  Resharder resharder(to, **appender, topic, counts);
  if (auto ok = records.start(); !ok) return ok;
  for (std::uint64_t n = 1;; ++n) {
    const auto record = records.next();
    if (!record) return tl::unexpected(record.error());
    if (!*record) return resharder.sync();
    if (auto ok = resharder.take(**record); !ok) return ok;
    if (n % 1024 == 0 && !tick(counts.commands + counts.skipped)) return interrupted();
  }
}

}  // namespace

std::uint32_t partitions_of(const Log& log, const std::string& topic) {
  for (const TopicSpec& spec : log.topics()) {
    if (spec.name == topic) return spec.partitions;
  }
  return 0;
}

Result<CopyCounts> copy_verbatim(Log& from, Log& to, const CopyTick& tick) {
  CopyCounts counts;
  if (auto ok = copy_keys(from, to, counts); !ok) return tl::unexpected(ok.error());
  auto appender = to.writer("copy");
  if (!appender) return tl::unexpected(appender.error());
  for (const Slot& slot : command_slots(from)) {
    const auto start = continue_at(from, to, slot);
    if (!start) return tl::unexpected(start.error());
    counts.before += static_cast<std::uint64_t>(*start);
    const auto copied = read_from(from, slot, *start, [&](const Batch& batch) -> Result<void> {
      if (auto ok = (*appender)->append(slot, batch.records, Durability::now); !ok) return ok;
      counts.commands += batch.records.size();
      if (!tick(counts.commands + counts.before)) return interrupted();
      return {};
    });
    if (!copied) return tl::unexpected(copied.error());
  }
  if (auto ok = copy_keys(from, to, counts); !ok) return tl::unexpected(ok.error());
  return counts;
}

Result<CopyCounts> copy_resharded(Log& from, Log& to, const CopyTick& tick) {
  CopyCounts counts;
  std::set<std::string> topics;
  for (const Slot& slot : command_slots(from)) topics.insert(slot.topic);
  for (const Slot& slot : command_slots(to)) {
    const auto end = to.end(slot);
    if (!end) return tl::unexpected(end.error());
    if (*end != 0) return fail(Code::mismatch, "the target's " + text_of(slot) + " is not empty");
  }
  if (auto ok = copy_keys(from, to, counts); !ok) return tl::unexpected(ok.error());
  for (const std::string& topic : topics) {
    if (partitions_of(to, topic) == 0) return fail(Code::mismatch, "the target has no " + topic);
    if (auto ok = copy_topic(from, to, topic, counts, tick); !ok) {
      return tl::unexpected(ok.error());
    }
  }
  if (auto ok = copy_keys(from, to, counts); !ok) return tl::unexpected(ok.error());
  return counts;
}

}  // namespace wf::cli
