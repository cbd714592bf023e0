// One HTTP connection over TCP or TLS: reads requests, calls the handler, writes answers. For
// server.cpp only.
#pragma once
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <ctime>
#include <string>
#include <type_traits>
#include <utility>

#include "gateway/loop.h"
#include "gateway/request_parser.h"
#include "gateway/unwritten.h"

namespace wf::gateway {

template <class Stream>
class Session final : public Connection {
 public:
  // `admitted`: within the connection limits; otherwise it is told so and closed.
  Session(Server::Loop& loop, Stream stream, std::string ip, bool admitted)
      : loop_(loop),
        stream_(std::move(stream)),
        parser_(loop.limits),
        ip_(std::move(ip)),
        admitted_(admitted) {
    loop_.add(*this);
  }
  ~Session() override {
    loop_.remove(*this);
    loop_.shared.left(ip_, admitted_);
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  Task<> run();
  void cancel() override {
    error_code ignored;
    transport().cancel(ignored);
  }
  void close() override {
    error_code ignored;
    transport().close(ignored);
  }

 private:
  static constexpr bool tls = std::is_same_v<Stream, TlsStream>;
  static constexpr std::size_t inline_body_max =
      Unwritten::small_body_max;  // a bigger body is written from where it lies
  static constexpr std::size_t gathered_max = 64 * 1024;
  static constexpr std::size_t drained_max =
      256 * 1024;  // of a client that talks on after the last answer

  void enter(Stage next, std::int64_t ms) {
    if (stage == next) return;
    stage = next;
    expired = false;
    deadline = loop_.after(ms);
  }
  Socket& transport() {
    if constexpr (tls) {
      return stream_.next_layer();
    } else {
      return stream_;
    }
  }
  void broken() { open_ = reply_ = false; }

  Task<> serve_requests();
  Task<> more();
  Task<> handle();
  Task<> upgrade();
  Task<> open_channel();
  Task<> wait_for_answer();
  Task<> flush();
  Task<> linger();
  bool write_at_once();
  void read_failed();
  void refuse(const Response& response);
  void give(Response response);
  bool full() const;

  Server::Loop& loop_;
  Stream stream_;
  RequestParser parser_;
  const std::string ip_;
  const bool admitted_;
  std::string out_;  // answers not yet written
  Response large_;   // the last one's body, when it is not in out_
  std::size_t gathered_ = 0;
  bool open_ = true;   // another request may follow
  bool reply_ = true;  // what is in out_ can still reach the client
};

template <class Stream>
Task<> Session<Stream>::run() {
  if constexpr (tls) {
    enter(Stage::head, loop_.limits.header_ms_max);
    auto [failed] = co_await stream_.async_handshake(asio::ssl::stream_base::server, no_throw);
    if (failed) co_return;
    stage = Stage::none;
  }
  if (!admitted_) {
    refuse(retry_later("too_many_connections", "too many connections"));
  } else {
    co_await serve_requests();
  }
  if (reply_) co_await flush();
  if (reply_) co_await linger();
}

template <class Stream>
Task<> Session<Stream>::serve_requests() {
  while (open_) {
    switch (parser_.step()) {
      case RequestParser::Step::ready:
        if (parser_.upgrade()) {
          co_await upgrade();
        } else if (loop_.handler.wants_events(parser_.request())) {
          co_await open_channel();
        } else {
          co_await handle();
        }
        break;
      case RequestParser::Step::need_more:
        co_await more();
        break;
      case RequestParser::Step::expects_continue:
        out_.append("HTTP/1.1 100 Continue\r\n\r\n");
        break;
      case RequestParser::Step::refused: {
        const RequestParser::Refusal& why = parser_.refusal();
        refuse(problem(why.status, why.code, why.detail));
        break;
      }
    }
  }
}

// Writes what is answered, then reads once.
template <class Stream>
Task<> Session<Stream>::more() {
  if (!out_.empty() && !write_at_once()) co_await flush();
  if (!open_) co_return;
  if (parser_.idle()) {
    if (loop_.stopping) open_ = false;
    enter(Stage::idle, loop_.limits.idle_ms_max);
  } else if (parser_.in_body()) {
    enter(Stage::body, loop_.limits.body_ms_max);
  } else {
    enter(Stage::head, loop_.limits.header_ms_max);
  }
  if (!open_) co_return;
  const std::span<char> room = parser_.room();
  const asio::mutable_buffer buffer(room.data(), room.size());
  auto [failed, size] = co_await stream_.async_read_some(buffer, no_throw);
  if (failed) {
    read_failed();
  } else {
    parser_.received(size);
  }
}

template <class Stream>
void Session<Stream>::read_failed() {
  const bool late = expired && (stage == Stage::head || stage == Stage::body);
  broken();
  if (!late) return;
  reply_ = true;
  refuse(problem(408, "timeout", "the request took too long to arrive"));
}

template <class Stream>
Task<> Session<Stream>::handle() {
  Request& request = parser_.request();
  request.peer = ip_;
  request.tls = tls;
  loop_.request_handled();
  waits = true;
  std::optional<Response> now = loop_.handler.handle(request, loop_.ticket(*this));
  if (!now) {
    co_await wait_for_answer();
    if (auto later = std::exchange(answer, std::nullopt))
      now = std::get<Response>(std::move(*later));
  }
  waits = false;
  loop_.retire(*this);
  if (!now) {  // the server stops and could not wait for it
    broken();
    co_return;
  }
  give(std::move(*now));
  parser_.next();
  if (full()) co_await flush();
}

template <class Stream>
Task<> Session<Stream>::wait_for_answer() {
  if (!out_.empty()) co_await flush();
  stage = Stage::handling;
  deadline = Clock::time_point::max();
  if (!answer && reply_) co_await answered.wait();
}

// Puts one answer behind those not yet written.
template <class Stream>
void Session<Stream>::give(Response response) {
  stage = Stage::none;
  ++gathered_;
  if (response.close || loop_.stopping || !parser_.keep_alive()) open_ = false;
  append_head(out_, response, loop_.date.at(std::time(nullptr)), open_);
  if (parser_.request().head) return;
  if (response.bytes().size() <= inline_body_max) {
    out_.append(response.bytes());
  } else {
    large_ = std::move(response);
  }
}

// Whether what is gathered has to be written before another request is read.
template <class Stream>
bool Session<Stream>::full() const {
  return gathered_ >= loop_.limits.pipelined_max || out_.size() > gathered_max ||
         !large_.bytes().empty();
}

// An answer of the server itself; the connection ends with it.
template <class Stream>
void Session<Stream>::refuse(const Response& response) {
  const bool late = response.status == 408;
  if (admitted_ && !late) loop_.counters.refused.fetch_add(1, std::memory_order_relaxed);
  open_ = false;
  append_head(out_, response, loop_.date.at(std::time(nullptr)), open_);
  out_.append(response.body);
}

// A small answer fits the socket's buffer nearly always: one system call, and no turn of the loop.
template <class Stream>
bool Session<Stream>::write_at_once() {
  if constexpr (!tls) {
    error_code failed;
    const std::size_t size =
        stream_.write_some(asio::const_buffer(out_.data(), out_.size()), failed);
    if (!failed && size == out_.size()) {
      out_.clear();
      gathered_ = 0;
      return true;
    }
    out_.erase(0, size);
  }
  return false;
}

template <class Stream>
Task<> Session<Stream>::flush() {
  if (out_.empty() || !reply_) co_return;
  stage = Stage::none;
  enter(Stage::writing, loop_.limits.write_ms_max);
  const std::string_view body = large_.bytes();
  const std::array<asio::const_buffer, 2> buffers{asio::const_buffer(out_.data(), out_.size()),
                                                  asio::const_buffer(body.data(), body.size())};
  auto [failed, size] = co_await asio::async_write(stream_, buffers, no_throw);
  static_cast<void>(size);
  if (failed) broken();
  stage = Stage::none;
  out_.clear();
  if (!body.empty()) large_ = Response();
  gathered_ = 0;
}

// Closing at once could destroy the last answer on its way (RFC 9112, 9.6): say we are done, and
// read to the end.
template <class Stream>
Task<> Session<Stream>::linger() {
  enter(Stage::lingering, loop_.limits.linger_ms_max);
  if constexpr (tls) static_cast<void>(co_await stream_.async_shutdown(no_throw));
  Socket& socket = transport();
  error_code failed;
  socket.shutdown(asio::socket_base::shutdown_send, failed);
  std::size_t drained = 0;
  while (!failed && !expired && drained < drained_max) {
    const std::span<char> room = parser_.room();  // never received(): read to be forgotten
    const asio::mutable_buffer buffer(room.data(), room.size());
    auto [ended, size] = co_await socket.async_read_some(buffer, no_throw);
    failed = ended;
    drained += size;
  }
}

template <class Stream>
Task<> Session<Stream>::upgrade() {
  const Request& request = parser_.request();
  const bool well_formed = request.headers.get("Sec-WebSocket-Version") == "13" &&
                           request.headers.get("Sec-WebSocket-Key").has_value() &&
                           request.body.empty() && parser_.unread().empty();
  if (!well_formed) {
    loop_.request_handled();
    refuse(problem(400, "bad_request", "this is not a valid WebSocket upgrade"));
    co_return;
  }
  co_await open_channel();
}

template <class Stream>
Task<> Session<Stream>::open_channel() {
  Request& request = parser_.request();
  request.peer = ip_;
  request.tls = tls;
  loop_.request_handled();
  waits = true;
  std::optional<UpgradeAnswer> decided = loop_.handler.upgrade(request, loop_.ticket(*this));
  if (!decided) {
    co_await wait_for_answer();
    decided = std::exchange(answer, std::nullopt);
  }
  waits = false;
  loop_.retire(*this);
  if (!decided) {  // the server stops and could not wait for it
    broken();
    co_return;
  }
  if (Response* const response = std::get_if<Response>(&*decided)) {
    give(std::move(*response));
    parser_.next();
    if (full()) co_await flush();
    co_return;
  }
  if (loop_.stopping) {  // while it waited: nobody would close it in time
    refuse(retry_later("not_ready", "the server stops"));
    co_return;
  }
  Accept accept = std::get<Accept>(std::move(*decided));
  const bool events = accept.events.has_value();
  if (events) give(std::move(*accept.events));
  if (!out_.empty()) co_await flush();
  if (!reply_) co_return;
  stage = Stage::none;
  enter(Stage::websocket,
        loop_.limits.header_ms_max);  // for the answer; then it keeps its own time
  if (events) {
    co_await run_event_stream(stream_, *this, std::move(accept.listener), loop_.limits);
  } else {
    co_await run_websocket(stream_, *this, request, std::move(accept), loop_.limits);
    broken();
  }
}

}  // namespace wf::gateway
