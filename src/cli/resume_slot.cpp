// The opening protocol of DESIGN.md 3, spoken by a person.
#include "cli/resume_slot.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/catalogue.h"
#include "base/json_write.h"
#include "log/outcome_reader.h"
#include "runtime/decider.h"

namespace wf::cli {
namespace {

constexpr int tries_max = 8;
constexpr Duration patience = Duration::seconds(10);

// What is said in an events slot, read further and further.
class Listener {
 public:
  static Result<std::unique_ptr<Listener>> open(Log& log, const Slot& events) {
    auto reader = log.reader();
    if (!reader) return tl::unexpected(reader.error());
    const auto begin = log.begin(events);
    if (!begin) return tl::unexpected(begin.error());
    auto listener = std::unique_ptr<Listener>(new Listener(std::move(*reader), events));
    Position start;
    start.offset = *begin;
    if (auto ok = listener->outcomes_.start(start); !ok) return tl::unexpected(ok.error());
    return listener;
  }

  Result<void> to_tail() {
    while (true) {
      const auto count = read({});
      if (!count) return tl::unexpected(count.error());
      if (*count == 0) return {};
    }
  }
  struct Heard {
    Offset at = -1;
    Uuid opened;  // the last one said by then, itself if it is one
    Position answered;
  };
  const Position& answered() const { return outcomes_.position(); }
  // The `opened` or `resumed` with that id.
  Result<Heard> hear(const Uuid& id) {
    heard_.reset();
    while (!heard_) {
      const auto count = read(id);
      if (!count) return tl::unexpected(count.error());
      if (*count == 0 && !heard_ && !reader_->wait(patience)) {
        return fail(Code::timeout, "what was appended is not back");
      }
    }
    return *heard_;
  }

 private:
  Listener(std::unique_ptr<Reader> reader, const Slot& events)
      : reader_(std::move(reader)), outcomes_(*reader_, events) {}

  Result<std::size_t> read(const Uuid& wanted) {
    return outcomes_.read(
        {},
        [](std::span<const Record>) {},
        [&](const Record& record) {
          if (record.kind == Kind::opened) opened_ = record.id;
          if (record.id != wanted) return;
          heard_ = {record.offset, opened_, answered()};
        });
  }

  std::unique_ptr<Reader> reader_;
  OutcomeReader outcomes_;
  Uuid opened_;  // the last one read
  std::optional<Heard> heard_;
};

Record opening(Instant now, const std::string& build) {
  Record opened;
  opened.kind = Kind::opened;
  opened.id = Uuid::random();
  opened.at = now;
  opened.type = "opened";
  opened.payload = build;
  return opened;
}

Result<void> append(Appender& writer, const Slot& events, const Record& record) {
  return writer.append(events, {&record, 1}, Durability::now);
}

Offset last_cause(const Position& answered) { return std::max<Offset>(answered.last_cause, -1); }

// Code::timeout: nothing comes.
Result<Batch> read_one(Reader& reader, const Slot& slot) {
  for (int tries = 0; tries < 10; ++tries) {
    auto batch = reader.read(slot, {.records = 1});
    if (!batch || !batch->records.empty()) return batch;
    if (!reader.wait(patience)) break;
  }
  return fail(Code::timeout, slot.topic + " is not served");
}

// The command after the last answered one, where that one is still in its place: a hole may lie
// between. Nothing: it was lost, or another is there, or what follows cannot be read.
Result<std::optional<Offset>> next_of_intact(Log& log,
                                             const Slot& commands,
                                             const Position& answered) {
  const Offset last = last_cause(answered);
  const Offset from = std::max<Offset>(last, 0);
  const auto begin = log.begin(commands);
  if (!begin) return tl::unexpected(begin.error());
  const auto end = log.end(commands);
  if (!end) return tl::unexpected(end.error());
  if (from < *begin || last >= *end) return std::nullopt;
  const auto reader = log.reader();
  if (!reader) return tl::unexpected(reader.error());
  if (auto ok = (*reader)->seek(commands, from); !ok) return tl::unexpected(ok.error());
  if (last >= 0) {
    const auto there = read_one(**reader, commands);
    if (!there) return tl::unexpected(there.error());
    if (!answers(answered.last_id, there->records[0].id)) return std::nullopt;
  }
  if (last + 1 == *end) return *end;
  const auto following = read_one(**reader, commands);
  if (following) return following->records[0].offset;
  if (following.error().code == Code::timeout) return *end;  // a hole up to there
  if (following.error().code == Code::corrupt) return std::nullopt;
  return tl::unexpected(following.error());
}

// Before it commands would get a second outcome, behind it some would get none.
Result<void> check_next(Log& log, const Slot& commands, const Position& answered, Offset next) {
  const auto right = next_of_intact(log, commands, answered);
  if (!right) return tl::unexpected(right.error());
  if (!*right || **right == next) return {};
  return fail(Code::forbidden,
              fmt::format("{}/{} lost nothing that was answered: only --next {} is right",
                          commands.topic,
                          commands.partition,
                          **right));
}

}  // namespace

Result<Resumption> resume_slot(
    Log& log, const Slot& events, Offset next, const std::string& reason, Instant now) {
  const Slot commands{"commands" + events.topic.substr(events.topic.find('.')), events.partition};
  const auto end = log.end(commands);
  if (!end) return tl::unexpected(end.error());
  if (next < 0 || next > *end) {
    return fail(Code::invalid,
                fmt::format("{}/{} ends at {}: --next must not be beyond",
                            commands.topic,
                            commands.partition,
                            *end));
  }
  auto writer = log.writer("admin resume");
  if (!writer) return tl::unexpected(writer.error());
  auto listener = Listener::open(log, events);
  if (!listener) return tl::unexpected(listener.error());
  // First, as it may take long: a decider that looks again every few seconds opens the slot as soon
  // as somebody else has, and what is said in the epoch before is a zombie's.
  if (auto ok = (*listener)->to_tail(); !ok) return tl::unexpected(ok.error());
  if (auto ok = check_next(log, commands, (*listener)->answered(), next); !ok) {
    return tl::unexpected(ok.error());
  }
  const std::string build = fmt::format(R"({{"build":"{}"}})", catalogue().build);
  std::string why = R"({"reason":)";
  append_json_string(why, reason);
  why += '}';
  for (int tries = 0; tries < tries_max; ++tries) {
    const Record opened = opening(now, build);
    if (auto ok = append(**writer, events, opened); !ok) return tl::unexpected(ok.error());
    const auto ours = (*listener)->hear(opened.id);
    if (!ours) return tl::unexpected(ours.error());
    // Once more, as nothing is answered behind our epoch's back now.
    if (auto ok = check_next(log, commands, ours->answered, next); !ok) {
      return tl::unexpected(ok.error());
    }
    const Resumption found{ours->at, last_cause(ours->answered)};
    Record resumed = opened;
    resumed.kind = Kind::resumed;
    resumed.id = Uuid::v5(opened.id, "resumed");
    resumed.type = "resumed";
    resumed.payload = why;
    resumed.epoch = found.epoch;
    resumed.cause = found.after;
    resumed.next = next;
    if (auto ok = append(**writer, events, resumed); !ok) return tl::unexpected(ok.error());
    const auto last = (*listener)->hear(resumed.id);
    if (!last) return tl::unexpected(last.error());
    if (last->opened == opened.id) return found;
  }
  return fail(Code::unavailable, "a decider opens the slot each time first; try again");
}

}  // namespace wf::cli
