// One slot of a Kafka reader: librdkafka's queue of fetched messages, and the place in it.
#pragma once
#include <atomic>
#include <optional>
#include <vector>

#include "log/kafka_consumers.h"

namespace wf::kafka {

// One thread.
class Cursor {
 public:
  struct Place {
    std::string topic;  // as the broker knows it
    std::uint32_t partition = 0;
    bool compacted = false;  // offsets may have gaps
  };

  // `wake_fd` gets eight bytes whenever messages come where none were.
  Cursor(Seat seat, Topic topic, Place place, int wake_fd)
      : seat_(std::move(seat)),
        topic_(std::move(topic)),
        place_(std::move(place)),
        wake_fd_(wake_fd) {}
  ~Cursor() { stop(); }
  Cursor(const Cursor&) = delete;
  Cursor& operator=(const Cursor&) = delete;

  Result<void> start(Offset from);
  void stop();

  // The next message, fetched before; null if there is none now. Never waits. A log that is lost
  // (Code::mismatch) stays so until the next start(); other errors pass when messages come again.
  Result<const rd_kafka_message_t*> peek(std::size_t ahead);
  Message pop();  // the one peek() showed

  bool ready();  // peek() has something new to say
  Offset next() const { return next_; }
  Clock::time_point active() const { return active_; }  // last started or got messages
  const Place& place() const { return place_; }
  const std::shared_ptr<Client>& client() const { return seat_.client(); }

 private:
  void fetch(std::size_t ahead);
  tl::unexpected<Error> explain(const rd_kafka_message_t& message);
  tl::unexpected<Error> refuse(Error error);

  Seat seat_;
  Topic topic_;
  Place place_;
  int wake_fd_;
  Queue queue_;
  std::vector<Message> fetched_;  // taken from the queue, not yet read; next is the last
  Offset next_ = 0;
  Clock::time_point active_{};
  std::optional<Error> lost_;     // until the next start()
  std::optional<Error> missing_;  // until messages come again
};

}  // namespace wf::kafka
