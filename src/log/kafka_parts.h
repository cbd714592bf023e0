// What the parts of KafkaLog share: each is built by one function and lives no longer than its log.
#pragma once
#include <atomic>
#include <map>
#include <memory>
#include <string>

#include "log/kafka_client.h"
#include "log/kafka_consumers.h"
#include "log/kafka_log.h"

namespace wf::kafka {

// Every slot of the log, and the highest end anybody was told of, unless a seek found it shorter: a
// reader does not say "tail" before it. The map itself never changes.
using KnownEnds = std::map<Slot, std::atomic<Offset>>;

void raise(std::atomic<Offset>& end, Offset to);

// Of a record with its headers: more than the largest body a gateway takes (16 MiB).
inline constexpr int message_bytes_max = 20'000'000;

Result<std::unique_ptr<Appender>> make_appender(const KafkaLogOptions& options,
                                                const KnownEnds& slots,
                                                const std::string& name);
// `asking`: a client that fetches nothing.
Result<std::unique_ptr<Reader>> make_reader(const KafkaLogOptions& options,
                                            KnownEnds& ends,
                                            Consumers& consumers,
                                            std::shared_ptr<Client> asking);
Result<std::unique_ptr<Ownership>> make_ownership(const KafkaLogOptions& options,
                                                  const std::vector<std::string>& topics);

// The deployment's id is the first record of keys/0. Code::not_found if there is none.
Result<Uuid> read_log_id(const KafkaLogOptions& options);
// Writes one if keys/0 is empty; of two that race, the first record wins for both.
Result<Uuid> ensure_log_id(const KafkaLogOptions& options);

}  // namespace wf::kafka
