// Asks and tells the cluster about topics, each call with a bound.
#include "log/kafka_admin.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <thread>

namespace wf::kafka {
namespace {

AdminOptions admin_options(const Client& client, rd_kafka_admin_op_t operation, Duration deadline) {
  AdminOptions options(rd_kafka_AdminOptions_new(client.get(), operation));
  rd_kafka_AdminOptions_set_request_timeout(
      options.get(), std::max(milliseconds(deadline), 1), nullptr, 0);
  return options;
}

Result<Event> answer(const Client& client, rd_kafka_queue_t* queue, std::string_view what) {
  Event event(rd_kafka_queue_poll(queue, -1));  // the request's own timeout ends it
  const auto err = rd_kafka_event_error(event.get());
  if (err == RD_KAFKA_RESP_ERR_NO_ERROR) return event;
  return fail(
      error_of(err, what).code,
      fmt::format("{}: {}{}", what, rd_kafka_event_error_string(event.get()), client.last_words()));
}

Result<NewTopic> new_topic(const TopicOrder& order) {
  std::array<char, 256> why{};
  NewTopic topic(rd_kafka_NewTopic_new(order.name.c_str(),
                                       static_cast<int>(order.partitions),
                                       order.replication,
                                       why.data(),
                                       why.size()));
  if (!topic) return fail(Code::invalid, fmt::format("topic {}: {}", order.name, why.data()));
  for (const auto& [name, value] : order.configs)
    rd_kafka_NewTopic_set_config(topic.get(), name.c_str(), value.c_str());
  return topic;
}

Result<void> created(rd_kafka_event_t* event) {
  std::size_t count = 0;
  const auto* results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto err = rd_kafka_topic_result_error(results[i]);
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR || err == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
      continue;
    return fail(error_of(err, "").code,
                fmt::format("create topic {}: {}",
                            rd_kafka_topic_result_name(results[i]),
                            rd_kafka_topic_result_error_string(results[i])));
  }
  return {};
}

// The broker answers a creation before it serves the topic, and has no event to wait for.
Result<TopicShapes> wait_for_leaders(const Client& client,
                                     const std::vector<TopicOrder>& orders,
                                     Duration timeout) {
  const auto deadline = after(timeout);
  while (true) {
    auto shapes = topic_shapes(client, timeout);
    if (!shapes) return shapes;
    const bool all = std::all_of(orders.begin(), orders.end(), [&](const TopicOrder& order) {
      const auto shape = shapes->find(order.name);
      return shape != shapes->end() && shape->second.led == shape->second.partitions;
    });
    if (all) return shapes;
    if (Clock::now() > deadline)
      return fail(Code::timeout, "the new topics have no leaders yet; try again");
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

TopicShape shape_of(const rd_kafka_metadata_topic_t& topic) {
  TopicShape shape;
  shape.partitions = static_cast<std::uint32_t>(topic.partition_cnt);
  for (int i = 0; i < topic.partition_cnt; ++i) {
    if (topic.partitions[i].leader >= 0) ++shape.led;
    shape.replication = i == 0 ? topic.partitions[i].replica_cnt
                               : std::min(shape.replication, topic.partitions[i].replica_cnt);
  }
  return shape;
}

}  // namespace

Result<TopicShapes> topic_shapes(const Client& client, Duration deadline) {
  const rd_kafka_metadata_t* raw = nullptr;
  const auto err = rd_kafka_metadata(client.get(), 1, nullptr, &raw, milliseconds(deadline));
  if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    Error error = error_of(err, "asking the cluster for its topics");
    error.detail += client.last_words();
    return tl::unexpected(std::move(error));
  }
  const Metadata metadata(raw);
  TopicShapes shapes;
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    if (metadata->topics[i].partition_cnt > 0)
      shapes[metadata->topics[i].topic] = shape_of(metadata->topics[i]);
  }
  return shapes;
}

Result<TopicShapes> create_topics(const Client& client,
                                  const std::vector<TopicOrder>& orders,
                                  Duration deadline) {
  std::vector<NewTopic> topics;
  std::vector<rd_kafka_NewTopic_t*> raw;
  for (const TopicOrder& order : orders) {
    auto topic = new_topic(order);
    if (!topic) return tl::unexpected(topic.error());
    raw.push_back(topic->get());
    topics.push_back(std::move(*topic));
  }
  const auto options = admin_options(client, RD_KAFKA_ADMIN_OP_CREATETOPICS, deadline);
  const Queue queue(rd_kafka_queue_new(client.get()));
  rd_kafka_CreateTopics(client.get(), raw.data(), raw.size(), options.get(), queue.get());
  const auto event = answer(client, queue.get(), "create topics");
  if (!event) return tl::unexpected(event.error());
  if (auto ok = created(event->get()); !ok) return tl::unexpected(ok.error());
  return wait_for_leaders(client, orders, deadline);
}

namespace {

Result<std::map<std::string, TopicConfigs>> ask_configs(const Client& client,
                                                        const std::vector<std::string>& topics,
                                                        Duration deadline) {
  std::vector<ConfigResource> resources;
  std::vector<rd_kafka_ConfigResource_t*> raw;
  for (const std::string& topic : topics) {
    raw.push_back(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
    resources.emplace_back(raw.back());
  }
  const auto options = admin_options(client, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, deadline);
  const Queue queue(rd_kafka_queue_new(client.get()));
  rd_kafka_DescribeConfigs(client.get(), raw.data(), raw.size(), options.get(), queue.get());
  const auto event = answer(client, queue.get(), "describe topics");
  if (!event) return tl::unexpected(event.error());
  std::size_t count = 0;
  const auto* results = rd_kafka_DescribeConfigs_result_resources(
      rd_kafka_event_DescribeConfigs_result(event->get()), &count);
  std::map<std::string, TopicConfigs> configs;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = rd_kafka_ConfigResource_name(results[i]);
    const auto err = rd_kafka_ConfigResource_error(results[i]);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
      return tl::unexpected(error_of(err, "describe topic " + name));
    std::size_t entries = 0;
    const auto* entry = rd_kafka_ConfigResource_configs(results[i], &entries);
    for (std::size_t k = 0; k < entries; ++k) {
      const char* value = rd_kafka_ConfigEntry_value(entry[k]);
      configs[name][rd_kafka_ConfigEntry_name(entry[k])] = value == nullptr ? "" : value;
    }
  }
  return configs;
}

}  // namespace

Result<std::map<std::string, TopicConfigs>> topic_configs(const Client& client,
                                                          const std::vector<std::string>& topics,
                                                          Duration deadline) {
  if (topics.empty()) return std::map<std::string, TopicConfigs>{};
  const auto until = after(deadline);
  while (true) {
    auto configs = ask_configs(client, topics, deadline);
    // One broker may not know yet what another has just made.
    const bool later = !configs && configs.error().code == Code::not_found;
    if (!later || Clock::now() > until) return configs;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

}  // namespace wf::kafka
