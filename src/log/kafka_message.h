// A record as a Kafka message: CloudEvents 1.0, binary mode, and Wayfold's header beside it.
#pragma once
#include <string>

#include "log/kafka_handles.h"
#include "log/record.h"

namespace wf::kafka {

// Room for the texts of one message; reused from record to record.
struct Scratch {
  std::string key;
  std::string text;
  std::string header;
};

// Hands one record to the producer, which copies it. `report` comes back as the message's opaque.
rd_kafka_resp_err_t produce(rd_kafka_t* producer,
                            rd_kafka_topic_t* topic,
                            std::uint32_t partition,
                            const Record& record,
                            void* report,
                            Scratch& scratch);

// Views of the record point into the message. Code::corrupt names topic, partition and offset.
Result<Record> decode(const rd_kafka_message_t& message);

}  // namespace wf::kafka
