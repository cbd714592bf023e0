// The log on Kafka: the same records as rocks_log's, in CloudEvents' binary mode, for many
// machines.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "log/log.h"

namespace wf {

struct KafkaLogOptions {
  std::string bootstrap;          // "host:port,host:port"
  std::string prefix;             // of every topic and group of this deployment: "city."
  std::vector<TopicSpec> topics;  // as `wayfold topics` created them
  std::string client_id = "wayfold";

  // One append: from the call to the last acknowledgement. Then its appender is dead.
  Duration append_deadline = Duration::seconds(10);
  // One question: watermarks, metadata, an administrative call.
  Duration query_deadline = Duration::seconds(5);
  // A reader that found nothing and heard nothing from any broker for so long says `unavailable`.
  Duration silence_max = Duration::seconds(5);
  // For so long a broker gathers what is new in all slots of a consumer before it answers a fetch:
  // readers hear of new records up to so much later, and a busy broker is asked less often.
  Duration fetch_wait = Duration::millis(10);
  // A process that died is noticed, and its partitions move, after this. The broker has a minimum
  // of its own (group.min.session.timeout.ms, 6 s by default).
  Duration session_timeout = Duration::seconds(6);
  std::size_t read_ahead_bytes = 8u << 20;  // per slot of a reader, 1 KiB or more

  // Further librdkafka properties (security.protocol, sasl.*, ssl.*, compression.codec …). Those
  // the guarantees stand on are not overridden.
  std::map<std::string, std::string> properties;
};

// Checks topics and partition counts and reads the log's id. Code::not_found if a topic or the
// log_id record is missing: `wayfold topics` makes them. Code::mismatch if a partition count
// differs. What is acknowledged is on min.insync.replicas brokers.
Result<std::unique_ptr<Log>> open_kafka_log(KafkaLogOptions options);

struct TopicsPlan {
  int replication = 3;
  int min_insync = 2;
  bool create = true;  // false: only look
};

// What `wayfold topics` prints.
struct TopicsReport {
  enum class Severity : std::uint8_t { warning, error };  // error: the guarantees do not hold
  struct Finding {
    Severity severity = Severity::warning;
    std::string topic;   // as the broker knows it
    std::string what;    // "partitions", "replication.factor", or a topic configuration's name
    std::string wanted;  // "" where there is no single right value
    std::string found;
  };

  Uuid log_id;  // nil if there is none
  std::vector<std::string> created;
  std::vector<Finding> findings;

  bool ok() const;  // no error among the findings
};

// Creates the topics that are missing, compares those that are there with what the guarantees need,
// and writes the log_id record if the keys topic is empty. Changes nothing that exists.
Result<TopicsReport> ensure_topics(const KafkaLogOptions& options, const TopicsPlan& plan);

}  // namespace wf
