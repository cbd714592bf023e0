// One reader of Kafka slots: no group, a queue of its own for each slot.
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>

#include "base/check.h"
#include "log/kafka_cursor.h"
#include "log/kafka_message.h"
#include "log/kafka_parts.h"

namespace wf::kafka {
namespace {

// What a batch's views point into. The client must outlive its messages.
struct Block {
  std::shared_ptr<Client> client;
  std::vector<Message> messages;
};

// A counter of the kernel that librdkafka and interrupt() write to and wait() polls.
class WakeFd {
 public:
  WakeFd() : fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) { WF_CHECK(fd_ >= 0); }
  ~WakeFd() { close(fd_); }
  WakeFd(const WakeFd&) = delete;
  WakeFd& operator=(const WakeFd&) = delete;

  int get() const { return fd_; }
  void wake() const { eventfd_write(fd_, 1); }
  void wait_until(Clock::time_point deadline) const {
    pollfd poll_fd{.fd = fd_, .events = POLLIN, .revents = 0};
    if (poll(&poll_fd, 1, milliseconds_until(deadline)) > 0) {
      eventfd_t ignored = 0;
      eventfd_read(fd_, &ignored);
    }
  }

 private:
  int fd_;
};

class KafkaReader final : public Reader {
 public:
  KafkaReader(Consumers& consumers,
              std::shared_ptr<Client> asking,
              const KafkaLogOptions& options,
              KnownEnds& ends)
      : consumers_(consumers), asking_(std::move(asking)), options_(options), ends_(ends) {}

  Result<void> seek(const Slot& slot, Offset from) override;
  void drop(const Slot& slot) override { cursors_.erase(slot); }
  Result<Batch> read(const Slot& slot, Limit limit) override;
  bool wait(Duration timeout) override;
  void interrupt() override;

 private:
  Result<Cursor*> cursor(const Slot& slot);
  Result<const rd_kafka_message_t*> first(const Slot& slot, Cursor& cursor, std::size_t ahead);
  bool ready();

