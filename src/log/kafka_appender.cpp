// One writer's way into Kafka: an idempotent producer that is given up at its first failure.
#include <fmt/format.h>

#include "log/kafka_client.h"
#include "log/kafka_message.h"
#include "log/kafka_parts.h"

namespace wf::kafka {
namespace {

// What the delivery reports say; only touched inside rd_kafka_poll(), so by the appender's thread.
struct Tally {
  std::size_t outstanding = 0;
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;  // the first
};

void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
  auto* tally = static_cast<Tally*>(message->_private);
  --tally->outstanding;
  if (tally->error == RD_KAFKA_RESP_ERR_NO_ERROR) tally->error = message->err;
}

// What these codes say, that nothing was written, is not known once a record was handed over.
Error unsure(Error error) {
  const bool refusal =
      error.code == Code::full || error.code == Code::invalid || error.code == Code::not_found;
  if (refusal) error.code = Code::io;
  return error;
}

class KafkaAppender final : public Appender {
 public:
  KafkaAppender(std::shared_ptr<Client> client,
                const KafkaLogOptions& options,
                const KnownEnds& slots)
      : client_(std::move(client)), options_(options), slots_(slots) {}
  ~KafkaAppender() override { give_up(); }

  Result<void> append(const Slot& slot, std::span<const Record> records, Durability) override;

 private:
  Result<rd_kafka_topic_t*> topic(const Slot& slot);
  Result<void> send(const Slot& slot,
                    rd_kafka_topic_t* topic,
                    std::span<const Record> records,
                    Clock::time_point deadline);
  Result<void> settle(std::size_t outstanding_max, const Slot& slot, Clock::time_point deadline);
  void give_up();

  std::shared_ptr<Client> client_;  // null: dead
  const KafkaLogOptions& options_;
  const KnownEnds& slots_;
  std::map<std::string, Topic> topics_;
  Tally tally_;
  Scratch scratch_;
};

Result<void> KafkaAppender::append(const Slot& slot, std::span<const Record> records, Durability) {
  if (!client_) return fail(Code::closed, "this appender failed before; open a new one");
  Result<void> done;
  if (auto to = topic(slot); to) {
    done = send(slot, *to, records, after(options_.append_deadline));
  } else {
    done = tl::unexpected(to.error());
  }
  if (!done) {
    done.error().detail += client_->last_words();
    give_up();
  }
  return done;
}

Result<rd_kafka_topic_t*> KafkaAppender::topic(const Slot& slot) {
  if (!slots_.contains(slot))
    return fail(Code::not_found, fmt::format("this log has no {}/{}", slot.topic, slot.partition));
  Topic& handle = topics_[slot.topic];
  if (!handle) {
    const std::string name = options_.prefix + slot.topic;
    handle.reset(rd_kafka_topic_new(client_->get(), name.c_str(), nullptr));
    if (!handle) return tl::unexpected(error_of(rd_kafka_last_error(), name));
  }
  return handle.get();
}

Result<void> KafkaAppender::send(const Slot& slot,
                                 rd_kafka_topic_t* to,
                                 std::span<const Record> records,
                                 Clock::time_point deadline) {
  for (const Record& record : records) {
    auto err = produce(client_->get(), to, slot.partition, record, &tally_, scratch_);
    while (err == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      if (auto ok = settle(tally_.outstanding - 1, slot, deadline); !ok) return ok;
      err = produce(client_->get(), to, slot.partition, record, &tally_, scratch_);
    }
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      Error error = error_of(err, fmt::format("append to {}/{}", slot.topic, slot.partition));
      return tl::unexpected(&record == records.data() ? std::move(error)
                                                      : unsure(std::move(error)));
    }
    ++tally_.outstanding;
  }
  return settle(0, slot, deadline);
}

Result<void> KafkaAppender::settle(std::size_t outstanding_max,
                                   const Slot& slot,
                                   Clock::time_point deadline) {
  while (tally_.outstanding > outstanding_max && tally_.error == RD_KAFKA_RESP_ERR_NO_ERROR) {
    const int wait_ms = milliseconds_until(deadline);
    if (wait_ms == 0)
      return fail(Code::timeout,
                  fmt::format("append to {}/{}: {} records not acknowledged within {} ms",
                              slot.topic,
                              slot.partition,
                              tally_.outstanding,
                              milliseconds(options_.append_deadline)));
    rd_kafka_poll(client_->get(), wait_ms);  // returns with the first reports
  }
  if (tally_.error == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  return tl::unexpected(
      unsure(error_of(tally_.error, fmt::format("append to {}/{}", slot.topic, slot.partition))));
}

// Nothing of a failed append may be sent later from here; what is on the wire may still arrive.
void KafkaAppender::give_up() {
  if (!client_) return;
  rd_kafka_purge(client_->get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  topics_.clear();
  client_.reset();
}

}  // namespace

Result<std::unique_ptr<Appender>> make_appender(const KafkaLogOptions& options,
                                                const KnownEnds& slots,
                                                const std::string& name) {
  const std::string size = std::to_string(message_bytes_max);
  auto client = Client::make(options,
                             {.type = RD_KAFKA_PRODUCER,
                              .name = name,
                              .preferred = {{"linger.ms", "0"},
                                            {"queue.buffering.max.messages", "100000"},
                                            {"queue.buffering.max.kbytes", "65536"},
                                            {"message.max.bytes", size}},
                              .fixed = {{"enable.idempotence", "true"},
                                        {"enable.gapless.guarantee", "true"},
                                        {"acks", "all"},
                                        {"max.in.flight.requests.per.connection", "5"},
                                        // librdkafka must never time a message out by itself: a
                                        // dropped one would leave a hole. append() has a deadline.
                                        {"message.timeout.ms", "0"}},
                              .delivered = on_delivery});
  if (!client) return tl::unexpected(client.error());
  return std::make_unique<KafkaAppender>(std::move(*client), options, slots);
}

}  // namespace wf::kafka
