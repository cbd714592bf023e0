// Which log a tool talks to.
#include "cli/tool_log.h"

#include "base/catalogue.h"
#include "cli/remote_log.h"
#include "log/rocks_log.h"
#include "runtime/deciders.h"

namespace wf::cli {

std::string control_path(const ProcessConfig& process) { return process.var + "/control.sock"; }

KafkaLogOptions kafka_options(const ProcessConfig& process) {
  KafkaLogOptions options;
  options.bootstrap = process.kafka.bootstrap;
  options.prefix = process.kafka.prefix;
  options.topics = topics_of(catalogue(), static_cast<std::uint32_t>(process.partitions));
  options.append_deadline = Duration::millis(process.log.append_deadline_ms);
  options.query_deadline = Duration::millis(process.kafka.query_deadline_ms);
  options.silence_max = Duration::millis(process.kafka.silence_ms_max);
  options.session_timeout = Duration::millis(process.kafka.session_timeout_ms);
  options.read_ahead_bytes = static_cast<std::size_t>(process.kafka.read_ahead_bytes);
  options.properties = {{"linger.ms", std::to_string(process.kafka.linger_ms)}};
  return options;
}

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
