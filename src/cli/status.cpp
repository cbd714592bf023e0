// Gathering a running process's status, and its JSON in both directions.
#include "cli/status.h"

#include <fmt/format.h>

#include "base/json_cursor.h"
#include "base/json_write.h"
#include "cli/output.h"

namespace wf::cli {
namespace {

void append_slot(std::string& out, const SlotStatus& slot) {
  fmt::format_to(std::back_inserter(out),
                 R"({{"family":"{}","partition":{},"commands_end":{},"events_end":{},)"
                 R"("decided":{},"forwarded":{},"failure":)",
                 slot.family,
                 slot.partition,
                 slot.commands_end,
                 slot.events_end,
                 slot.opening() ? "null" : fmt::format_int(slot.decided).c_str(),
                 slot.forwarded);
  append_text_or_null(out, slot.failure);
  out += R"(,"tables":{)";
  bool first = true;
  for (const auto& [table, offset] : slot.tables) {
    fmt::format_to(std::back_inserter(out), "{}\"{}\":{}", first ? "" : ",", table, offset);
    first = false;
  }
  out += "}}";
}

void read_text_or_null(JsonCursor& cursor, std::string& text) {
  if (!cursor.take_null()) cursor.string(text);
}

SlotStatus read_slot(JsonCursor& cursor) {
  SlotStatus slot;
  cursor.begin_object();
  for (std::string_view key; cursor.next_key(key);) {
    if (key == "family") {
      slot.family = cursor.string_view();
    } else if (key == "partition") {
      slot.partition = static_cast<std::uint32_t>(cursor.int64());
    } else if (key == "commands_end") {
      slot.commands_end = cursor.int64();
    } else if (key == "events_end") {
      slot.events_end = cursor.int64();
    } else if (key == "decided") {
      slot.decided = cursor.take_null() ? -1 : cursor.int64();
    } else if (key == "forwarded") {
      slot.forwarded = static_cast<std::uint64_t>(cursor.int64());
    } else if (key == "failure") {
      read_text_or_null(cursor, slot.failure);
    } else if (key == "tables") {
      cursor.begin_object();
      for (std::string_view table; cursor.next_key(table);) {
        const std::string name(table);
        slot.tables[name] = cursor.int64();
      }
    } else {
      cursor.skip();
    }
  }
  return slot;
}

void append_projector(std::string& out, const std::optional<ProjectorStatus>& projector) {
  if (!projector) {
    out += "null";
    return;
  }
  append_text_or_null(out += R"({"failing_since":)", projector->failing_since);
  fmt::format_to(std::back_inserter(out), R"(,"stopped":{}}})", projector->stopped);
}

std::optional<ProjectorStatus> read_projector(JsonCursor& cursor) {
  if (cursor.take_null()) return std::nullopt;
  ProjectorStatus projector;
  cursor.begin_object();
  for (std::string_view key; cursor.next_key(key);) {
    if (key == "failing_since") {
      read_text_or_null(cursor, projector.failing_since);
    } else if (key == "stopped") {
      projector.stopped = cursor.boolean();
    } else {
      cursor.skip();
    }
  }
  return projector;
}

void append_table(std::string& out, const TableStatus& table) {
  fmt::format_to(std::back_inserter(out),
                 R"({{"table":"{}","generation":"{}","live":{},"quarantined":{},"frozen_since":)",
                 table.name,
                 table.generation,
                 table.live,
                 table.quarantined);
  append_text_or_null(out, table.frozen_since);
  const bool built = table.built_percent >= 0;
  out += R"(,"built_percent":)";
  out += built ? fmt::format_int(table.built_percent).c_str() : "null";
  append_text_or_null(out += R"(,"failing_since":)", table.failing_since);
  out += '}';
}

TableStatus read_table(JsonCursor& cursor) {
  TableStatus table;
  cursor.begin_object();
  for (std::string_view key; cursor.next_key(key);) {
    if (key == "table") {
      table.name = cursor.string_view();
    } else if (key == "generation") {
      cursor.string(table.generation);
    } else if (key == "live") {
      table.live = cursor.boolean();
    } else if (key == "quarantined") {
      table.quarantined = static_cast<std::uint64_t>(cursor.int64());
    } else if (key == "frozen_since") {
      read_text_or_null(cursor, table.frozen_since);
    } else if (key == "built_percent") {
      table.built_percent = cursor.take_null() ? -1 : cursor.int64();
    } else if (key == "failing_since") {
      read_text_or_null(cursor, table.failing_since);
    } else {
      cursor.skip();
    }
  }
  return table;
}

}  // namespace

Result<Status> status_of(Engine& engine) {
  Status status;
  status.folded = engine.folded();
  if (engine.projects()) {
    const Instant failing = engine.failing_since();
    status.projector = {failing.us == 0 ? "" : failing.text(), engine.projector_stopped()};
  }
  const auto partitions = static_cast<std::uint32_t>(engine.config().process.partitions);
  std::map<Slot, std::size_t> by_slot;
  for (const Slot& slot : slots_of(catalogue(), "events", partitions)) {
    SlotStatus& row = status.slots.emplace_back();
    row.family = slot.topic.substr(slot.topic.find('.') + 1);
    row.partition = slot.partition;
    row.decided = -1;
    by_slot[slot] = status.slots.size() - 1;
    const auto commands = engine.log().end({"commands." + row.family, slot.partition});
    const auto events = engine.log().end(slot);
    if (!commands) return tl::unexpected(commands.error());
    if (!events) return tl::unexpected(events.error());
    row.commands_end = *commands;
    row.events_end = *events;
  }
  const auto deciders =
      engine.deciders() != nullptr ? engine.deciders()->status() : std::vector<DeciderStatus>{};
  for (const DeciderStatus& decider : deciders) {
    SlotStatus& row = status.slots[by_slot.at({"events." + decider.family, decider.partition})];
    row.decided = decider.resumed ? decider.next : -1;
    row.forwarded = decider.forwarded;
    row.failure = decider.failure.empty() ? decider.forwarder_failure : decider.failure;
  }
  for (const auto& [name, table] : engine.tables()) {
    const TableState state = table->state();
    status.tables.push_back({name,
                             state.generation,
                             state.live,
                             state.quarantined,
                             state.frozen_since ? state.frozen_since->text() : "",
                             state.built_percent.value_or(-1),
                             state.failing_since ? state.failing_since->text() : ""});
    for (const SlotOffset& at : state.positions) {
      const auto found = by_slot.find({at.topic, at.partition});
      if (found != by_slot.end()) status.slots[found->second].tables[name] = at.offset;
    }
  }
  return status;
}

void append_status_json(std::string& out, const Status& status) {
  fmt::format_to(std::back_inserter(out), R"({{"folded":{},"projector":)", status.folded);
  append_projector(out, status.projector);
  out += R"(,"slots":[)";
  for (std::size_t i = 0; i < status.slots.size(); ++i) {
    if (i > 0) out += ',';
    append_slot(out, status.slots[i]);
  }
  out += R"(],"tables":[)";
  for (std::size_t i = 0; i < status.tables.size(); ++i) {
    if (i > 0) out += ',';
    append_table(out, status.tables[i]);
  }
  out += "]}";
}

Result<std::string> status_json(Engine& engine) {
  const auto status = status_of(engine);
  if (!status) return tl::unexpected(status.error());
  std::string json;
  append_status_json(json, *status);
  return json;
}

Result<Status> parse_status(std::string_view json) {
  Status status;
  JsonCursor cursor(json);
  cursor.begin_object();
  for (std::string_view key; cursor.next_key(key);) {
    if (key == "folded") {
      status.folded = static_cast<std::uint64_t>(cursor.int64());
    } else if (key == "projector") {
      status.projector = read_projector(cursor);
    } else if (key == "slots") {
      cursor.begin_array();
      while (cursor.next_element()) status.slots.push_back(read_slot(cursor));
    } else if (key == "tables") {
      cursor.begin_array();
      while (cursor.next_element()) status.tables.push_back(read_table(cursor));
    } else {
      cursor.skip();
    }
  }
  if (!cursor.finished()) return fail(Code::corrupt, "a status that does not decode");
  return status;
}

}  // namespace wf::cli
