// `wayfold inspect`: one thing from all sides: a stream, a command, a row, or the log itself.
#include <fmt/format.h>

#include <set>

#include "base/json_write.h"
#include "cli/commands.h"
#include "cli/config.h"
#include "cli/event_json.h"
#include "cli/inspect_quarantine.h"
#include "cli/raw_reader.h"
#include "cli/row_key.h"
#include "cli/stop_signal.h"
#include "cli/table_copy.h"
#include "cli/table_names.h"
#include "cli/tool_log.h"

namespace wf::cli {
namespace {

using OnRecord = std::function<void(const Slot&, const Record&, Accepted)>;

std::string family_of(const Slot& slot) { return slot.topic.substr(slot.topic.find('.') + 1); }

// Every record of a slot.
Result<void> read_slot(Log& log, const Slot& slot, const OnRecord& on_record) {
  auto reader = log.reader();
  if (!reader) return tl::unexpected(reader.error());
  RawReader raw(**reader, slot, !slot.topic.starts_with("events."));
  const auto begin = log.begin(slot);
  if (!begin) return tl::unexpected(begin.error());
  if (auto ok = raw.start(*begin); !ok) return ok;
  while (!stop_requested()) {
    const auto count = raw.read({.records = 8192}, [&](const Record& record, Accepted accepted) {
      on_record(slot, record, accepted);
    });
    if (!count) return tl::unexpected(count.error());
    if (*count == 0) return {};
  }
  return fail(Code::closed, "interrupted");
}

// The states of one stream, one per aggregate of its topic.
class States {
 public:
  explicit States(std::string_view family) {
    for (const Aggregate* aggregate : catalogue().aggregates) {
      if (aggregate->topic() == family) states_.push_back({aggregate, aggregate->initial()});
    }
  }
  void evolve(const Record& record) {
    const EventType* type = catalogue().event(record.type);
    if (type == nullptr) return;
    const auto body = type->decode(record.payload);
    if (body == nullptr) return;
    for (auto& [aggregate, state] : states_) {
      if (aggregate->sees(*type)) aggregate->evolve(state, Event(*type, body));
    }
    any_ = true;
  }
  void append_json(std::string& out) const {
    if (!any_) return;
    for (const auto& [aggregate, state] : states_) {
      out.append(R"({"state":")").append(aggregate->name()).append(R"(","value":)");
      aggregate->encode(*state, out);
      out += "}\n";
    }
  }

