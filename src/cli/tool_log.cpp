// Which log a tool talks to.
#include "cli/tool_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "cli/config.h"
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
    if (auto ok = check_log_was_not_lost(process); !ok) return tl::unexpected(ok.error());
    return fail(Code::not_found,
                "no deployment is at '" + process.var +
                    "' (nobody listens there, and there is no log): say where with --var or "
                    "--config, or start one with `wayfold run`");
  }
  return log;
}

Result<void> check_log_was_not_lost(const ProcessConfig& process) {
  namespace fs = std::filesystem;
  for (const char* name : {"tables", "stores"}) {
    const fs::path left = fs::path(process.var) / name;
    std::error_code absent;
    const bool used =
        std::ranges::any_of(fs::directory_iterator(left, absent), [](const auto& one) {
          return one.path().filename() != "lost+found";  // of a volume of its own
        });
    if (!used) continue;
    return fail(Code::mismatch,
                fmt::format("there is no log at {0}/log, but {1} is of a deployment: mount or "
                            "restore {0}/log; or name its --config, if its log is Kafka; or to "
                            "begin a new one delete {0}/tables and {0}/stores and take `log`, if "
                            "there, out of {2}",
                            process.var,
                            left.string(),
                            secrets_path(process)));
  }
  return {};
}

}  // namespace wf::cli
