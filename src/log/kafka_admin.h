// What Kafka's administrative calls say of topics.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "log/kafka_client.h"

namespace wf::kafka {

struct TopicShape {
  std::uint32_t partitions = 0;
  std::uint32_t led = 0;  // partitions that have a leader
  int replication = 0;
};

struct TopicOrder {
  std::string name;
  std::uint32_t partitions = 1;
  int replication = 1;
  std::map<std::string, std::string> configs;
};

using TopicConfigs = std::map<std::string, std::string>;

// Of every topic of the cluster that this client may see.
Result<std::map<std::string, TopicShape>> topic_shapes(const Client& client, Duration deadline);

// Creates them and waits until each partition has a leader. One that another creates meanwhile is
// no error.
Result<void> create_topics(const Client& client,
                           const std::vector<TopicOrder>& orders,
                           Duration deadline);

Result<std::map<std::string, TopicConfigs>> topic_configs(const Client& client,
                                                          const std::vector<std::string>& topics,
                                                          Duration deadline);

}  // namespace wf::kafka
