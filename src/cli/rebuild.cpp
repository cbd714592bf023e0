// `wayfold rebuild`: a table's next generation from the log's start, beside the live one.
#include "runtime/rebuild.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <future>

#include "base/json_cursor.h"
#include "cli/commands.h"
#include "cli/config.h"
#include "cli/control_wire.h"
#include "cli/progress.h"
#include "cli/remote_log.h"
#include "cli/stop_signal.h"
#include "cli/table_copy.h"
#include "cli/table_names.h"
#include "cli/tool_log.h"

namespace wf::cli {
namespace {

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

// The running process builds and swaps.
Result<Counts> rebuild_there(Setup& setup, const ProcessConfig& process, const std::string& name) {
  Counts counts;
  Progress bar(setup.err, "rebuild " + name);
  const auto done = ask_rebuild(control_path(process), name, [&](std::string_view json) {
    counts = read_counts(json);
    bar.update(counts.records, counts.total, counts.events);
    return !stop_requested();
  });
  if (!done) return tl::unexpected(done.error());
  return counts;
}

// Nobody runs: this process builds and swaps.
Result<Counts> rebuild_here(Setup& setup,
                            const ProcessConfig& process,
                            Log& log,
                            const TableType& type) {
  const Resources resources(tool_resources());
  const std::string name(type.info().name);
  auto home = TableHome::open(process.var + "/tables/" + name, type, resources, log.id());
  if (!home) return tl::unexpected(home.error());
  RebuildOptions options;
  options.slots = slots_in(log, "events");
  RebuildProgress progress;
  auto done = std::async(std::launch::async,
                         [&] { return rebuild(log, catalogue(), **home, options, progress); });
  Progress bar(setup.err, "rebuild " + name);
  while (done.wait_for(std::chrono::milliseconds(100)) == std::future_status::timeout) {
    bar.update(progress.records, progress.total, progress.events);
    if (stop_requested()) progress.cancel = true;
  }
  auto next = done.get();
  if (!next) return tl::unexpected(next.error());
  if (auto ok = (*home)->swap(*next); !ok) return tl::unexpected(ok.error());
  return Counts{progress.records, progress.events, progress.total};
}

void print(Setup& setup, std::string_view table, const Counts& counts, Duration took) {
  const double seconds = static_cast<double>(std::max<std::int64_t>(took.us, 1)) / 1e6;
  setup.out.line(fmt::format(
      fmt::runtime(setup.json ? R"({{"table":"{}","records":{},"events":{},"seconds":{:.3f}}})"
                              : "{:<16} rebuilt and live: {} records, {} events, {:.1f} s"),
      table,
      counts.records,
      counts.events,
      seconds));
  setup.out.flush();
}

Exit rebuild_tables(Setup& setup, const std::vector<std::string>& names, bool all) {
  if (names.empty() != all) return setup.usage("name tables, or give --all");
  const auto process = load_process(setup.config, setup.var);
  if (!process) return setup.fail(process.error());
  const auto tables = tables_named(names);
  if (!tables) return setup.fail(tables.error());
  const bool running = Connection::open(control_path(*process)).has_value();
  std::unique_ptr<Log> log;
  if (!running) {
    auto opened = open_tool_log(*process);
    if (!opened) return setup.fail(opened.error());
    log = std::move(*opened);
  }
  for (const TableType* table : *tables) {
    const std::string name(table->info().name);
    const Instant started = wall_clock();
    const auto counts = running ? rebuild_there(setup, *process, name)
                                : rebuild_here(setup, *process, *log, *table);
    if (stop_requested()) return Exit::interrupted;
    if (!counts) return setup.fail(counts.error());
    print(setup, name, *counts, wall_clock() - started);
  }
  return Exit::ok;
}

}  // namespace

Action declare_rebuild(CLI::App& app, Setup& setup) {
  auto names = std::make_shared<std::vector<std::string>>();
  auto all = std::make_shared<bool>(false);
  app.add_option("TABLE", *names, "tables to build anew");
  app.add_flag("--all", *all, "every table");
  return [&setup, names, all] { return rebuild_tables(setup, *names, *all); };
}

}  // namespace wf::cli
