// Which log a tool talks to.
#include "cli/tool_log.h"

#include "base/catalogue.h"
#include "cli/open_log.h"
#include "cli/remote_log.h"
#include "log/rocks_log.h"
#include "runtime/deciders.h"

namespace wf::cli {

std::string control_path(const ProcessConfig& process) { return process.var + "/control.sock"; }

Result<std::unique_ptr<Log>> open_tool_log(const ProcessConfig& process) {
  if (process.log.kind == LogKind::kafka) return open_kafka_log(kafka_options(process));
  auto remote = open_remote_log(control_path(process));
  if (remote || remote.error().code != Code::not_found) return remote;
  RocksLogOptions options;
  options.path = process.var + "/log";
  options.topics = topics_of(catalogue(), static_cast<std::uint32_t>(process.partitions));
  options.create = false;
  options.queue_bytes = static_cast<std::size_t>(process.log.queue_bytes_max);
  return open_rocks_log(std::move(options));
}

}  // namespace wf::cli
