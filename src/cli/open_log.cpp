// Configuration to log options.
#include "cli/open_log.h"

#include "base/catalogue.h"
#include "log/rocks_log.h"
#include "runtime/deciders.h"

namespace wf::cli {
namespace {

std::vector<TopicSpec> topics(const ProcessConfig& process) {
  return topics_of(catalogue(), static_cast<std::uint32_t>(process.partitions));
}

}  // namespace

KafkaLogOptions kafka_options(const ProcessConfig& process) {
  KafkaLogOptions options;
  options.bootstrap = process.kafka.bootstrap;
  options.prefix = process.kafka.prefix;
  options.topics = topics(process);
  options.append_deadline = Duration::millis(process.log.append_deadline_ms);
  options.query_deadline = Duration::millis(process.kafka.query_deadline_ms);
  options.silence_max = Duration::millis(process.kafka.silence_ms_max);
  options.fetch_wait = Duration::millis(process.kafka.fetch_wait_ms);
  options.session_timeout = Duration::millis(process.kafka.session_timeout_ms);
  options.read_ahead_bytes = static_cast<std::size_t>(process.kafka.read_ahead_bytes);
  return options;
}

Result<std::unique_ptr<Log>> open_log(const ProcessConfig& process) {
  if (process.log.kind == LogKind::kafka) return open_kafka_log(kafka_options(process));
  RocksLogOptions options;
  options.path = process.var + "/log";
  options.topics = topics(process);
  options.queue_bytes = static_cast<std::size_t>(process.log.queue_bytes_max);
  options.tail_bytes = static_cast<std::size_t>(process.log.tail_bytes);
  options.min_free_disk_percent = static_cast<int>(process.log.disk_free_percent_min);
  return open_rocks_log(std::move(options));
}

}  // namespace wf::cli
