// WebSocket over Beast: the handshake, messages to send, at once or from a bounded queue, and the
// reading of messages.
#include "gateway/websocket.h"

#include <algorithm>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket.hpp>
#include <deque>
#include <utility>

#include "gateway/net.h"
#include "gateway/wire.h"

namespace wf::gateway {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
namespace ws = beast::websocket;

constexpr std::uint16_t no_close_frame = 1006;  // RFC 6455, 7.1.5

using Upgrade = http::request<http::empty_body>;

// The request again, as Beast's handshake wants it.
Upgrade upgrade_of(const Request& request) {
  Upgrade upgrade(http::verb::get, "/", 11);
  for (const Header& field : request.headers) {
    upgrade.insert(beast::string_view(field.name.data(), field.name.size()),
                   beast::string_view(field.value.data(), field.value.size()));
  }
  return upgrade;
}

struct Subprotocol {
  std::string name;
  void operator()(ws::response_type& response) const {
    if (!name.empty()) response.set(http::field::sec_websocket_protocol, name);
  }
};

template <class Stream>
class Peer final : public OpenSocket {
 public:
  Peer(Stream& stream, Connection& connection, Accept accept, const Limits& limits)
      : wire_(stream, pending_),
        ws_(wire_),
        connection_(connection),
        accept_(std::move(accept)),
        limits_(limits) {}

  Task<> run(Upgrade upgrade);
  void send(std::shared_ptr<const Message> message) override;
  void close(std::uint16_t code, std::string_view reason) override;
  bool alive() const override { return code_ == 0 && ws_.is_open(); }
  void ping() override {}  // Beast does

 private:
  struct Written {
    Peer* peer;
    void operator()(error_code failed, std::size_t) const { peer->written(failed); }
  };
  struct Closed {
    Peer* peer;
    void operator()(error_code) const { peer->pending_.end(); }
  };

  // The other side's close frame came: what is left of it has a bound.
  struct Heard {
    Peer* peer;
    void operator()(ws::frame_type type, beast::string_view) const {
      if (type == ws::frame_type::close) peer->expect_end();
    }
  };

  void configure();
  void expect_end();
  Task<> read_messages();
  void write_front();
  void write_rest_of_front(std::size_t sent);
  void written(error_code failed);

