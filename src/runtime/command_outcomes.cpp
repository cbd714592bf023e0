// Keys of the store: c command · p position of a slot · l the log's id and the format.
#include "runtime/command_outcomes.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json_write.h"
#include "runtime/append_clock.h"
#include "storage/bytes.h"

namespace wf {
namespace {

constexpr std::size_t appended_bytes = 8;  // what ordered_bytes() gives, for KvStore's expiry

std::string command_key(const Uuid& command) {
  std::string key;
  key.reserve(1 + command.bytes.size());
  key.push_back('c');
  put_id(key, command);
  return key;
}

std::string_view outcome_name(Kind kind) {
  if (kind == Kind::rejected) return "rejected";
  if (kind == Kind::nothing) return "nothing";
  if (kind == Kind::expired) return "expired";
  return "accepted";
}

// Deadlines that were due before a command stand in its outcome too, and are nobody's.
bool of_deadline(const Record& record) {
  return record.kind == Kind::event && record.principal == system_account;
}

AccountId sender_of(std::span<const Record> outcome) {
  for (const Record& record : outcome) {
    if (record.principal != system_account) return record.principal;
  }
  return system_account;
}

// What is stored of an outcome: few are ever asked for, so their JSON is made then.
void append_outcome(std::string& out, std::span<const Record> outcome) {
  const Record& first = outcome.front();
  Kind kind = Kind::event;
  std::string_view closing;
  std::uint64_t version = 0;
  Instant decided;
  for (const Record& record : outcome) {
    version = std::max(version, record.version);  // of a send: the one before the events
    decided = std::max(decided, record.at);       // a deadline's are of when it was due
    if (record.kind == Kind::send || record.kind == Kind::event) continue;
    kind = record.kind;
    closing = record.payload;
  }
  put_id(out, sender_of(outcome).value);
  put_little(out, static_cast<std::uint8_t>(kind));
  put_id(out, first.stream);
  put_little(out, version);
  put_little(out, decided.us);
  put_text(out, kind == Kind::rejected ? closing : std::string_view());
  for (const Record& record : outcome) {
    if (record.kind == Kind::event && !of_deadline(record)) put_text(out, record.type);
  }
}

// As the API serves it.
std::optional<CommandOutcome> outcome_of(const Uuid& command, std::string_view stored) {
  ByteReader reader(stored.substr(std::min(appended_bytes, stored.size())));
  CommandOutcome outcome;
  outcome.principal.value = reader.id();
  const auto kind = static_cast<Kind>(reader.little<std::uint8_t>());
  const Uuid stream = reader.id();
  const auto version = reader.little<std::uint64_t>();
  const Instant at{reader.little<std::int64_t>()};
  const std::string_view rejected = reader.text();
  std::string events;
  while (reader.ok() && !reader.at_end()) {
    if (!events.empty()) events += ',';
    append_json_string(events, reader.text());
  }
  if (!reader.ok()) return std::nullopt;
  outcome.json = fmt::format(
      R"({{"id":"{}","outcome":"{}","stream":"{}","stream_version":{},"at":"{}","events":[{}])",
      command.text(),
      outcome_name(kind),
      stream.text(),
      version,
      at.text(),
      events);
  if (kind == Kind::rejected) outcome.json.append(R"(,"rejected":)").append(rejected);
  outcome.json += '}';
  return outcome;
}

}  // namespace

Result<std::unique_ptr<CommandOutcomes>> CommandOutcomes::open(const std::string& path,
                                                               const Uuid& log_id,
                                                               Duration window,
                                                               std::size_t unwritten_max) {
  return open([path] { return KvStore::open({.path = path, .expiring_prefix = 'c'}); },
              log_id,
              window,
              unwritten_max);
}

Result<std::unique_ptr<CommandOutcomes>> CommandOutcomes::open(OpenStore open_store,
                                                               const Uuid& log_id,
                                                               Duration window,
                                                               std::size_t unwritten_max) {
  auto outcomes = std::unique_ptr<CommandOutcomes>(
      new CommandOutcomes(std::move(open_store), log_id, window, unwritten_max));
  if (auto ok = outcomes->reopen(); !ok) return tl::unexpected(ok.error());
  return outcomes;
}

CommandOutcomes::~CommandOutcomes() {
  if (store_ && !unwritten_.empty()) static_cast<void>(write());
}

// Nobody has it open twice: whoever reads it just now makes this fail, and the next try goes well.
Result<void> CommandOutcomes::reopen() {
  std::shared_ptr<KvStore> before;
  {
    const std::lock_guard lock(mutex_);
    before = std::exchange(store_, nullptr);
  }
  before.reset();
  auto store = open_store_();
  if (!store) return tl::unexpected(store.error());
  auto positions = positions_in(**store);
  if (!positions) return tl::unexpected(positions.error());
  const std::lock_guard lock(mutex_);
  store_ = std::move(*store);
  positions_ = std::move(*positions);
  return {};
}

Result<SlotPositions> CommandOutcomes::positions_in(const KvStore& store) const {
  const auto log = store.get("l");
  if (!log) return tl::unexpected(log.error());
  if (*log && **log != store_name()) {
    return fail(Code::mismatch, "outcomes of another log, or as an earlier build kept them");
  }
  SlotPositions positions;
  const auto scanned = store.scan("p", [&](std::string_view, std::string_view value) {
    ByteReader reader(value);
    SlotPosition position;
    position.topic = reader.text();
    position.partition = reader.little<std::uint32_t>();
    position.offset = reader.little<std::int64_t>();
    position.fence = reader.text();
    positions.push_back(std::move(position));
    return true;
  });
  if (!scanned) return tl::unexpected(scanned.error());
  return positions;
}

void CommandOutcomes::fold(std::span<const Record> outcome) {
  const Record& first = outcome.front();
  const Record& last = outcome.back();
  if (last.kind == Kind::duplicate || last.kind == Kind::gap || first.commanded.us == 0) return;
  // Another command came under the same id: what became of this one stands.
  const bool reused = last.payload.find(R"("reason":"key_reused")") != std::string_view::npos;
  if (last.kind == Kind::rejected && reused) return;
  if (first.link) return;  // forwarded: nobody waits for it, and each would cost a row
  if (is_newest(first.commanded, highest_appended_)) highest_appended_ = first.commanded;
  std::string& value = folded_.emplace_back(first.causation, std::string()).second;
  value = ordered_bytes(first.commanded);
  append_outcome(value, outcome);
}

std::string CommandOutcomes::store_name() const { return log_id_.text() + " 2"; }

Result<void> CommandOutcomes::save(const SlotPositions& positions) {
  auto folded = std::exchange(folded_, {});
  if (unwritten_.size() >= unwritten_max_) {
    if (auto ok = write(); !ok) return ok;
  }
  const std::lock_guard lock(mutex_);
  positions_ = positions;
  for (auto& [command, value] : folded) unwritten_.insert_or_assign(command, std::move(value));
  return {};
}

Result<void> CommandOutcomes::write() {
  KvBatch batch;
  batch.puts.reserve(unwritten_.size() + positions_.size() + 1);
  for (const auto& [command, value] : unwritten_) {
    batch.puts.emplace_back(command_key(command), value);
  }
  std::ranges::sort(batch.puts, {}, &std::pair<std::string, std::string>::first);
  for (const SlotPosition& position : positions_) {
    std::string value;
    put_text(value, position.topic);
    put_little(value, position.partition);
    put_little(value, position.offset);
    put_text(value, position.fence);
    batch.puts.emplace_back(fmt::format("p{}/{}", position.topic, position.partition),
                            std::move(value));
  }
  batch.puts.emplace_back("l", store_name());
  if (auto written = store_->write(batch); !written) return written;
  store_->expire_before(highest_appended_ - window_);
  const std::lock_guard lock(mutex_);  // from here on get() finds them in the store
  unwritten_.clear();
  return {};
}

Result<std::optional<CommandOutcome>> CommandOutcomes::look_up(const Uuid& command,
                                                               const Offsets* read) const {
  std::shared_ptr<const KvStore> store;
  bool complete = true;
  {
    const std::lock_guard lock(mutex_);
    const auto known = unwritten_.find(command);
    if (known != unwritten_.end()) return outcome_of(command, known->second);
    store = store_;
    if (read != nullptr) complete = live() && has_folded(*read);  // into this store
  }
  if (!store) return fail(Code::closed, "outcomes cannot be read now");
  const auto stored = store->get(command_key(command));
  if (!stored) return tl::unexpected(stored.error());
  if (*stored) return outcome_of(command, **stored);
  if (!complete) return fail(Code::unavailable, "outcomes are still read from the log");
  return std::nullopt;
}

Result<std::optional<CommandOutcome>> CommandOutcomes::get(const Uuid& command) const {
  return look_up(command, nullptr);
}

// The caller holds the lock.
bool CommandOutcomes::has_folded(const Offsets& read) const {
  return std::ranges::all_of(read, [&](const SlotOffset& wanted) {
    return std::ranges::any_of(positions_, [&](const SlotPosition& slot) {
      return slot.partition == wanted.partition && slot.topic == wanted.topic &&
             slot.offset >= wanted.offset;
    });
  });
}

Result<std::optional<CommandOutcome>> CommandOutcomes::find(const Uuid& command,
                                                            const Offsets& read) const {
  return look_up(command, &read);
}

}  // namespace wf
