// `wayfold rebuild`: the next generation of tables in one reading of the log, beside the live ones;
// or one row of one.
#include "runtime/rebuild.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <future>

#include "base/errno_code.h"
#include "base/in_parallel.h"
#include "base/json_cursor.h"
#include "cli/commands.h"
#include "cli/config.h"
#include "cli/control_wire.h"
#include "cli/progress.h"
#include "cli/remote_log.h"
#include "cli/row_key.h"
#include "cli/status.h"
#include "cli/stop_signal.h"
#include "cli/table_copy.h"
#include "cli/table_names.h"
#include "cli/tool_log.h"
#include "runtime/row_refold.h"

namespace wf::cli {
namespace {

constexpr std::size_t tables_opened_at_once = 4;  // it is the disk that is waited for

struct Counts {
  std::uint64_t records = 0;
  std::uint64_t events = 0;
  std::uint64_t total = 0;
};

Counts read_counts(std::string_view json) {
  Counts counts;
  JsonCursor cursor(json);
  cursor.begin_object();
  for (std::string_view key; cursor.next_key(key);) {
    std::uint64_t ignored = 0;
    std::uint64_t& into = key == "records"  ? counts.records
                          : key == "events" ? counts.events
                          : key == "total"  ? counts.total
                                            : ignored;
    into = static_cast<std::uint64_t>(cursor.int64());
  }
  return counts;
}

Result<void> rebuild_and_swap(Log& log,
                              std::span<const std::unique_ptr<TableHome>> homes,
                              RebuildProgress& progress) {
  RebuildOptions options;
  options.slots = slots_in(log, "events");
  std::vector<TableHome*> tables;
  for (const auto& home : homes) tables.push_back(home.get());
  auto next = rebuild(log, catalogue(), tables, options, progress);
  if (!next) return tl::unexpected(next.error());
  for (std::size_t i = 0; i < tables.size(); ++i) {
    if (auto ok = tables[i]->swap(std::move((*next)[i])); !ok) return ok;
  }
  return {};
}

Result<void> refold_row(Log& log,
                        TableHome& home,
                        const std::string& key,
                        RebuildProgress& progress) {
  auto row = RowRefold::open(log, catalogue(), home.type(), key);
  if (!row) return tl::unexpected(row.error());
  const auto store = home.live();
  if (auto ok = (*row)->advance(store->positions(), progress); !ok) return ok;
  if (auto ok = (*row)->put(*store); !ok) return ok;
  return store->flush();
}

// What is asked for: tables, or one row of one table.
struct Asked {
  std::vector<std::string> tables;
  bool all = false;
  std::vector<std::string> columns;  // of the row's key
  std::string key;                   // empty: whole tables
};

class Rebuilder {
 public:
  Rebuilder(Setup& setup, const ProcessConfig& process, const Asked& asked)
      : setup_(setup), process_(process), asked_(asked) {}

  // Whether a process runs that does it for us, or this one opens the log.
  Result<void> open() {
    running_ = Connection::open(control_path(process_)).has_value();
    if (running_) return {};
    auto log = open_tool_log(process_);
    if (!log) return tl::unexpected(log.error());
    log_ = std::move(*log);
    return {};
  }

  Exit run(std::span<const TableType* const> tables) {
    const Instant started = wall_clock();
    const auto counts = running_ ? there(tables) : here(tables);
    if (!counts) {
      const Exit exit = setup_.fail(counts.error());
      if (stop_requested()) return Exit::interrupted;
      const bool parked = !asked_.key.empty() && counts.error().code == Code::invalid;
      return parked ? Exit::found : exit;  // it was refolded, and failed again
    }
    for (const TableType* table : tables) {
      print(table->info().name, *counts, wall_clock() - started);
    }
    if (stop_requested()) setup_.err.line("wayfold: the signal came too late: all of it is done");
    return Exit::ok;
  }

 private:
  std::string title(std::span<const TableType* const> tables) const {
    const std::string_view first = tables.front()->info().name;
    if (!asked_.key.empty()) return fmt::format("refold a row of {}", first);
    return tables.size() == 1 ? fmt::format("rebuild {}", first)
                              : fmt::format("rebuild {} tables", tables.size());
  }

  Result<Counts> there(std::span<const TableType* const> tables) {
    Counts counts;
    Progress bar(setup_.err, title(tables));
    std::vector<std::string> names;
    for (const TableType* table : tables) names.emplace_back(table->info().name);
    const auto done =
        ask_rebuild(control_path(process_), names, asked_.key, [&](std::string_view json) {
          counts = read_counts(json);
          bar.update(counts.records, counts.total, counts.events);
          return !stop_requested();
        });
    if (!done) return tl::unexpected(done.error());
    return counts;
  }