  InFlight pending_;  // operations whose handlers point here
  Wire<Stream> wire_;
  ws::stream<Wire<Stream>&, false> ws_;  // false: no permessage-deflate
  Connection& connection_;
  Accept accept_;
  const Limits& limits_;
  std::deque<std::shared_ptr<const Message>> queue_;  // the front one is being written
  std::size_t queued_bytes_ = 0;
  std::uint16_t code_ = 0;  // we began the end with it
};

template <class Stream>
void Peer<Stream>::configure() {
  ws::stream_base::timeout times{};
  times.handshake_timeout = std::chrono::milliseconds(limits_.websocket_close_ms_max);
  times.idle_timeout = std::chrono::milliseconds(2 * limits_.ping_ms);  // Beast pings at half of it
  times.keep_alive_pings = true;
  ws_.set_option(times);
  ws_.set_option(ws::stream_base::decorator(Subprotocol{accept_.subprotocol}));
  ws_.read_message_max(limits_.message_bytes_max);
  ws_.auto_fragment(false);
  ws_.text(true);
  ws_.control_callback(Heard{this});
}

template <class Stream>
void Peer<Stream>::expect_end() {
  connection_.deadline = Clock::now() + std::chrono::milliseconds(limits_.websocket_close_ms_max);
}

template <class Stream>
Task<> Peer<Stream>::run(Upgrade upgrade) {
  configure();
  auto [refused] = co_await ws_.async_accept(upgrade, no_throw);
  if (!refused) {
    connection_.deadline = Clock::now() + std::chrono::milliseconds(limits_.ping_ms);
    connection_.websocket = this;
    accept_.listener->on_open(*this);
    co_await read_messages();
    connection_.websocket = nullptr;
  }
  const std::uint16_t told = ws_.reason().code;
  if (pending_.any()) {
    connection_.close();  // so that they end now
    co_await pending_.wait_for_none();
  }
  if (refused) co_return;
  const std::uint16_t heard = told != 0 ? told : no_close_frame;
  accept_.listener->on_close(code_ != 0 ? code_ : heard);
}

template <class Stream>
Task<> Peer<Stream>::read_messages() {
  beast::flat_buffer message(limits_.message_bytes_max + 1);
  for (;;) {
    auto [failed, size] = co_await ws_.async_read(message, no_throw);
    if (failed) co_return;
    if (code_ == 0 && !ws_.got_text()) close(1003, "only text is understood");
    const auto data = message.data();
    if (code_ == 0) accept_.listener->on_message({static_cast<const char*>(data.data()), size});
    message.consume(size);
  }
}

// To one that keeps up, a message is one call of the kernel: no operation of Beast's, whose memory
// and turn of the loop cost more than the call.
template <class Stream>
void Peer<Stream>::send(std::shared_ptr<const Message> message) {
  if (code_ != 0) return;
  const std::size_t size = message->text().size();
  if (queue_.size() >= limits_.queued_messages_max ||
      queued_bytes_ + size > limits_.queued_bytes_max) {
    return close(1013, "too slow");
  }
  std::size_t sent = 0;
  const bool first = queue_.empty();
  if (first && ws_.is_open()) sent = wire_.send_now(message->frame());
  if (sent == message->frame().size()) return;
  queued_bytes_ += size;
  queue_.push_back(std::move(message));
  if (!first) return;
  if (sent == 0) {
    write_front();
  } else {
    write_rest_of_front(sent);
  }
}

template <class Stream>
void Peer<Stream>::write_front() {
  const std::string_view text = queue_.front()->text();
  pending_.begin();
  ws_.async_write(asio::const_buffer(text.data(), text.size()), Written{this});
}

template <class Stream>
void Peer<Stream>::write_rest_of_front(std::size_t sent) {
  const std::string_view rest = queue_.front()->frame().substr(sent);
  pending_.begin();
  asio::async_write(wire_, asio::const_buffer(rest.data(), rest.size()), Written{this});
}

template <class Stream>
void Peer<Stream>::written(error_code failed) {
  if (!queue_.empty()) {
    queued_bytes_ -= queue_.front()->text().size();
    queue_.pop_front();
  }
  if (failed) {
    connection_.close();  // what Beast waits to write now would wait for ever
  } else if (code_ == 0 && !queue_.empty()) {
    write_front();
  }
  pending_.end();
}

template <class Stream>
void Peer<Stream>::close(std::uint16_t code, std::string_view reason) {
  if (code_ != 0) return;
  code_ = code;
  if (queue_.size() > 1) queue_.resize(1);  // that one is being written
  expect_end();                             // a client that reads nothing hears of no close either
  pending_.begin();
  const ws::close_reason why(static_cast<ws::close_code>(code),
                             beast::string_view(reason.data(), reason.size()));
  ws_.async_close(why, Closed{this});
}

template <class Stream>
Task<> run_peer(
    Stream& stream, Connection& connection, Upgrade upgrade, Accept accept, const Limits& limits) {
  auto peer = std::make_unique<Peer<Stream>>(stream, connection, std::move(accept), limits);
  co_await peer->run(std::move(upgrade));
}

}  // namespace

Message::Message(std::string_view text, std::uint64_t sequence) : sequence_(sequence) {
  constexpr std::size_t short_max = 125;
  constexpr std::size_t medium_max = 0xFFFF;
  const auto byte = [](std::size_t value) { return static_cast<char>(value & 0xFF); };
  frame_.reserve(10 + text.size());
  frame_ += byte(0x81);  // text, and whole
  std::size_t length_bytes = 0;
  if (text.size() <= short_max) {
    frame_ += byte(text.size());
  } else {
    length_bytes = text.size() <= medium_max ? 2 : 8;
    frame_ += byte(text.size() <= medium_max ? 126 : 127);
  }
  while (length_bytes != 0) frame_ += byte(text.size() >> (8 * --length_bytes));
  head_bytes_ = frame_.size();
  frame_ += text;
}

Task<> run_websocket(Socket& stream,
                     Connection& connection,
                     const Request& request,
                     Accept accept,
                     const Limits& limits) {
  return run_peer(stream, connection, upgrade_of(request), std::move(accept), limits);
}

Task<> run_websocket(TlsStream& stream,
                     Connection& connection,
                     const Request& request,
                     Accept accept,
                     const Limits& limits) {
  return run_peer(stream, connection, upgrade_of(request), std::move(accept), limits);
}

}  // namespace wf::gateway
