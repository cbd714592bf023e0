// Opens the log on Kafka and answers where its slots begin and end.
#include "log/kafka_log.h"

#include <fmt/format.h>

#include "log/kafka_admin.h"
#include "log/kafka_client.h"
#include "log/kafka_parts.h"

namespace wf {
namespace kafka {

void raise(std::atomic<Offset>& end, Offset to) {
  Offset known = end.load();
  while (known < to && !end.compare_exchange_weak(known, to)) {
  }
}

namespace {

KnownEnds slots_of(const std::vector<TopicSpec>& topics) {
  KnownEnds ends;
  for (const TopicSpec& topic : topics) {
    for (std::uint32_t p = 0; p < topic.partitions; ++p) ends[{topic.name, p}] = 0;
  }
  return ends;
}

class KafkaLog final : public Log {
 public:
  explicit KafkaLog(KafkaLogOptions options)
      : options_(std::move(options)), ends_(slots_of(options_.topics)), consumers_(options_) {}

  Result<void> open();

  Uuid id() const override { return id_; }
  const std::vector<TopicSpec>& topics() const override { return options_.topics; }
  Result<std::unique_ptr<Appender>> writer(std::string name) override {
    return make_appender(options_, ends_, name);
  }
  Result<std::unique_ptr<Reader>> reader() override {
    return make_reader(options_, ends_, consumers_, client_);
  }
  Result<Offset> begin(const Slot& slot) override;
  Result<Offset> end(const Slot& slot) override;
  Result<std::unique_ptr<Ownership>> own(const std::vector<std::string>& topics) override {
    return make_ownership(options_, topics);
  }

 private:
  Result<void> check_topics();
  Result<std::pair<Offset, Offset>> range(const Slot& slot);

  const KafkaLogOptions options_;
  KnownEnds ends_;
  Consumers consumers_;
  std::shared_ptr<Client> client_;
  Uuid id_;
};

Result<void> KafkaLog::open() {
  auto client = Client::make(options_, {.name = "log"});
  if (!client) return tl::unexpected(client.error());
  client_ = std::move(*client);
  if (auto ok = check_topics(); !ok) return ok;
  auto id = read_log_id(options_);
  if (!id) return tl::unexpected(id.error());
  id_ = *id;
  return {};
}

Result<void> KafkaLog::check_topics() {
  auto found = topic_shapes(*client_, options_.query_deadline);
  if (!found) return tl::unexpected(found.error());
  for (const TopicSpec& topic : options_.topics) {
    const std::string name = options_.prefix + topic.name;
    const auto it = found->find(name);
    if (it == found->end()) {
      return fail(Code::not_found,
                  fmt::format("topic {} is missing: `wayfold topics` creates it", name));
    }
    if (it->second.partitions != topic.partitions) {
      return fail(Code::mismatch,
                  fmt::format("topic {} has {} partitions, the configuration says {}",
                              name,
                              it->second.partitions,
                              topic.partitions));
    }
  }
  return {};
}

Result<std::pair<Offset, Offset>> KafkaLog::range(const Slot& slot) {
  const auto known = ends_.find(slot);
  if (known == ends_.end())
    return fail(Code::not_found, fmt::format("this log has no {}/{}", slot.topic, slot.partition));
  auto found =
      client_->watermarks(options_.prefix + slot.topic, slot.partition, options_.query_deadline);
  if (found) raise(known->second, found->second);
  return found;
}

Result<Offset> KafkaLog::begin(const Slot& slot) {
  return range(slot).map([](const auto& range) { return range.first; });
}

Result<Offset> KafkaLog::end(const Slot& slot) {
  return range(slot).map([](const auto& range) { return range.second; });
}

}  // namespace
}  // namespace kafka

Result<std::unique_ptr<Log>> open_kafka_log(KafkaLogOptions options) {
  auto log = std::make_unique<kafka::KafkaLog>(std::move(options));
  if (auto ok = log->open(); !ok) return tl::unexpected(ok.error());
  return log;
}

}  // namespace wf
