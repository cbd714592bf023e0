// Opens the log a configuration names: the embedded one or Kafka.
#pragma once
#include <memory>

#include "base/result.h"
#include "gen/process.h"
#include "log/kafka_log.h"
#include "log/log.h"

namespace wf::cli {

// The embedded log is created if it is not there; Kafka's topics are made by `wayfold topics`.
Result<std::unique_ptr<Log>> open_log(const ProcessConfig& process);
KafkaLogOptions kafka_options(const ProcessConfig& process);

}  // namespace wf::cli
