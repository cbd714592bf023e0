// Quarantine records of each table's store, in key order.
#include "cli/inspect_quarantine.h"

#include <fmt/format.h>

#include "base/json_write.h"
#include "cli/row_key.h"
#include "cli/stop_signal.h"
#include "cli/table_copy.h"
#include "cli/table_names.h"

namespace wf::cli {
namespace {

constexpr std::uint32_t page = 1000;

void append_text(std::string& out,
                 const TableInfo& table,
                 const Quarantine& row,
                 const std::string& key) {
  fmt::format_to(std::back_inserter(out),
                 "{} {}\n  since  {}: {}\n",
                 table.name,
                 key,
                 row.since.text(),
                 row.reason);
  for (const SlotOffset& at : row.first) {
    fmt::format_to(std::back_inserter(out),
                   "  event  wayfold replay --topic {} --partition {} --from {} --limit 1\n",
                   at.topic.substr(at.topic.find('.') + 1),
                   at.partition,
                   at.offset);
  }
  fmt::format_to(
      std::back_inserter(out), "  mend   wayfold rebuild {} --key {}\n", table.name, key);
}

void append_json(std::string& out,
                 const TableInfo& table,
                 const Quarantine& row,
                 const std::vector<std::string>& columns) {
  fmt::format_to(std::back_inserter(out), R"({{"table":"{}","key":)", table.name);
  append_key_json(out, columns);
  append_instant(out += R"(,"since":)", row.since);
  append_json_string(out += R"(,"reason":)", row.reason);
  out += R"(,"first":[)";
  for (std::size_t i = 0; i < row.first.size(); ++i) {
    const SlotOffset& at = row.first[i];
    fmt::format_to(std::back_inserter(out),
                   R"({}{{"slot":"{}/{}","offset":{}}})",
                   i > 0 ? "," : "",
                   at.topic,
                   at.partition,
                   at.offset);
  }
  out += R"(],"mend":)";
  append_json_string(out,
                     fmt::format("wayfold rebuild {} --key {}", table.name, as_arguments(columns)));
  out += "}\n";
}

// How many rows were listed.
Result<std::uint64_t> list(Setup& setup, const TableStore& store) {
  const TableInfo& info = store.type().info();
  std::uint64_t count = 0;
  std::string after;
  while (!stop_requested()) {
    const auto rows = store.quarantined(page, after);
    if (!rows) return tl::unexpected(rows.error());
    for (const Quarantine& row : *rows) {
      const auto columns = key_columns(info, row.key);
      if (setup.json) {
        append_json(setup.out.text(), info, row, columns);
      } else {
        append_text(setup.out.text(), info, row, as_arguments(columns));
      }
      setup.out.commit();
    }
    count += rows->size();
    if (rows->size() < page) return count;
    after = rows->back().key;
  }
  return fail(Code::closed, "interrupted");
}

}  // namespace

Exit inspect_quarantine(Setup& setup,
                        const ProcessConfig& process,
                        const Log& log,
                        const std::vector<std::string>& names) {
  const auto tables = tables_named(names);
  if (!tables) return setup.fail(tables.error());
  const auto scratch = ScratchDir::make(process);
  if (!scratch) return setup.fail(scratch.error());
  const Resources resources(tool_resources());
  std::uint64_t count = 0;
  for (const TableType* type : *tables) {
    const auto store = open_table_copy(process, *type, resources, log.id(), *scratch);
    if (!store && store.error().code == Code::not_found && names.empty()) continue;
    if (!store) return setup.fail(store.error());
    const auto listed = list(setup, **store);
    if (!listed) return setup.fail(listed.error());
    count += *listed;
  }
  if (count == 0 && !setup.json) setup.out.line("no row is parked");
  return Exit::ok;
}

}  // namespace wf::cli