  Consumers& consumers_;
  // For questions: on a connection that fetches they would stand behind a fetch, which the broker
  // holds while nothing is new.
  std::shared_ptr<Client> asking_;
  const KafkaLogOptions& options_;
  KnownEnds& ends_;
  WakeFd wake_;
  std::atomic<bool> interrupted_{false};
  std::map<Slot, Cursor> cursors_;
};

Result<Cursor*> KafkaReader::cursor(const Slot& slot) {
  if (const auto found = cursors_.find(slot); found != cursors_.end()) return &found->second;
  const std::string name = options_.prefix + slot.topic;
  auto seat = consumers_.take(slot);
  if (!seat) return tl::unexpected(seat.error());
  Topic topic(rd_kafka_topic_new(seat->client()->get(), name.c_str(), nullptr));
  if (!topic) return tl::unexpected(error_of(rd_kafka_last_error(), name));
  const auto spec = std::find_if(options_.topics.begin(),
                                 options_.topics.end(),
                                 [&](const auto& t) { return t.name == slot.topic; });
  const bool compacted = spec != options_.topics.end() && spec->compacted;
  const auto made = cursors_.try_emplace(slot,
                                         std::move(*seat),
                                         std::move(topic),
                                         Cursor::Place{name, slot.partition, compacted},
                                         wake_.get());
  return &made.first->second;
}

Result<void> KafkaReader::seek(const Slot& slot, Offset from) {
  const auto end = ends_.find(slot);
  if (end == ends_.end())
    return fail(Code::not_found, fmt::format("this log has no {}/{}", slot.topic, slot.partition));
  Offset known = end->second;
  auto range =
      asking_->watermarks(options_.prefix + slot.topic, slot.partition, options_.query_deadline);
  if (!range) return tl::unexpected(range.error());
  if (from < range->first || from > range->second)
    return fail(Code::mismatch,
                fmt::format("{}/{}: there is no offset {}, only {} to {}: the log was trimmed, "
                            "truncated or is another one",
                            slot.topic,
                            slot.partition,
                            from,
                            range->first,
                            range->second));
  raise(end->second, range->second);
  // A topic that was made again may be shorter; a new leader's end does not go back (KIP-207). Who
  // was told of more since we asked knows better.
  if (range->second < known) end->second.compare_exchange_strong(known, range->second);
  auto to = cursor(slot);
  if (!to) return tl::unexpected(to.error());
  return (*to)->start(from);
}

Result<Batch> KafkaReader::read(const Slot& slot, Limit limit) {
  const auto found = cursors_.find(slot);
  if (found == cursors_.end())
    return fail(Code::invalid, fmt::format("{}/{}: read before seek", slot.topic, slot.partition));
  Cursor& cursor = found->second;
  Batch batch;
  auto block = std::make_shared<Block>();
  std::size_t bytes = 0;
  auto next = first(slot, cursor, limit.records);
  while (next && *next != nullptr) {
    const std::size_t size = (*next)->len;
    if (!batch.records.empty() && bytes + size > limit.bytes) break;
    auto record = decode(**next);
    if (!record) {
      next = tl::unexpected(record.error());
      break;
    }
    bytes += size;
    batch.records.push_back(*record);
    block->messages.push_back(cursor.pop());
    if (batch.records.size() >= limit.records) break;
    next = cursor.peek(limit.records - batch.records.size());
  }
  if (batch.records.empty()) {
    if (!next) return tl::unexpected(next.error());
    return batch;
  }
  block->client = cursor.client();  // an error is told by the next read; what is good comes first
  batch.owners.push_back(std::move(block));
  return batch;
}

// Null at the tail. Below an end somebody was told of there is more, and an empty answer would be
// taken for a lost record: so it waits for the broker to bring it, bounded.
Result<const rd_kafka_message_t*> KafkaReader::first(const Slot& slot,
                                                     Cursor& cursor,
                                                     std::size_t ahead) {
  const auto deadline = after(options_.query_deadline);
  while (true) {
    auto message = cursor.peek(ahead);
    if (!message || *message != nullptr) return message;
    const Client& client = *cursor.client();
    rd_kafka_poll(client.get(), 0);  // serves the errors of connections, for last_words()
    const auto patience = std::max(client.heard(), cursor.active()) +
                          std::chrono::microseconds(options_.silence_max.us);
    const auto now = Clock::now();
    if (now > patience || now > deadline) {
      return fail(Code::unavailable,
                  fmt::format("{}/{}: no broker sends anything{}",
                              slot.topic,
                              slot.partition,
                              client.last_words()));
    }
    if (cursor.next() >= ends_.at(slot)) return nullptr;
    wake_.wait_until(std::min(patience, deadline));
  }
}

bool KafkaReader::ready() {
  return std::any_of(
      cursors_.begin(), cursors_.end(), [](auto& each) { return each.second.ready(); });
}

bool KafkaReader::wait(Duration timeout) {
  const auto deadline = after(timeout);
  while (!ready()) {
    if (interrupted_.exchange(false) || Clock::now() >= deadline) return false;
    for (const auto& [slot, cursor] : cursors_) {
      rd_kafka_poll(cursor.client()->get(), 0);  // as in first()
    }
    wake_.wait_until(deadline);
  }
  interrupted_ = false;
  return true;
}

void KafkaReader::interrupt() {
  interrupted_ = true;
  wake_.wake();
}

}  // namespace

Result<std::unique_ptr<Reader>> make_reader(const KafkaLogOptions& options,
                                            KnownEnds& ends,
                                            Consumers& consumers,
                                            std::shared_ptr<Client> asking) {
  return std::make_unique<KafkaReader>(consumers, std::move(asking), options, ends);
}

}  // namespace wf::kafka