  Result<Counts> here(std::span<const TableType* const> tables) {
    const Resources resources(tool_resources());
    std::vector<Result<std::unique_ptr<TableHome>>> opened(tables.size());
    in_parallel(tables_opened_at_once, tables.size(), [&](std::size_t n) {
      const std::string dir = fmt::format("{}/tables/{}", process_.var, tables[n]->info().name);
      opened[n] = TableHome::open(dir, *tables[n], resources, log_->id());
    });
    std::vector<std::unique_ptr<TableHome>> homes;
    for (auto& home : opened) {
      if (!home) return tl::unexpected(home.error());
      homes.push_back(std::move(*home));
    }
    RebuildProgress progress;
    auto done = std::async(std::launch::async, [&] {
      return asked_.key.empty() ? rebuild_and_swap(*log_, homes, progress)
                                : refold_row(*log_, *homes.front(), asked_.key, progress);
    });
    Progress bar(setup_.err, title(tables));
    while (done.wait_for(std::chrono::milliseconds(100)) == std::future_status::timeout) {
      bar.update(progress.records, progress.total, progress.events);
      if (stop_requested()) progress.cancel = true;
    }
    if (auto ok = done.get(); !ok) return tl::unexpected(ok.error());
    return Counts{progress.records, progress.events, progress.total};
  }

  void print(std::string_view table, const Counts& counts, Duration took) {
    const double seconds = static_cast<double>(std::max<std::int64_t>(took.us, 1)) / 1e6;
    std::string& out = setup_.out.text();
    if (setup_.json) {
      out += fmt::format(R"({{"table":"{}",)", table);
      if (!asked_.key.empty()) {
        append_key_json(out += R"("key":)", asked_.columns);
        out += ',';
      }
      setup_.out.line(fmt::format(R"("records":{},"events":{},"seconds":{:.3f}}})",
                                  counts.records,
                                  counts.events,
                                  seconds));
    } else {
      setup_.out.line(fmt::format("{:<16} {}: {} records, {} events, {:.1f} s",
                                  table,
                                  asked_.key.empty()
                                      ? "rebuilt and live"
                                      : as_arguments(asked_.columns) + " refolded, not parked",
                                  counts.records,
                                  counts.events,
                                  seconds));
    }
    setup_.out.flush();
  }

  Setup& setup_;
  const ProcessConfig& process_;
  const Asked& asked_;
  bool running_ = false;
  std::unique_ptr<Log> log_;
};

Result<bool> is_below_var(const ProcessConfig& process, const TableType& table) {
  const std::string dir = fmt::format("{}/tables/{}", process.var, table.info().name);
  std::error_code error;
  const bool there = std::filesystem::exists(dir, error);
  if (error) return fail(code_of_errno(error.value()), dir + ": " + error.message());
  return there;
}

// On Kafka the log is found whatever --var says: tables made in a wrong one nobody would read.
Result<void> check_tables_are_there(const ProcessConfig& process,
                                    std::span<const TableType* const> tables) {
  if (process.log.kind != LogKind::kafka) return {};
  for (const TableType* table : tables) {
    const auto there = is_below_var(process, *table);
    if (!there) return tl::unexpected(there.error());
    if (*there) continue;
    return fail(Code::not_found,
                fmt::format("no table {} below {}: name the --var of a process that has it (one "
                            "that starts without builds it by itself)",
                            table->info().name,
                            process.var));
  }
  return {};
}

// Those of the running process, which may have some only. Without one: on Kafka those below VAR.
Result<std::vector<const TableType*>> all_tables(const ProcessConfig& process) {
  auto tables = tables_named({});
  const auto told = ask_status(control_path(process));
  if (!told && told.error().code != Code::not_found) return tl::unexpected(told.error());
  if (told) {
    const auto status = parse_status(*told);
    if (!status) return tl::unexpected(status.error());
    std::erase_if(*tables, [&](const TableType* table) {
      return std::ranges::find(status->tables, table->info().name, &TableStatus::name) ==
             status->tables.end();
    });
  } else if (process.log.kind == LogKind::kafka) {
    std::vector<const TableType*> found;
    for (const TableType* table : *tables) {
      const auto there = is_below_var(process, *table);
      if (!there) return tl::unexpected(there.error());
      if (*there) found.push_back(table);
    }
    *tables = std::move(found);
  }
  if (!tables->empty()) return tables;
  return fail(Code::not_found,
              "no table below " + process.var + ": name the --var of a process that has some");
}

Exit rebuild_tables(Setup& setup, Asked& asked) {
  if (asked.tables.empty() != asked.all) {
    return setup.usage("name tables (`wayfold schema tables` lists them), or give --all");
  }
  const auto process = load_process(setup.config, setup.var);
  if (!process) return setup.fail(process.error());
  const auto tables = asked.all ? all_tables(*process) : tables_named(asked.tables);
  if (!tables) return setup.fail(tables.error());
  if (!asked.columns.empty()) {
    if (asked.tables.size() != 1) return setup.usage("--key is of one table: name it before --key");
    auto key = row_key(tables->front()->info(), asked.columns);
    if (!key) return setup.fail(key.error());
    asked.key = std::move(*key);
  }
  if (auto ok = check_tables_are_there(*process, *tables); !ok) return setup.fail(ok.error());
  Rebuilder rebuilder(setup, *process, asked);
  if (auto ok = rebuilder.open(); !ok) return setup.fail(ok.error());
  return rebuilder.run(*tables);
}

}  // namespace

Action declare_rebuild(const Arguments& takes, Setup& setup) {
  auto asked = std::make_shared<Asked>();
  takes.option("TABLE", asked->tables, "tables to build anew");
  takes.flag("--all", asked->all, "every table that this node has");
  takes.option("--key", asked->columns, "one row only: the columns of its key").named("COLUMN...");
  return [&setup, asked] { return rebuild_tables(setup, *asked); };
}

}  // namespace wf::cli
