// Server-sent events (HTML, 9.2): an answer that does not end, for clients that only listen.
#include <fmt/format.h>
#include <netinet/tcp.h>

#include <array>
#include <boost/asio/write.hpp>
#include <deque>
#include <string>
#include <utility>

#include "gateway/net.h"
#include "gateway/wire.h"

namespace wf::gateway {
namespace {

constexpr std::uint16_t left = 1006;  // as of a WebSocket: without a word

template <class Stream>
class EventStream final : public OpenSocket {
 public:
  EventStream(Stream& stream,
              Connection& connection,
              std::unique_ptr<Listener> listener,
              const Limits& limits)
      : stream_(stream), connection_(connection), listener_(std::move(listener)), limits_(limits) {}

  Task<> run();
  void send(std::shared_ptr<const Message> message) override;
  void close(std::uint16_t code, std::string_view reason) override;
  bool alive() const override { return code_ == 0; }
  void ping() override;

 private:
  struct Written {
    EventStream* self;
    void operator()(error_code failed, std::size_t) const { self->written(failed); }
  };

  void expect_acknowledgements();
  void add(std::shared_ptr<const Message> message);
  void write_front();
  void written(error_code failed);
  static std::size_t size_of(const std::shared_ptr<const Message>& message) {
    return message ? message->text().size() : 0;
  }

  Stream& stream_;
  Connection& connection_;
  std::unique_ptr<Listener> listener_;
  const Limits& limits_;
  InFlight pending_;  // writes, whose handlers point here
  // The front one is being written. Null: a comment, which only shows that both sides are there.
  std::deque<std::shared_ptr<const Message>> queue_;
  std::size_t queued_bytes_ = 0;
  std::string head_;        // of the front one
  bool taken_ = true;       // something since the last ping
  std::uint16_t code_ = 0;  // we began the end with it
};

// The client has nothing to say: whatever comes from it, as a rule its end, is the end.
template <class Stream>
Task<> EventStream<Stream>::run() {
  connection_.deadline = Clock::now() + std::chrono::milliseconds(limits_.ping_ms);
  connection_.websocket = this;
  expect_acknowledgements();
  listener_->on_open(*this);
  if (alive() || !queue_.empty()) {  // not closed already, with nothing being written
    std::array<char, 64> said{};
    co_await stream_.async_read_some(asio::buffer(said), no_throw);
  }
  connection_.websocket = nullptr;
  if (code_ == 0) code_ = left;
  if (pending_.any()) {
    connection_.close();  // so that they end now
    co_await pending_.wait_for_none();
  }
  listener_->on_close(code_);
}

// The kernel takes comments long after the client's host has vanished, and waits for one that reads
// nothing: it has to give up as soon as a WebSocket does without a pong.
template <class Stream>
void EventStream<Stream>::expect_acknowledgements() {
  const auto most_ms = static_cast<unsigned>(2 * limits_.ping_ms);
  const int socket = stream_.lowest_layer().native_handle();
  ::setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &most_ms, sizeof most_ms);
}

template <class Stream>
void EventStream<Stream>::send(std::shared_ptr<const Message> message) {
  if (code_ != 0) return;
  const std::size_t size = size_of(message);
  if (queue_.size() >= limits_.queued_messages_max ||
      queued_bytes_ + size > limits_.queued_bytes_max) {
    return close(1013, "too slow");
  }
  queued_bytes_ += size;
  add(std::move(message));
}

template <class Stream>
void EventStream<Stream>::add(std::shared_ptr<const Message> message) {
  queue_.push_back(std::move(message));
  if (queue_.size() == 1) write_front();
}

template <class Stream>
void EventStream<Stream>::write_front() {
  const Message* const message = queue_.front().get();
  head_ = message != nullptr ? fmt::format("id: {}\ndata: ", message->sequence()) : ":";
  const std::string_view text = message != nullptr ? message->text() : std::string_view();
  const std::array<asio::const_buffer, 3> event{asio::buffer(head_),
                                                asio::const_buffer(text.data(), text.size()),
                                                asio::const_buffer("\n\n", 2)};
  pending_.begin();
  asio::async_write(stream_, event, Written{this});
}

template <class Stream>
void EventStream<Stream>::written(error_code failed) {
  queued_bytes_ -= size_of(queue_.front());
  queue_.pop_front();
  if (failed) {
    connection_.close();
  } else if (code_ != 0) {
    connection_.cancel();  // what run() waits for
  } else if (!queue_.empty()) {
    write_front();
  }
  pending_.end();
}

template <class Stream>
void EventStream<Stream>::ping() {
  if (queue_.empty()) add(nullptr);
}

template <class Stream>
void EventStream<Stream>::close(std::uint16_t code, std::string_view) {
  if (code_ != 0) return;
  code_ = code;
  connection_.deadline = Clock::now() + std::chrono::milliseconds(limits_.websocket_close_ms_max);
  if (queue_.empty()) return connection_.cancel();
  while (queue_.size() > 1) {  // that one is being written
    queued_bytes_ -= size_of(queue_.back());
    queue_.pop_back();
  }
}

template <class Stream>
Task<> run_stream(Stream& stream,
                  Connection& connection,
                  std::unique_ptr<Listener> listener,
                  const Limits& limits) {
  auto one = std::make_unique<EventStream<Stream>>(stream, connection, std::move(listener), limits);
  co_await one->run();
}

}  // namespace

Task<> run_event_stream(Socket& stream,
                        Connection& connection,
                        std::unique_ptr<Listener> listener,
                        const Limits& limits) {
  return run_stream(stream, connection, std::move(listener), limits);
}

Task<> run_event_stream(TlsStream& stream,
                        Connection& connection,
                        std::unique_ptr<Listener> listener,
                        const Limits& limits) {
  return run_stream(stream, connection, std::move(listener), limits);
}

}  // namespace wf::gateway
