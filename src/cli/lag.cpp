// `wayfold lag`: how far deciders, forwarders and tables are behind the log.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "cli/commands.h"
#include "cli/config.h"
#include "cli/remote_log.h"
#include "cli/status.h"
#include "cli/tool_log.h"
#include "log/outcome_reader.h"

namespace wf::cli {
namespace {

// Without a process to ask: what the log itself says was decided.
Result<Status> status_of_log(Log& log) {
  Status status;
  auto reader = log.reader();
  if (!reader) return tl::unexpected(reader.error());
  for (const Slot& slot : slots_in(log, "events")) {
    SlotStatus& row = status.slots.emplace_back();
    row.family = slot.topic.substr(slot.topic.find('.') + 1);
    row.partition = slot.partition;
    const auto commands = log.end({"commands." + row.family, slot.partition});
    const auto events = log.end(slot);
    const auto begin = log.begin(slot);
    if (!commands) return tl::unexpected(commands.error());
    if (!events) return tl::unexpected(events.error());
    if (!begin) return tl::unexpected(begin.error());
    row.commands_end = *commands;
    row.events_end = *events;
    OutcomeReader outcomes(**reader, slot);
    Position start;
    start.offset = *begin;
    if (auto ok = outcomes.start(start); !ok) return tl::unexpected(ok.error());
    for (;;) {
      const auto read = outcomes.read({}, [](std::span<const Record>) {});
      if (!read) return tl::unexpected(read.error());
      if (*read == 0) break;
    }
    row.decided = std::max<Offset>(outcomes.position().last_cause, -1) + 1;
    (*reader)->drop(slot);
  }
  return status;
}

std::string behind_text(const SlotStatus& slot) {
  std::string text;
  for (const auto& [table, offset] : slot.tables) {
    const std::int64_t behind = slot.events_end - offset;
    if (behind > 0) text += fmt::format(" {} −{}", table, behind);
  }
  return text.empty() ? " level" : text;
}

std::string phase(const TableStatus& table) {
  if (!table.failing_since.empty()) {
    return fmt::format("FAILED: not folded on since {}; `wayfold rebuild {}` unless its disk mends",
                       table.failing_since,
                       table.name);
  }
  if (table.live) return "live";
  if (table.built_percent < 0) return "catching up";
  return fmt::format("being built, {} % of the log read{}",
                     table.built_percent,
                     table.frozen_since.empty() ? "" : "; serves rows as of " + table.frozen_since);
}

std::string projector_text(const ProjectorStatus& projector) {
  if (projector.failing_since.empty()) return "live";
  return fmt::format("FAILED: {}, folds nothing since {}; its alarm says why",
                     projector.stopped ? "stopped" : "tries again",
                     projector.failing_since);
}

void print(Setup& setup, const Status& status) {
  if (setup.json) {
    append_status_json(setup.out.text(), status);
    setup.out.line("");
    return;
  }
  setup.out.line("slot                 commands    decided  undecided     events  tables behind");
  for (const SlotStatus& slot : status.slots) {
    setup.out.line(fmt::format("{:<18} {:>10} {:>10} {:>10} {:>10} {}{}",
                               fmt::format("{}/{}", slot.family, slot.partition),
                               slot.commands_end,
                               slot.opening() ? "opening" : fmt::to_string(slot.decided),
                               slot.opening() ? "-" : fmt::to_string(slot.undecided()),
                               slot.events_end,
                               slot.tables.empty() ? "" : behind_text(slot),
                               slot.failure.empty() ? "" : "  FAILED: " + slot.failure));
  }
  if (status.projector) {
    setup.out.line(fmt::format("{:<18} {}", "projector", projector_text(*status.projector)));
  }
  for (const TableStatus& table : status.tables) {
    setup.out.line(fmt::format("{:<18} {}, {} rows quarantined, generation {}",
                               table.name,
                               phase(table),
                               table.quarantined,
                               table.generation));
    if (table.quarantined == 0) continue;
    setup.out.line(fmt::format("  which, and why: wayfold inspect quarantine {}", table.name));
  }
  if (status.tables.empty()) {
    setup.out.line("no process with tables answers here: how far they are is not shown");
  }
}

Result<Status> with_tables(const ProcessConfig& process, const std::string& told) {
  auto here = parse_status(told);
  if (!here) return here;
  const auto log = open_tool_log(process);
  if (!log) return tl::unexpected(log.error());
  auto status = status_of_log(**log);
  if (!status) return status;
  status->tables = std::move(here->tables);
  status->folded = here->folded;
  status->projector = std::move(here->projector);
  for (SlotStatus& slot : status->slots) {
    for (SlotStatus& known : here->slots) {
      if (known.family == slot.family && known.partition == slot.partition) {
        slot.tables = std::move(known.tables);
        slot.forwarded = known.forwarded;
        slot.failure = known.failure;
      }
    }
  }
  return status;
}

Result<Status> gather(const ProcessConfig& process) {
  const auto told = ask_status(control_path(process));
  // On Kafka the process beside us decides some partitions only: the log knows of all.
  if (told && process.log.kind == LogKind::rocks) return parse_status(*told);
  if (told) return with_tables(process, *told);
  if (told.error().code != Code::not_found) return tl::unexpected(told.error());
  const auto log = open_tool_log(process);
  if (!log) return tl::unexpected(log.error());
  return status_of_log(**log);
}

Exit lag(Setup& setup, std::int64_t limit) {
  const auto process = load_process(setup.config, setup.var);
  if (!process) return setup.fail(process.error());
  const auto status = gather(*process);
  if (!status) return setup.fail(status.error());
  print(setup, *status);
  if (status->projector && !status->projector->failing_since.empty()) return Exit::found;
  const bool found =
      std::any_of(status->slots.begin(), status->slots.end(), [&](const SlotStatus& slot) {
        return !slot.failure.empty() || (limit >= 0 && slot.undecided() > limit);
      });
  const bool failing = std::ranges::any_of(
      status->tables, [](const TableStatus& table) { return !table.failing_since.empty(); });
  return found || failing ? Exit::found : Exit::ok;
}

}  // namespace

Action declare_lag(const Arguments& takes, Setup& setup) {
  auto limit = std::make_shared<std::int64_t>(-1);
  takes.option("--max", *limit, "exit 1 if a partition has more undecided commands than this")
      .within(0, std::numeric_limits<std::int64_t>::max());
  return [&setup, limit] { return lag(setup, *limit); };
}

}  // namespace wf::cli
