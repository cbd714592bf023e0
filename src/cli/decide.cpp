// The command into its partition, and that partition's events through the fence until its outcome.
#include "cli/decide.h"

#include <algorithm>
#include <optional>

#include "cli/stop_signal.h"
#include "log/outcome_reader.h"

namespace wf::cli {
namespace {

std::uint32_t role_bit(std::string_view name) {
  const auto& roles = catalogue().roles;
  const auto found = std::find(roles.begin(), roles.end(), name);
  return found == roles.end() ? 0 : 1U << (found - roles.begin());
}

Result<Slot> slot_of(const Log& log, const ToolCommand& command) {
  const std::string topic = "commands." + std::string(command.type->topic);
  for (const TopicSpec& spec : log.topics()) {
    if (spec.name == topic) return Slot{topic, partition_of(command.stream, spec.partitions)};
  }
  return fail(Code::not_found, "the log has no topic " + topic);
}

// Accepted, unless a record closes it. Sends follow events and say nothing of their own.
ToolOutcome outcome_of(const Uuid& command, std::span<const Record> outcome) {
  ToolOutcome result{command, Kind::event, {}};
  for (const Record& record : outcome) {
    if (record.kind == Kind::event || record.kind == Kind::send) continue;
    result.kind = record.kind;
    result.payload = record.payload;
  }
  return result;
}

Result<ToolOutcome> wait_for(
    Log& log, const Slot& events, const Uuid& id, const ToolCommand& command, Instant until) {
  auto reader = log.reader();
  if (!reader) return tl::unexpected(reader.error());
  const auto begin = log.begin(events);
  if (!begin) return tl::unexpected(begin.error());
  OutcomeReader outcomes(**reader, events);
  Position start;
  start.offset = *begin;
  if (auto ok = outcomes.start(start); !ok) return tl::unexpected(ok.error());
  std::optional<ToolOutcome> found;
  while (!found && !stop_requested()) {
    const auto count = outcomes.read({}, [&](std::span<const Record> outcome) {
      if (outcome.front().causation == id) found = outcome_of(id, outcome);
      if (found || !command.before) return;
      for (const Record& record : outcome) {
        if (record.kind == Kind::event && record.stream == command.stream) command.before(record);
      }
    });
    if (!count) return tl::unexpected(count.error());
    if (found || *count > 0) continue;
    if (wall_clock() > until) {
      return fail(Code::timeout,
                  "nobody decided command " + id.text() +
                      " yet: it is on the log, and will be decided when a decider runs");
    }
    (*reader)->wait(Duration::millis(100));
  }
  if (!found) return fail(Code::closed, "interrupted; command " + id.text() + " is sent");
  return *found;
}

}  // namespace

Result<ToolOutcome> decide(Log& log, const ToolCommand& command, Duration patience) {
  const auto slot = slot_of(log, command);
  if (!slot) return tl::unexpected(slot.error());
  auto appender = log.writer("admin");
  if (!appender) return tl::unexpected(appender.error());
  const Instant now = wall_clock();
  Record record;
  record.id = Uuid::random();
  record.stream = command.stream;
  record.at = now;
  record.expires = now + Duration::minutes(1);
  record.type = command.type->name;
  record.payload = command.payload;
  record.correlation = record.id;
  record.principal = system_account;
  record.roles = role_bit("admin");
  if (auto ok = (*appender)->append(*slot, {&record, 1}, Durability::now); !ok) {
    return tl::unexpected(ok.error());
  }
  const std::string family(command.type->topic);
  return wait_for(log, {"events." + family, slot->partition}, record.id, command, now + patience);
}

}  // namespace wf::cli
