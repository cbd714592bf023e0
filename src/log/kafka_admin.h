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

using TopicShapes = std::map<std::string, TopicShape>;

// Of every topic of the cluster that this client may see, as one broker knows them.
Result<TopicShapes> topic_shapes(const Client& client, Duration deadline);

// Creates them and waits until each partition has a leader; gives what all topics look like then.
// Asking again may ask a broker that has not heard of them. One that another creates meanwhile is
// no error.
Result<TopicShapes> create_topics(const Client& client,
                                  const std::vector<TopicOrder>& orders,
                                  Duration deadline);

Result<std::map<std::string, TopicConfigs>> topic_configs(const Client& client,
                                                          const std::vector<std::string>& topics,
                                                          Duration deadline);

}  // namespace wf::kafka
