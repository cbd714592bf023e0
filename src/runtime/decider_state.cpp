// Folds a decider partition's outcomes, saves what changed and reads it again.
// Keys of the store: s stream · a first answer · t deadline · n sent, r received numbers · i ended
// import · p position.
#include "runtime/decider_state.h"

#include <fmt/format.h>

#include "base/check.h"
#include "log/position.h"
#include "runtime/append_clock.h"
#include "storage/bytes.h"

namespace wf {
namespace {

// Of what save() writes: a store of another one is folded again.
constexpr std::uint32_t layout_version = 2;

std::string id_key(char kind, const Uuid& id) {
  std::string key(1, kind);
  put_id(key, id);
  return key;
}

Uuid id_of(std::string_view key) { return ByteReader(key.substr(key.size() - 16)).id(); }

std::string deadline_key(const std::pair<Instant, Uuid>& deadline) {
  std::string key = "t" + ordered_bytes(deadline.first);
  put_id(key, deadline.second);
  return key;
}

std::string slot_key(char kind, const Slot& slot) {
  std::string key(1, kind);
  put_little(key, slot.partition);
  return key + slot.topic;
}

Slot slot_of(std::string_view key) {
  ByteReader reader(key.substr(1, 4));
  return {std::string(key.substr(5)), reader.little<std::uint32_t>()};
}

std::string bytes_of(std::uint64_t n) {
  std::string out;
  put_little(out, n);
  return out;
}

std::string bytes_of(const FirstAnswer& answer) {
  std::string out = ordered_bytes(answer.appended);
  put_little(out, static_cast<std::uint8_t>(answer.kind));
  put_id(out, answer.body);
  put_little(out, answer.version);
  put_text(out, answer.reason);
  return out;
}

std::optional<FirstAnswer> answer_of(std::string_view bytes) {
  if (bytes.size() < 8) return std::nullopt;
  FirstAnswer answer;
  answer.appended = instant_of(bytes);
  ByteReader reader(bytes.substr(8));
  answer.kind = static_cast<Kind>(reader.little<std::uint8_t>());
  answer.body = reader.id();
  answer.version = reader.little<std::uint64_t>();
  answer.reason = reader.text();
  if (!reader.at_end()) return std::nullopt;
  return answer;
}

// The record that says how an outcome ended; nullptr: it was accepted.
const Record* closing(std::span<const Record> outcome) {
  for (const Record& record : outcome) {
    if (record.kind != Kind::event && record.kind != Kind::send) return &record;
  }
  return nullptr;
}

std::string reason_in(std::string_view payload) {
  constexpr std::string_view field =
      "\"reason\":\"";  // we wrote it: no spaces, no escapes in a reason's name
  const std::size_t at = payload.find(field);
  if (at == std::string_view::npos) return {};
  const std::size_t start = at + field.size();
  return std::string(payload.substr(start, payload.find('"', start) - start));
}

// Whether the stream has that outcome in it already.
bool has(const Stream& stream, const Record& first) {
  return std::pair(first.epoch, first.cause) <= std::pair(stream.last_epoch, stream.last_cause);
}

bool of_wake(const Record& first) { return first.commanded.us == 0; }

// Whether the outcome answers its command for the first time: not a wake's, not of one answered
// before.
bool decides(const Record& first, const Record* end) {
  if (of_wake(first)) return false;
  if (end == nullptr) return true;
  const bool reused = end->kind == Kind::rejected && reason_in(end->payload) == "key_reused";
  return end->kind != Kind::duplicate && end->kind != Kind::gap && !reused;
}

}  // namespace

DeciderState::DeciderState(const Catalogue& catalogue,
                           std::string_view family,
                           KvStore& store,
                           DeciderLimits limits)
    : catalogue_(catalogue), store_(store), limits_(limits) {
  for (const Aggregate* aggregate : catalogue.aggregates) {
    if (aggregate->topic() == family) aggregates_.push_back(aggregate);
  }
}

Result<void> DeciderState::load(const Uuid& log_id) {
  log_id_ = log_id;
  return drop();
}

Result<void> DeciderState::drop() {
  streams_.clear();
  changes_.clear();
  answers_.clear();
  sent_.clear();
  received_.clear();
  deadlines_.clear();
  held_.clear();
  imports_ended_.clear();
  highest_appended_ = {};
  saved_ = newest_ = accepted_ = {};
  const auto stored = store_.get("p");
  if (!stored) return tl::unexpected(stored.error());
  if (!*stored) return {};
  ByteReader reader(**stored);
  const Uuid log_id = reader.id();
  const std::string_view build = reader.text();
  const auto position = position_of(reader.text());
  const auto newest = position_of(reader.text());
  highest_appended_ = {reader.little<std::int64_t>()};
  const auto layout = reader.little<std::uint32_t>();
  if (!reader.at_end() || !position || !newest || log_id != log_id_ || build != catalogue_.build ||
      layout != layout_version) {
    return fail(Code::mismatch, "the decider's store is of another build or log");
  }
  saved_ = accepted_ = *position;
  newest_ = *newest;
  const auto each = [this](std::string_view key, std::string_view value) {
    switch (key[0]) {
      case 'i':
        imports_ended_.insert(id_of(key));
        break;
      case 'n':
        sent_[slot_of(key)] = ByteReader(value).little<std::uint64_t>();
        break;
      case 'r':
        received_[slot_of(key)] = ByteReader(value).little<std::uint64_t>();
        break;
      default:
        index_deadline({instant_of(key.substr(1)), id_of(key)}, ByteReader(value).id());
        break;
    }
    return true;
  };
  for (const char* prefix : {"i", "n", "r", "t"}) {
    if (auto ok = store_.scan(prefix, each); !ok) return ok;
  }
  return {};
}

Result<void> DeciderState::save(std::size_t most) {
  KvBatch batch;
  const std::size_t count = std::min(most, changes_.size());
  for (std::size_t i = 0; i < count; ++i) {
    const Change& change = changes_[i];
    if (change.answer) {
      batch.puts.emplace_back(id_key('a', change.id), bytes_of(answers_.at(change.id)));
    } else {
      save_stream(change.id, batch);
    }
  }
  std::sort(batch.puts.begin(), batch.puts.end());
  const Position start = count < changes_.size() ? changes_[count].after : accepted_;
  save_head(batch, start);
  if (auto ok = store_.write(batch); !ok) return ok;
  store_.expire_before(highest_appended_ - limits_.window);
  for (std::size_t i = 0; i < count; ++i) {
    if (changes_[i].answer) answers_.erase(changes_[i].id);
  }
  changes_.erase(changes_.begin(), changes_.begin() + static_cast<std::ptrdiff_t>(count));
  saved_ = start;
  newest_ = accepted_;
  forget_unchanged();
  return {};
}

void DeciderState::save_stream(const Uuid& id, KvBatch& batch) {
  Stream& stream = streams_.at(id);
  batch.puts.emplace_back(id_key('s', id), encode(stream));
  if (stream.stored_due && stream.stored_due != stream.due) {
    batch.removals.push_back(deadline_key({*stream.stored_due, id}));
  }
  if (stream.due) {
    std::string import;
    put_id(import, stream.import);
    batch.puts.emplace_back(deadline_key({*stream.due, id}), std::move(import));
  }
  stream.stored_due = stream.due;
  stream.dirty = false;
}

void DeciderState::save_head(KvBatch& batch, const Position& start) const {
  for (const auto& [slot, n] : sent_) batch.puts.emplace_back(slot_key('n', slot), bytes_of(n));
  for (const auto& [slot, n] : received_) batch.puts.emplace_back(slot_key('r', slot), bytes_of(n));
  for (const Uuid& import : imports_ended_) batch.puts.emplace_back(id_key('i', import), "");
  std::string head;
  put_id(head, log_id_);
  put_text(head, catalogue_.build);
  put_text(head, wf::bytes_of(start));
  put_text(head, wf::bytes_of(accepted_));
  put_little(head, highest_appended_.us);
  put_little(head, layout_version);
  batch.puts.emplace_back("p", std::move(head));
}

// Streams the store has as they are can be read again.
void DeciderState::forget_unchanged() {
  if (streams_.size() <= limits_.streams_cached) return;
  std::erase_if(streams_, [](const auto& entry) { return !entry.second.dirty; });
}

Result<Stream*> DeciderState::stream(const Uuid& id) {
  if (const auto found = streams_.find(id); found != streams_.end()) return &found->second;
  Stream fresh;
  const auto bytes = stored(id_key('s', id));
  if (!bytes) return tl::unexpected(bytes.error());
  if (*bytes) {
    auto decoded = decode(**bytes);
    if (!decoded) return tl::unexpected(damage(decoded.error().detail));
    fresh = std::move(*decoded);
  } else {
    for (const Aggregate* aggregate : aggregates_) fresh.states.push_back(aggregate->initial());
  }
  return &streams_.emplace(id, std::move(fresh)).first->second;
}

Result<std::optional<FirstAnswer>> DeciderState::first_answer(const Uuid& command) {
  std::optional<FirstAnswer> answer;
  if (const auto found = answers_.find(command); found != answers_.end()) {
    answer = found->second;
  } else {
    const auto bytes = stored(id_key('a', command));
    if (!bytes) return tl::unexpected(bytes.error());
    if (*bytes) {
      answer = answer_of(**bytes);
      if (!answer) return tl::unexpected(damage("a first answer in the decider's store"));
    }
  }
  if (answer && answer->appended < highest_appended_ - limits_.window) answer.reset();
  return answer;
}

Result<std::optional<std::string>> DeciderState::stored(const std::string& key) {
  auto value = store_.get(key);
  damaged_ = damaged_ || (!value && value.error().code == Code::corrupt);
  return value;
}

Error DeciderState::damage(std::string what) {
  damaged_ = true;
  return {Code::corrupt, std::move(what)};
}

Result<Event> DeciderState::event_of(const Record& record) const {
  const EventType* type = catalogue_.event(record.type);
  if (type == nullptr) {
    return fail(Code::corrupt, fmt::format("event type {} is unknown to this build", record.type));
  }
  auto body = type->decode(record.payload);
  if (!body) {
    return fail(Code::corrupt,
                fmt::format("{} at offset {} does not decode", record.type, record.offset));
  }
  return Event(*type, std::move(body));
}

void DeciderState::apply(Stream& stream, const Event& event) {
  for (std::size_t i = 0; i < aggregates_.size(); ++i) {
    if (aggregates_[i]->sees(event.type())) aggregates_[i]->evolve(stream.states[i], event);
  }
  ++stream.version;
}

Result<void> DeciderState::note(std::span<const Record> outcome) {
  const Record& first = outcome.front();
  auto found = stream(first.stream);
  if (!found) return tl::unexpected(found.error());
  Stream& stream = **found;
  std::uint64_t version = 0;
  for (const Record& record : outcome) {
    version = std::max(version, record.version);
    if (record.kind != Kind::send) continue;
    std::uint64_t& n = sent_[{std::string(record.link.topic), record.link.partition}];
    n = std::max(n, record.link.n);
  }
  if (!of_wake(first)) saw(first.commanded);
  if (!has(stream, first)) note_stream(first, outcome, stream);
  const Record* end = closing(outcome);
  const Kind kind = end == nullptr ? Kind::event : end->kind;
  if (end != nullptr && end->type == "import_ended") {
    imports_ended_.insert(first.import);
    for (const auto& deadline : held_[first.import]) deadlines_.insert(deadline);
    held_.erase(first.import);
  }
  if (first.link) {
    if (kind == Kind::duplicate || kind == Kind::gap) return {};
    std::uint64_t& n = received_[{std::string(first.link.topic), first.link.partition}];
    n = std::max(n, first.link.n);
  } else if (decides(first, end)) {
    std::string reason = kind == Kind::rejected ? reason_in(end->payload) : std::string();
    FirstAnswer answer{first.commanded, kind, first.body, version, std::move(reason)};
    if (answers_.insert_or_assign(first.causation, std::move(answer)).second) {
      changes_.push_back({first.causation, true, accepted_});
    }
  }
  return {};
}

void DeciderState::note_stream(const Record& first,
                               std::span<const Record> outcome,
                               Stream& stream) {
  const Record* end = closing(outcome);
  const Uuid import_before = stream.import;
  for (const Record& record : outcome) stream.last_now = std::max(stream.last_now, record.at);
  stream.last_epoch = first.epoch;
  stream.last_cause = first.cause;
  if (of_wake(first) && end == nullptr) stream.woken = stream.version;
  const bool ended = end != nullptr && end->type == "import_ended";
  if (!ended && decides(first, end)) stream.import = first.import;
  std::optional<Instant> due = stream.due;
  if (first.kind == Kind::event) {
    const auto earliest = deadline(stream);
    due = earliest ? std::optional(earliest->first.due) : std::nullopt;
  } else if (of_wake(first) && first.kind == Kind::rejected) {
    due.reset();  // it has ended its deciders: nobody decides it before the stream's next event
  }
  reindex(first.stream, stream, due, import_before);
}

Result<void> DeciderState::fold(std::span<const Record> outcome) {
  auto found = stream(outcome.front().stream);
  if (!found) return tl::unexpected(found.error());
  const bool known = has(**found, outcome.front());
  for (const Record& record : outcome) {
    if (known || record.kind != Kind::event) continue;
    const auto event = event_of(record);
    if (!event) return tl::unexpected(event.error());
    apply(**found, *event);
  }
  return note(outcome);
}

void DeciderState::reindex(const Uuid& id,
                           Stream& stream,
                           std::optional<Instant> due,
                           const Uuid& import_before) {
  if (!stream.dirty) {
    stream.dirty = true;
    changes_.push_back({id, false, accepted_});
  }
  if (due == stream.due && stream.import == import_before) return;  // it stands where it must
  if (stream.due) {
    deadlines_.erase({*stream.due, id});
    for (auto& [import, held] : held_) held.erase({*stream.due, id});
  }
  stream.due = due;
  if (due) index_deadline({*due, id}, stream.import);
}

void DeciderState::index_deadline(const std::pair<Instant, Uuid>& deadline, const Uuid& import) {
  (held(import) ? held_[import] : deadlines_).insert(deadline);
}

std::uint64_t DeciderState::received(const Slot& source) const {
  const auto found = received_.find(source);
  return found == received_.end() ? 0 : found->second;
}

std::uint64_t DeciderState::sent(const Slot& target) const {
  const auto found = sent_.find(target);
  return found == sent_.end() ? 0 : found->second;
}

void DeciderState::saw(Instant appended) {
  if (is_newest(appended, highest_appended_)) highest_appended_ = appended;
}

std::vector<std::pair<Instant, Uuid>> DeciderState::due(Instant now, std::size_t most) const {
  std::vector<std::pair<Instant, Uuid>> found;
  for (const auto& deadline : deadlines_) {
    if (deadline.first > now || found.size() >= most) break;
    found.push_back(deadline);
  }
  return found;
}

std::optional<std::pair<Deadline, std::size_t>> DeciderState::deadline(const Stream& stream) const {
  std::optional<std::pair<Deadline, std::size_t>> earliest;
  for (std::size_t i = 0; i < aggregates_.size(); ++i) {
    auto one = aggregates_[i]->deadline(*stream.states[i]);
    if (one && (!earliest || one->due < earliest->first.due)) earliest.emplace(std::move(*one), i);
  }
  return earliest;
}

std::string DeciderState::encode(const Stream& stream) const {
  std::string out;
  put_little(out, stream.version);
  put_little(out, stream.woken);
  put_little(out, stream.last_now.us);
  put_little(out, stream.last_epoch);
  put_little(out, stream.last_cause);
  put_id(out, stream.import);
  put_little(out, stream.due ? stream.due->us : INT64_MIN);
  std::string state;
  for (std::size_t i = 0; i < aggregates_.size(); ++i) {
    state.clear();
    aggregates_[i]->encode(*stream.states[i], state);
    put_text(out, aggregates_[i]->name());
    put_text(out, state);
  }
  return out;
}

Result<Stream> DeciderState::decode(std::string_view bytes) const {
  Stream stream;
  ByteReader reader(bytes);
  stream.version = reader.little<std::uint64_t>();
  stream.woken = reader.little<std::uint64_t>();
  stream.last_now = {reader.little<std::int64_t>()};
  stream.last_epoch = reader.little<Offset>();
  stream.last_cause = reader.little<Offset>();
  stream.import = reader.id();
  const auto due = reader.little<std::int64_t>();
  if (due != INT64_MIN) stream.due = stream.stored_due = Instant{due};
  for (const Aggregate* aggregate : aggregates_) {
    const std::string_view name = reader.text();
    const std::string_view state = reader.text();
    if (!reader.ok() || name != aggregate->name()) {
      return fail(Code::corrupt, "a stream in the decider's store does not decode");
    }
    auto decoded = aggregate->decode(state);
    if (!decoded) return tl::unexpected(decoded.error());
    stream.states.push_back(std::move(*decoded));
  }
  if (!reader.at_end()) return fail(Code::corrupt, "a stream in the decider's store is too long");
  return stream;
}

}  // namespace wf
