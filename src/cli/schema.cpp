// `wayfold schema`: what this build knows, from commands to table columns.
#include <fmt/format.h>

#include <algorithm>

#include "base/catalogue.h"
#include "base/json_write.h"
#include "cli/commands.h"

namespace wf::cli {
namespace {

std::string role_names(std::uint32_t roles) {
  std::string names;
  for (std::size_t bit = 0; bit < catalogue().roles.size(); ++bit) {
    if ((roles >> bit & 1U) == 0) continue;
    if (!names.empty()) names += ' ';
    names += catalogue().roles[bit];
  }
  return names;
}

std::string key_of(const TableInfo& table) {
  std::string key;
  for (const std::uint8_t column : table.key) {
    if (!key.empty()) key += ' ';
    key += table.columns[column].name;
  }
  return key;
}

// One object per line with --json, where what is empty is null; else aligned text.
class Listing {
 public:
  explicit Listing(Setup& setup) : setup_(setup) {}
  void field(std::string_view name, std::string_view value, int width = 0) {
    std::string& out = setup_.out.text();
    if (!setup_.json) {
      fmt::format_to(std::back_inserter(out), "{:<{}}  ", value, width);
      return;
    }
    out += first_ ? '{' : ',';
    first_ = false;
    append_json_string(out, name);
    out += ':';
    append_text_or_null(out, value);
  }
  void end() {
    std::string& out = setup_.out.text();
    if (setup_.json) out += '}';
    while (!out.empty() && out.back() == ' ') out.pop_back();
    setup_.out.line("");
    first_ = true;
  }

 private:
  Setup& setup_;
  bool first_ = true;
};

void print_events(Setup& setup) {
  Listing list(setup);
  for (const EventType& event : catalogue().events) {
    const Aggregate* aggregate = catalogue().aggregate(event.aggregate);
    list.field("type", event.name, 32);
    list.field("topic", "events." + std::string(aggregate->topic()));
    list.end();
  }
}

void print_commands(Setup& setup) {
  Listing list(setup);
  for (const CommandType& command : catalogue().commands) {
    list.field("type", command.name, 26);
    const bool routed = !command.path.empty();  // else a policy or a deadline sends it
    list.field("route", routed ? fmt::format("{} {}", command.method, command.path) : "", 36);
    list.field("roles", role_names(command.roles), 24);
    list.field("summary", command.summary);
    list.end();
  }
}

void print_tables(Setup& setup) {
  Listing list(setup);
  for (const TableType* type : catalogue().tables) {
    const TableInfo& table = type->info();
    list.field("table", table.name, 16);
    list.field("route", table.path, 16);
    list.field("key", key_of(table), 16);
    list.field("summary", table.summary);
    list.end();
  }
}

void print_columns(Setup& setup, const TableInfo& table) {
  Listing list(setup);
  for (const Column& column : table.columns) {
    list.field("column", column.name, 20);
    list.field("personal", column.personal.empty() ? "" : "personal", 8);
    std::string values;
    for (const std::string_view value : column.values) {
      values.append(values.empty() ? "" : " ").append(value);
    }
    list.field("values", values);
    list.end();
  }
}

Exit print_schema(Setup& setup, const std::string& what) {
  if (what == "openapi") {
    setup.out.line(catalogue().open_api);
  } else if (what == "events") {
    print_events(setup);
  } else if (what == "commands") {
    print_commands(setup);
  } else if (what == "tables") {
    print_tables(setup);
  } else if (const TableType* table = catalogue().table(what)) {
    print_columns(setup, table->info());
  } else if (const CommandType* command = catalogue().command(what)) {
    setup.out.line(command->sample);
  } else {
    return setup.usage("nothing is called '" + what + "': see `wayfold schema tables|commands`");
  }
  return Exit::ok;
}

}  // namespace

Action declare_schema(const Arguments& takes, Setup& setup) {
  auto what = std::make_shared<std::string>("commands");
  takes.option("WHAT",
               *what,
               "openapi, events, commands, tables; a table's name for its columns, a command's "
               "for a sample body");
  return [&setup, what] { return print_schema(setup, *what); };
}

}  // namespace wf::cli
