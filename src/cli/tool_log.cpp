// Which log a tool talks to.
#include "cli/tool_log.h"

#include "cli/open_log.h"
#include "cli/remote_log.h"
#include "log/rocks_log.h"

namespace wf::cli {

std::string control_path(const ProcessConfig& process) { return process.var + "/control.sock"; }

std::vector<Slot> slots_in(const Log& log, std::string_view kind) {
  std::vector<Slot> slots;
  for (const TopicSpec& topic : log.topics()) {
    if (!topic.name.starts_with(kind) || topic.name[kind.size()] != '.') continue;
    for (std::uint32_t p = 0; p < topic.partitions; ++p) slots.push_back({topic.name, p});
  }
  return slots;
}

Result<std::unique_ptr<Log>> open_tool_log(const ProcessConfig& process) {
  if (process.log.kind == LogKind::kafka) return open_kafka_log(kafka_options(process));
  auto remote = open_remote_log(control_path(process));
  if (remote || remote.error().code != Code::not_found) return remote;
  RocksLogOptions options;
  options.path = process.var + "/log";
  options.topics = {{.name = "keys", .partitions = 1, .compacted = true}};  // the rest stays as is
  options.create = false;
  options.queue_bytes = static_cast<std::size_t>(process.log.queue_bytes_max);
  auto log = open_rocks_log(std::move(options));
  if (!log && log.error().code == Code::not_found) {
    return fail(Code::not_found,
                "no deployment is at '" + process.var +
                    "' (nobody listens there, and there is no log): say where with --var or "
                    "--config, or start one with `wayfold run`");
  }
  return log;
}

}  // namespace wf::cli
