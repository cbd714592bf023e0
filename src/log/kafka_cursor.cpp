// Starts, reads and stops one partition, and tells a lost log from a slow one.
#include "log/kafka_cursor.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace wf::kafka {
namespace {

constexpr std::size_t chunk = 512;  // messages taken from the queue at once

}  // namespace

Result<void> Cursor::start(Offset from) {
  stop();
  const auto partition = static_cast<int32_t>(place_.partition);
  if (rd_kafka_consume_start(topic_.get(), partition, from) != 0)
    return tl::unexpected(
        error_of(rd_kafka_last_error(), fmt::format("{}/{}", place_.topic, partition)));
  queue_.reset(rd_kafka_queue_get_partition(client()->get(), place_.topic.c_str(), partition));
  static constexpr std::uint64_t one = 1;
  rd_kafka_queue_io_event_enable(queue_.get(), wake_fd_, &one, sizeof one);
  next_ = from;
  active_ = Clock::now();
  return {};
}

void Cursor::stop() {
  if (queue_) {
    rd_kafka_queue_io_event_enable(queue_.get(), -1, nullptr, 0);
    rd_kafka_consume_stop(topic_.get(), static_cast<int32_t>(place_.partition));
    queue_.reset();
  }
  fetched_.clear();
  lost_.reset();
  missing_.reset();
}

// The queue also holds what librdkafka tells itself, so its length alone says little.
bool Cursor::ready() {
  if (!fetched_.empty()) return true;
  if (!queue_ || lost_ || rd_kafka_queue_length(queue_.get()) == 0) return false;
  const bool was_missing = missing_.has_value();
  fetch(chunk);
  return !fetched_.empty() || (missing_ && !was_missing);
}

Result<const rd_kafka_message_t*> Cursor::peek(std::size_t ahead) {
  if (lost_) return tl::unexpected(*lost_);
  if (fetched_.empty()) fetch(ahead);
  if (fetched_.empty()) {
    if (missing_) return tl::unexpected(*missing_);
    return nullptr;
  }
  const rd_kafka_message_t& message = *fetched_.back();
  const bool expected =
      message.err == RD_KAFKA_RESP_ERR_NO_ERROR && (message.offset == next_ || place_.compacted);
  if (!expected) return explain(message);
  return &message;
}

// librdkafka tells of a topic that is not there by an error beside the messages, once.
void Cursor::fetch(std::size_t ahead) {
  std::array<rd_kafka_message_t*, chunk> taken;
  Client::take_error();
  const auto n = rd_kafka_consume_batch_queue(
      queue_.get(), 0, taken.data(), std::clamp<std::size_t>(ahead, 1, chunk));
  const auto err = Client::take_error();
  if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
    missing_ = error_of(err, fmt::format("{}/{}", place_.topic, place_.partition));
  for (auto i = n; i > 0; --i) fetched_.emplace_back(taken[static_cast<std::size_t>(i - 1)]);
  if (fetched_.empty()) return;
  active_ = Clock::now();
  missing_.reset();
}

Message Cursor::pop() {
  Message message = std::move(fetched_.back());
  fetched_.pop_back();
  next_ = message->offset + 1;
  return message;
}

tl::unexpected<Error> Cursor::explain(const rd_kafka_message_t& message) {
  const std::string where =
      fmt::format("{}/{} at offset {}", place_.topic, place_.partition, next_);
  switch (static_cast<int>(message.err)) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
      return refuse({Code::mismatch,
                     fmt::format("{}: the next message is at {}: the topic is compacted or was "
                                 "written in transactions, and must not be",
                                 where,
                                 message.offset)});
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
      return refuse(
          {Code::mismatch,
           where + ": this offset is gone: the topic was trimmed, truncated or recreated"});
    case RD_KAFKA_RESP_ERR__BAD_MSG:
      return refuse(error_of(message.err, where));
    default: {  // passes by itself, or is said again
      Error error = error_of(message.err, where);
      fetched_.pop_back();
      return tl::unexpected(std::move(error));
    }
  }
}

tl::unexpected<Error> Cursor::refuse(Error error) {
  lost_ = error;
  return tl::unexpected(std::move(error));
}

}  // namespace wf::kafka
