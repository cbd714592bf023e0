// Keys of the store: c command · p position of a slot · l the log's id.
#include "runtime/command_outcomes.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json_write.h"
#include "storage/bytes.h"

namespace wf {
namespace {

std::string command_key(const Uuid& command) {
  std::string key = "c";
  put_id(key, command);
  return key;
}

std::string_view outcome_name(Kind kind) {
  if (kind == Kind::rejected) return "rejected";
  if (kind == Kind::nothing) return "nothing";
  if (kind == Kind::expired) return "expired";
  return "accepted";
}

// As the API serves it.
void append_outcome(std::string& out, std::span<const Record> outcome) {
  const Record& first = outcome.front();
  Kind kind = Kind::event;
  std::string_view closing;
  std::string events;
  std::uint64_t version = 0;
  for (const Record& record : outcome) {
    version = std::max(version, record.version);  // of a send: the one before the events
    if (record.kind == Kind::send) continue;
    if (record.kind != Kind::event) {
      kind = record.kind;
      closing = record.payload;
      continue;
    }
    if (!events.empty()) events += ',';
    append_json_string(events, record.type);
  }
  fmt::format_to(
      std::back_inserter(out),
      R"({{"id":"{}","outcome":"{}","stream":"{}","stream_version":{},"at":"{}","events":[{}])",
      first.causation.text(),
      outcome_name(kind),
      first.stream.text(),
      version,
      first.at.text(),
      events);
  if (kind == Kind::rejected) out.append(R"(,"rejected":)").append(closing);
  out += '}';
}

}  // namespace

Result<std::unique_ptr<CommandOutcomes>> CommandOutcomes::open(const std::string& path,
                                                               const Uuid& log_id,
                                                               Duration window) {
  auto store = KvStore::open({.path = path, .expiring_prefix = 'c'});
  if (!store) return tl::unexpected(store.error());
  auto outcomes =
      std::unique_ptr<CommandOutcomes>(new CommandOutcomes(std::move(*store), log_id, window));
  if (auto ok = outcomes->load(); !ok) return tl::unexpected(ok.error());
  return outcomes;
}

Result<void> CommandOutcomes::load() {
  const auto log = store_->get("l");
  if (!log) return tl::unexpected(log.error());
  if (*log && **log != log_id_.text()) return fail(Code::mismatch, "outcomes of another log");
  return store_->scan("p", [this](std::string_view, std::string_view value) {
    ByteReader reader(value);
    SlotPosition position;
    position.topic = reader.text();
    position.partition = reader.little<std::uint32_t>();
    position.offset = reader.little<std::int64_t>();
    position.fence = reader.text();
    positions_.push_back(std::move(position));
    return true;
  });
}

void CommandOutcomes::fold(std::span<const Record> outcome) {
  const Record& first = outcome.front();
  const Record& last = outcome.back();
  if (last.kind == Kind::duplicate || last.kind == Kind::gap || first.commanded.us == 0) return;
  // Another command came under the same id: what became of this one stands.
  const bool reused = last.payload.find(R"("reason":"key_reused")") != std::string_view::npos;
  if (last.kind == Kind::rejected && reused) return;
  if (first.link) return;  // forwarded: nobody waits for it, and each would cost a row
  highest_appended_ = std::max(highest_appended_, first.commanded);
  std::string value = ordered_bytes(first.commanded);
  put_id(value, first.principal.value);
  append_outcome(value, outcome);
  batch_.puts.emplace_back(command_key(first.causation), std::move(value));
}

Result<void> CommandOutcomes::save(const SlotPositions& positions) {
  std::sort(batch_.puts.begin(), batch_.puts.end());
  for (const SlotPosition& position : positions) {
    std::string value;
    put_text(value, position.topic);
    put_little(value, position.partition);
    put_little(value, position.offset);
    put_text(value, position.fence);
    batch_.puts.emplace_back(fmt::format("p{}/{}", position.topic, position.partition),
                             std::move(value));
  }
  batch_.puts.emplace_back("l", log_id_.text());
  auto written = store_->write(batch_);
  batch_ = {};
  if (written) positions_ = positions;
  store_->expire_before(highest_appended_ - window_);
  return written;
}

Result<std::optional<CommandOutcome>> CommandOutcomes::get(const Uuid& command) const {
  const auto stored = store_->get(command_key(command));
  if (!stored) return tl::unexpected(stored.error());
  if (!*stored || (*stored)->size() < 24) return std::nullopt;
  const std::string_view value = std::string_view(**stored).substr(8);
  CommandOutcome outcome;
  outcome.principal.value = ByteReader(value).id();
  outcome.json = value.substr(16);
  return outcome;
}

}  // namespace wf
