// One WebSocket (RFC 6455) as the layers above see it, or a stream of server-sent events in its
// place. Everything here is called and calls on the io thread.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "gateway/http.h"

namespace wf::gateway {

// A text message (UTF-8, one line) as a server's frame, the same bytes for whoever gets it (RFC
// 6455, 5.2).
class Message {
 public:
  // `sequence`: what a client that comes again says it has seen last.
  explicit Message(std::string_view text, std::uint64_t sequence = 0);
  std::uint64_t sequence() const { return sequence_; }
  std::string_view frame() const { return frame_; }
  std::string_view text() const { return frame().substr(head_bytes_); }

 private:
  std::string frame_;
  std::size_t head_bytes_;
  std::uint64_t sequence_;
};

// Valid from Listener::on_open until Listener::on_close returns.
class WebSocket {
 public:
  virtual ~WebSocket() = default;
  // Sends or queues a message (shared, so a broadcast costs no copy). Past the bounds of Limits the
  // client is too slow: the queue is dropped and the connection cut with 1013. Does nothing once
  // the end has begun.
  virtual void send(std::shared_ptr<const Message> message) = 0;
  // Begins the close handshake after what is being written; queued messages are dropped. `reason` ≤
  // 123 bytes. An event stream just ends: its client comes again and is told by the answer.
  virtual void close(std::uint16_t code, std::string_view reason) = 0;
};

// What a connection is for; owned by it. None of these may throw.
class Listener {
 public:
  virtual ~Listener() = default;
  virtual void on_open(WebSocket& socket) = 0;
  // A whole text message, already checked to be UTF-8; the view ends with the call. Binary ones
  // close with 1003.
  virtual void on_message(std::string_view text) = 0;
  // Last call, always, after on_open. 1006: no close handshake (RFC 6455, 7.1.5).
  virtual void on_close(std::uint16_t code) = 0;
};

// The answer to a request for a channel that is allowed.
struct Accept {
  std::unique_ptr<Listener> listener;
  std::string subprotocol;         // one the client offered, or empty
  std::optional<Response> events;  // the head of an event stream; nothing: it is a WebSocket
};

// What a request for a channel is answered: it is allowed, or a problem says why not.
using UpgradeAnswer = std::variant<Accept, Response>;

}  // namespace wf::gateway