 private:
  std::vector<std::pair<const Aggregate*, StatePtr>> states_;
  bool any_ = false;
};

Exit inspect_stream(Setup& setup, Log& log, const std::string& text) {
  const auto stream = Uuid::parse(text);
  if (!stream) return setup.usage("a stream is a UUID");
  bool found = false;
  for (const std::string_view family : catalogue().families) {
    States states(family);
    for (const TopicSpec& topic : log.topics()) {
      if (topic.name != fmt::format("commands.{}", family) &&
          topic.name != fmt::format("events.{}", family)) {
        continue;
      }
      const Slot slot{topic.name, partition_of(*stream, topic.partitions)};
      const auto read =
          read_slot(log, slot, [&](const Slot& at, const Record& record, Accepted accepted) {
            if (record.stream != *stream || accepted == Accepted::control) return;
            found = true;
            append_event_json(setup.out.text(), at, record, accepted);
            setup.out.commit();
            const bool counts = accepted == Accepted::yes && record.kind == Kind::event;
            if (counts) states.evolve(record);
          });
      if (!read) return setup.fail(read.error());
    }
    states.append_json(setup.out.text());
  }
  return found ? Exit::ok : setup.fail({Code::not_found, "no record of stream " + text});
}

Exit inspect_command(Setup& setup, Log& log, const std::string& text) {
  const auto id = Uuid::parse(text);
  if (!id) return setup.usage("a command's id is a UUID");
  std::optional<Slot> events;
  std::set<Offset> causes;          // more than one if the client retried
  std::set<Uuid> followed = {*id};  // a send follows from its event
  const auto print = [&](const Slot& slot, const Record& record, Accepted accepted) {
    if (accepted == Accepted::not_asked) {
      if (record.id != *id) return;
      events = Slot{"events." + family_of(slot), slot.partition};
      causes.insert(record.offset);
    } else {
      // The offset alone may have been a lost command's, whose outcome is still there.
      if (!causes.contains(record.cause) || !followed.contains(record.causation)) return;
      followed.insert(record.id);
    }
    append_event_json(setup.out.text(), slot, record, accepted);
  };
  for (const TopicSpec& topic : log.topics()) {
    if (!topic.name.starts_with("commands.")) continue;
    for (std::uint32_t p = 0; p < topic.partitions && !events; ++p) {
      if (auto ok = read_slot(log, {topic.name, p}, print); !ok) return setup.fail(ok.error());
    }
  }
  if (!events) return setup.fail({Code::not_found, "no command " + text});
  const auto outcome = read_slot(log, *events, print);
  return outcome ? Exit::ok : setup.fail(outcome.error());
}

Exit inspect_row(Setup& setup,
                 const ProcessConfig& process,
                 Log& log,
                 const std::vector<std::string>& arguments) {
  const auto tables = tables_named({arguments[0]});
  if (!tables) return setup.fail(tables.error());
  const TableInfo& info = tables->front()->info();
  const auto key = row_key(info, {arguments.begin() + 1, arguments.end()});
  if (!key) return setup.fail(key.error());
  const auto scratch = ScratchDir::make(process);
  if (!scratch) return setup.fail(scratch.error());
  const Resources resources(tool_resources());
  const auto store = open_table_copy(process, *tables->front(), resources, log.id(), *scratch);
  if (!store) return setup.fail(store.error());
  const auto row = (*store)->get(*key);
  if (!row) return setup.fail(row.error());
  if (!row->found() && !row->quarantined_since) {
    return setup.fail({Code::not_found, "no such row"});
  }
  std::string& out = setup.out.text();
  out += fmt::format(
      R"({{"table":"{}","row_version":{},"quarantined_since":)", info.name, row->row_version);
  if (row->quarantined_since) {
    append_instant(out, *row->quarantined_since);
  } else {
    out += "null";
  }
  out += R"(,"row":)";
  if (row->found() && info.readers.empty()) {
    append_without_hashes(out, row->json);  // a table nobody reads over HTTP may have them
  } else {
    out += row->found() ? row->json : "null";
  }
  setup.out.line("}");
  return Exit::ok;
}

Exit inspect_log(Setup& setup, Log& log) {
  if (!setup.json) setup.out.line("log " + log.id().text());
  for (const TopicSpec& topic : log.topics()) {
    for (std::uint32_t p = 0; p < topic.partitions; ++p) {
      const Slot slot{topic.name, p};
      const auto begin = log.begin(slot);
      const auto end = log.end(slot);
      if (!begin) return setup.fail(begin.error());
      if (!end) return setup.fail(end.error());
      std::uint64_t epochs = 0;
      std::uint64_t skipped = 0;
      if (topic.name.starts_with("events.")) {
        const auto read = read_slot(log, slot, [&](auto&, const Record& record, Accepted accepted) {
          if (record.kind == Kind::opened) ++epochs;
          if (accepted == Accepted::no) ++skipped;
        });
        if (!read) return setup.fail(read.error());
      }
      setup.out.line(fmt::format(
          fmt::runtime(setup.json
                           ? R"({{"slot":"{}/{}","begin":{},"end":{},"epochs":{},"skipped":{}}})"
                           : "{}/{}  begin {}  end {}  epochs {}  skipped {}"),
          topic.name,
          p,
          *begin,
          *end,
          epochs,
          skipped));
    }
  }
  return Exit::ok;
}

Exit inspect(Setup& setup, const std::string& what, const std::vector<std::string>& arguments) {
  if (what == "log" && !arguments.empty()) return setup.usage("the log is shown whole");
  if ((what == "stream" || what == "command") && arguments.size() != 1) {
    return setup.usage("name one " + what);
  }
  if (what == "row" && arguments.empty()) return setup.usage("name the table and the row's key");
  const auto process = load_process(setup.config, setup.var);
  if (!process) return setup.fail(process.error());
  const auto log = open_tool_log(*process);
  if (!log) return setup.fail(log.error());
  if (what == "log") return inspect_log(setup, **log);
  if (what == "quarantine") return inspect_quarantine(setup, *process, **log, arguments);
  if (what == "row") return inspect_row(setup, *process, **log, arguments);
  return what == "stream" ? inspect_stream(setup, **log, arguments[0])
                          : inspect_command(setup, **log, arguments[0]);
}

}  // namespace

Action declare_inspect(const Arguments& takes, Setup& setup) {
  auto what = std::make_shared<std::string>();
  auto arguments = std::make_shared<std::vector<std::string>>();
  takes.option("WHAT", *what, "log, stream, command, row or quarantine")
      .required()
      .one_of({"log", "stream", "command", "row", "quarantine"});
  takes.option("ID",
               *arguments,
               "stream or command: its id; row: TABLE and the key's columns; quarantine: tables");
  return [&setup, what, arguments] { return inspect(setup, *what, *arguments); };
}

}  // namespace wf::cli
