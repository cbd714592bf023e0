// The real broker that tests/conformance/with_kafka started for this process.
#pragma once
#include <string>
#include <vector>

#include "log/kafka_log.h"

namespace wf::conformance {

// A deployment of its own on that broker: topics under a prefix nobody else has.
KafkaLogOptions on_broker(const std::vector<TopicSpec>& topics);

// One broker has neither three replicas nor two in sync.
inline constexpr TopicsPlan one_broker{.replication = 1, .min_insync = 1};

// Creates the topics and opens the log; fails the test if that does not work.
std::unique_ptr<Log> create_on_broker(const KafkaLogOptions& options);

void stop_broker();      // SIGSTOP: it keeps its connections and answers nothing
void continue_broker();  // SIGCONT
void kill_broker();      // kill -9
void start_broker();     // again, on the same port with the same data

// What a command of the shell prints; its failure fails the test.
std::string shell(const std::string& command);

}  // namespace wf::conformance
