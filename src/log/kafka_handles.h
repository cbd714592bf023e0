// Owners of librdkafka's C handles. Only kafka_*.cpp and kafka_*.h of this folder include it.
#pragma once
#include <librdkafka/rdkafka.h>

#include <memory>

namespace wf::kafka {

template <auto function>
struct With {
  template <class T>
  void operator()(T* handle) const {
    function(handle);
  }
};

template <class T, auto function>
using Handle = std::unique_ptr<T, With<function>>;

using Conf = Handle<rd_kafka_conf_t, rd_kafka_conf_destroy>;
using Topic = Handle<rd_kafka_topic_t, rd_kafka_topic_destroy>;
using Queue = Handle<rd_kafka_queue_t, rd_kafka_queue_destroy>;
using Message = Handle<rd_kafka_message_t, rd_kafka_message_destroy>;
using Headers = Handle<rd_kafka_headers_t, rd_kafka_headers_destroy>;
using Failure = Handle<rd_kafka_error_t, rd_kafka_error_destroy>;
using Partitions = Handle<rd_kafka_topic_partition_list_t, rd_kafka_topic_partition_list_destroy>;
using Event = Handle<rd_kafka_event_t, rd_kafka_event_destroy>;
using AdminOptions = Handle<rd_kafka_AdminOptions_t, rd_kafka_AdminOptions_destroy>;
using NewTopic = Handle<rd_kafka_NewTopic_t, rd_kafka_NewTopic_destroy>;
using ConfigResource = Handle<rd_kafka_ConfigResource_t, rd_kafka_ConfigResource_destroy>;
using Metadata = Handle<const rd_kafka_metadata_t, rd_kafka_metadata_destroy>;

}  // namespace wf::kafka
