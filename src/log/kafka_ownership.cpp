// Who works on which partitions of a family: a consumer group that assigns and never reads.
#include <fmt/format.h>

#include <algorithm>

#include "log/kafka_client.h"
#include "log/kafka_parts.h"

namespace wf::kafka {
namespace {

class KafkaOwnership final : public Ownership {
 public:
  KafkaOwnership() = default;
  ~KafkaOwnership() override;

  Result<void> join(const KafkaLogOptions& options, const std::vector<std::string>& topics);
  Result<std::vector<Slot>> poll() override;

 private:
  static void on_rebalance(rd_kafka_t* rk,
                           rd_kafka_resp_err_t what,
                           rd_kafka_topic_partition_list_t* partitions,
                           void* opaque);

  std::shared_ptr<Client> client_;
  std::size_t prefix_ = 0;   // of the topics' names on the broker
  std::vector<Slot> owned_;  // only touched inside rd_kafka_consumer_poll()
};

// Called by rd_kafka_consumer_poll(). librdkafka is given an empty assignment, so it fetches
// nothing: the group's protocol does not depend on what a member reads.
void KafkaOwnership::on_rebalance(rd_kafka_t* rk,
                                  rd_kafka_resp_err_t what,
                                  rd_kafka_topic_partition_list_t* partitions,
                                  void* /*opaque*/) {
  auto* self = static_cast<KafkaOwnership*>(Client::owner_of(rk));
  self->owned_.clear();
  if (what != RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    rd_kafka_assign(rk, nullptr);
    return;
  }
  for (int i = 0; i < partitions->cnt; ++i) {
    const rd_kafka_topic_partition_t& one = partitions->elems[i];
    self->owned_.push_back({one.topic + self->prefix_, static_cast<std::uint32_t>(one.partition)});
  }
  std::sort(self->owned_.begin(), self->owned_.end());
  const Partitions nothing(rd_kafka_topic_partition_list_new(0));
  rd_kafka_assign(rk, nothing.get());
}

Result<void> KafkaOwnership::join(const KafkaLogOptions& options,
                                  const std::vector<std::string>& topics) {
  // One group a family, whose range assignor shares each topic among those that ask for it.
  const std::string& first = topics.front();
  const std::string group =
      fmt::format("{}commands{}.deciders", options.prefix, first.substr(first.find('.')));
  prefix_ = options.prefix.size();
  const int session_ms = milliseconds(options.session_timeout);
  auto client = Client::make(
      options,
      {.type = RD_KAFKA_CONSUMER,
       .name = "owner",
       .fixed = {{"group.id", group},
                 {"partition.assignment.strategy", "range"},
                 {"session.timeout.ms", std::to_string(session_ms)},
                 {"heartbeat.interval.ms", std::to_string(std::clamp(session_ms / 20, 1, 300))},
                 {"enable.auto.commit", "false"},
                 {"enable.auto.offset.store", "false"}},
       .rebalanced = &KafkaOwnership::on_rebalance,
       .owner = this});
  if (!client) return tl::unexpected(client.error());
  client_ = std::move(*client);
  rd_kafka_poll_set_consumer(client_->get());
  const Partitions wanted(rd_kafka_topic_partition_list_new(1));
  for (const std::string& topic : topics) {
    const std::string name = options.prefix + topic;
    rd_kafka_topic_partition_list_add(wanted.get(), name.c_str(), RD_KAFKA_PARTITION_UA);
  }
  const auto err = rd_kafka_subscribe(client_->get(), wanted.get());
  if (err != RD_KAFKA_RESP_ERR_NO_ERROR) return tl::unexpected(error_of(err, "join " + group));
  return {};
}

Result<std::vector<Slot>> KafkaOwnership::poll() {
  while (const Message message{rd_kafka_consumer_poll(client_->get(), 0)}) {
    if (rd_kafka_fatal_error(client_->get(), nullptr, 0) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        message->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
        message->err == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED)
      return tl::unexpected(error_of(message->err, rd_kafka_message_errstr(message.get())));
  }
  return owned_;
}

// Leaves the group, so that the others need not wait for the session to time out; but not for a
// broker that does not answer.
KafkaOwnership::~KafkaOwnership() {
  if (!client_) return;
  rd_kafka_t* rk = client_->get();
  const auto deadline = after(Duration::seconds(2));
  const Queue queue(rd_kafka_queue_get_consumer(rk));
  const Failure refused(rd_kafka_consumer_close_queue(rk, queue.get()));
  while (!refused && rd_kafka_consumer_closed(rk) == 0 && Clock::now() < deadline) {
    const Event event(rd_kafka_queue_poll(queue.get(), milliseconds_until(deadline)));
    if (event && rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_REBALANCE)
      rd_kafka_assign(rk, nullptr);
  }
}

}  // namespace

Result<std::unique_ptr<Ownership>> make_ownership(const KafkaLogOptions& options,
                                                  const std::vector<std::string>& topics) {
  auto ownership = std::make_unique<KafkaOwnership>();
  if (auto ok = ownership->join(options, topics); !ok) return tl::unexpected(ok.error());
  return ownership;
}

}  // namespace wf::kafka
