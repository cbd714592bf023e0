// What the socket files share: Asio's types and a connection as the loop sees it. Only they include
// this.
#pragma once
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <optional>
#include <string>

#include "gateway/limits.h"
#include "gateway/server.h"
#include "gateway/websocket.h"

namespace wf::gateway {

namespace asio = boost::asio;
using boost::system::error_code;
using Executor = asio::io_context::executor_type;  // concrete: no type erasure on the way of every
                                                   // read and write
using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
using TlsStream = asio::ssl::stream<Socket>;
template <class T = void>
using Task = asio::awaitable<T, Executor>;
using Token = asio::use_awaitable_t<Executor>;
inline constexpr asio::as_tuple_t<Token> no_throw{Token{}};
using Clock = std::chrono::steady_clock;

// Where one coroutine waits until somebody on the same thread opens; opened before, the wait is
// over at once.
class Gate {
 public:
  bool waiting() const { return waiter_.has_value(); }
  auto wait() { return asio::async_initiate<Token, void()>(Start{this}, token_); }
  // Resumes the waiting coroutine inside this call.
  void open() {
    Waiter waiter = std::move(*waiter_);
    waiter_.reset();
    waiter();
  }

 private:
  using Waiter = asio::async_result<Token, void()>::handler_type;
  struct Start {
    Gate* gate;
    void operator()(Waiter waiter) const { gate->waiter_.emplace(std::move(waiter)); }
  };
  Token token_;
  std::optional<Waiter> waiter_;
};

// A client as limits count it: of IPv6 the first 64 bits, since whoever has one address there has
// them all; an IPv4 address in IPv6 as IPv4.
std::string client_address(asio::ip::address address);

enum class Stage : std::uint8_t { idle, head, body, handling, writing, lingering, websocket, none };

// What the loop asks of a WebSocket, or of an event stream, beyond what its users may.
class OpenSocket : public WebSocket {
 public:
  virtual bool alive() const = 0;  // neither side has begun the end
  virtual void ping() = 0;         // every Limits::ping_ms
};

// One connection, owned by its coroutine and listed by the loop.
class Connection {
 public:
  virtual ~Connection() = default;
  virtual void cancel() = 0;  // the operation it waits for ends, with an error
  virtual void close() = 0;   // and every later one too

  std::uint32_t slot = 0;
  Stage stage = Stage::none;
  Clock::time_point deadline = Clock::time_point::max();
  bool expired = false;  // the deadline of `stage` has passed
  bool waits = false;    // for respond()
  std::optional<UpgradeAnswer> answer;
  Gate answered;
  OpenSocket* websocket = nullptr;  // while stage is websocket
};

// Runs an allowed upgrade to its end. `request` is not used after the first suspension but through
// what was copied.
Task<> run_websocket(Socket& stream,
                     Connection& connection,
                     const Request& request,
                     Accept accept,
                     const Limits& limits);
Task<> run_websocket(TlsStream& stream,
                     Connection& connection,
                     const Request& request,
                     Accept accept,
                     const Limits& limits);

// Sends what the listener of an accepted event stream says, after the answer's head, to its end.
Task<> run_event_stream(Socket& stream,
                        Connection& connection,
                        std::unique_ptr<Listener> listener,
                        const Limits& limits);
Task<> run_event_stream(TlsStream& stream,
                        Connection& connection,
                        std::unique_ptr<Listener> listener,
                        const Limits& limits);

}  // namespace wf::gateway
