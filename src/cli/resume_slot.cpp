// The opening protocol of DESIGN.md 3, spoken by a person.
#include "cli/resume_slot.h"

#include <fmt/format.h>

#include "base/catalogue.h"
#include "base/json_write.h"
#include "log/outcome_reader.h"

namespace wf::cli {
namespace {

// Reads up to the `opened` with that nonce.
Result<Resumption> find(Log& log, const Slot& events, const Uuid& nonce) {
  auto reader = log.reader();
  if (!reader) return tl::unexpected(reader.error());
  OutcomeReader outcomes(**reader, events);
  const auto begin = log.begin(events);
  if (!begin) return tl::unexpected(begin.error());
  Position start;
  start.offset = *begin;
  if (auto ok = outcomes.start(start); !ok) return tl::unexpected(ok.error());
  Resumption found;
  while (found.epoch < 0) {
    const auto count = outcomes.read(
        {},
        [](std::span<const Record>) {},
        [&](const Record& record) {
          if (record.kind == Kind::opened && record.id == nonce) found.epoch = record.offset;
        });
    if (!count) return tl::unexpected(count.error());
    if (*count == 0 && found.epoch < 0) {
      if (!(*reader)->wait(Duration::seconds(10)))
        return fail(Code::timeout, "`opened` is not back");
    }
  }
  found.after = std::max<Offset>(outcomes.position().last_cause, -1);
  return found;
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
  const std::string build = fmt::format(R"({{"build":"{}"}})", catalogue().build);
  Record opened;
  opened.kind = Kind::opened;
  opened.id = Uuid::random();
  opened.at = now;
  opened.type = "opened";
  opened.payload = build;
  if (auto ok = (*writer)->append(events, {&opened, 1}, Durability::now); !ok) {
    return tl::unexpected(ok.error());
  }
  const auto found = find(log, events, opened.id);
  if (!found) return found;
  std::string why = R"({"reason":)";
  append_json_string(why, reason);
  why += '}';
  Record resumed = opened;
  resumed.kind = Kind::resumed;
  resumed.id = Uuid::v5(opened.id, "resumed");
  resumed.type = "resumed";
  resumed.payload = why;
  resumed.epoch = found->epoch;
  resumed.cause = found->after;
  resumed.next = next;
  if (auto ok = (*writer)->append(events, {&resumed, 1}, Durability::now); !ok) {
    return tl::unexpected(ok.error());
  }
  return found;
}

}  // namespace wf::cli
