// KafkaLog for the conformance suite.
#pragma once
#include <memory>

#include "conformance/log_factory.h"

namespace wf::conformance {

std::unique_ptr<LogFactory> kafka_factory();

}  // namespace wf::conformance
