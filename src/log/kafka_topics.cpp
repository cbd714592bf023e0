// What `wayfold topics` does: creates the deployment's topics, or says what is wrong with them.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "log/kafka_admin.h"
#include "log/kafka_log.h"
#include "log/kafka_parts.h"

namespace wf {
namespace kafka {
namespace {

using Severity = TopicsReport::Severity;
constexpr const char* insync_config = "min.insync.replicas";
constexpr const char* compaction_config = "max.compaction.lag.ms";
constexpr const char* size_config = "max.message.bytes";

// Commands and events are kept for ever; keys are compacted within a day (DESIGN.md 4, 5); facts
// have the retention their operator gives them.
TopicConfigs wanted_configs(const TopicSpec& topic, const TopicsPlan& plan) {
  TopicConfigs configs{{"message.timestamp.type", "LogAppendTime"},
                       {"unclean.leader.election.enable", "false"},
                       {insync_config, std::to_string(plan.min_insync)},
                       {size_config, std::to_string(message_bytes_max)},
                       {"cleanup.policy", topic.compacted ? "compact" : "delete"}};
  if (topic.compacted) {
    configs[compaction_config] = std::to_string(Duration::hours(24).us / 1000);
  } else if (topic.name.starts_with("commands.") || topic.name.starts_with("events.")) {
    configs["retention.ms"] = "-1";
    configs["retention.bytes"] = "-1";
  }
  return configs;
}

Result<void> check_plan(const KafkaLogOptions& options, const TopicsPlan& plan) {
  if (plan.replication < 1 || plan.min_insync < 1 || plan.min_insync > plan.replication) {
    return fail(Code::invalid,
                fmt::format("min_insync {} of replication {}: it must be 1 or more, and not more "
                            "than there are replicas",
                            plan.min_insync,
                            plan.replication));
  }
  std::map<std::string, std::uint32_t> counts;
  for (const TopicSpec& topic : options.topics) counts[topic.name] = topic.partitions;
  if (!counts.contains("keys")) return fail(Code::invalid, "a log needs the topic `keys`");
  for (const auto& [name, partitions] : counts) {
    if (!name.starts_with("commands.")) continue;
    const auto events = counts.find("events." + name.substr(name.find('.') + 1));
    if (events == counts.end() || events->second != partitions) {
      return fail(Code::invalid,
                  fmt::format("{} and its events topic need equal partition counts", name));
    }
  }
  return {};
}

// Findings of one topic: errors where a guarantee of DESIGN.md 3 would not hold, else warnings.
struct Check {
  TopicsReport& report;
  const std::string& name;

  void equal(Severity severity,
             const std::string& what,
             const std::string& wanted,
             const std::string& found) {
    if (found != wanted) report.findings.push_back({severity, name, what, wanted, found});
  }
  void at_least(const std::string& what, int wanted, int found) {
    if (found < wanted)
      report.findings.push_back(
          {Severity::warning, name, what, std::to_string(wanted), std::to_string(found)});
  }
};

void check_shape(Check check,
                 const TopicSpec& wanted,
                 const TopicsPlan& plan,
                 const TopicShape& found) {
  check.equal(Severity::error,
              "partitions",
              std::to_string(wanted.partitions),
              std::to_string(found.partitions));
  check.at_least("replication.factor",
                 std::max(plan.replication, TopicsPlan{}.replication),
                 found.replication);
}

void check_configs(Check check,
                   const TopicSpec& topic,
                   const TopicsPlan& plan,
                   const TopicConfigs& found) {
  for (const auto& [config, value] : wanted_configs(topic, plan)) {
    const auto it = found.find(config);
    const std::string is = it == found.end() ? "" : it->second;
    if (config == insync_config) {
      check.at_least(
          config, std::max(plan.min_insync, TopicsPlan{}.min_insync), std::atoi(is.c_str()));
    } else if (config == size_config) {
      check.at_least(config, message_bytes_max, std::atoi(is.c_str()));
    } else {
      check.equal(
          config == compaction_config ? Severity::warning : Severity::error, config, value, is);
    }
  }
}

std::vector<TopicOrder> missing(const KafkaLogOptions& options,
                                const TopicsPlan& plan,
                                const TopicShapes& shapes) {
  std::vector<TopicOrder> orders;
  for (const TopicSpec& topic : options.topics) {
    const std::string name = options.prefix + topic.name;
    if (!shapes.contains(name))
      orders.push_back({name, topic.partitions, plan.replication, wanted_configs(topic, plan)});
  }
  return orders;
}

Result<void> check(TopicsReport& report,
                   const Client& client,
                   const KafkaLogOptions& options,
                   const TopicsPlan& plan,
                   const TopicShapes& shapes) {
  std::vector<std::string> present;
  for (const TopicSpec& topic : options.topics) {
    const std::string name = options.prefix + topic.name;
    const auto shape = shapes.find(name);
    if (shape == shapes.end()) {
      report.findings.push_back({Severity::error, name, "topic", "present", "missing"});
      continue;
    }
    present.push_back(name);
    check_shape({report, name}, topic, plan, shape->second);
  }
  auto configs = topic_configs(client, present, options.query_deadline);
  if (!configs) return tl::unexpected(configs.error());
  for (const TopicSpec& topic : options.topics) {
    const auto found = configs->find(options.prefix + topic.name);
    if (found != configs->end()) check_configs({report, found->first}, topic, plan, found->second);
  }
  return {};
}

}  // namespace
}  // namespace kafka

bool TopicsReport::ok() const {
  return std::none_of(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.severity == Severity::error;
  });
}

Result<TopicsReport> ensure_topics(const KafkaLogOptions& options, const TopicsPlan& plan) {
  if (auto ok = kafka::check_plan(options, plan); !ok) return tl::unexpected(ok.error());
  auto client = kafka::Client::make(options, {.name = "topics"});
  if (!client) return tl::unexpected(client.error());
  auto shapes = kafka::topic_shapes(**client, options.query_deadline);
  if (!shapes) return tl::unexpected(shapes.error());
  TopicsReport report;
  const auto orders = kafka::missing(options, plan, *shapes);
  if (plan.create && !orders.empty()) {
    shapes = kafka::create_topics(**client, orders, options.query_deadline);
    if (!shapes) return tl::unexpected(shapes.error());
    for (const auto& order : orders) report.created.push_back(order.name);
  }
  if (auto ok = kafka::check(report, **client, options, plan, *shapes); !ok)
    return tl::unexpected(ok.error());
  auto id = plan.create ? kafka::ensure_log_id(options) : kafka::read_log_id(options);
  if (id) {
    report.log_id = *id;
  } else if (id.error().code == Code::not_found && !plan.create) {
    report.findings.push_back({TopicsReport::Severity::error,
                               options.prefix + "keys",
                               "log_id",
                               "first record of partition 0",
                               "missing"});
  } else {
    return tl::unexpected(id.error());
  }
  return report;
}

}  // namespace wf
