// Bytes in, whole requests out: HTTP/1.x requests of one connection, parsed strictly and without a
// socket.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http.h"
#include "gateway/limits.h"

namespace wf::gateway {

// Read into room(), say how much by received(), then step() until it needs more:
//
//   need_more         read again
//   expects_continue  once per request: the client waits for "100 Continue" before it sends the
//   body ready             request() holds until next() refused           answer refusal() and
//   close: what follows in the stream cannot be trusted
//
// Refused are, beside all malformed input: Transfer-Encoding other than exactly "chunked" or
// together with Content-Length, a repeated Content-Length or Host, folded lines, bare CR or LF,
// HTTP/1.1 without Host. One thread.
class RequestParser {
 public:
  enum class Step : std::uint8_t { need_more, expects_continue, ready, refused };
  struct Refusal {
    int status;
    std::string_view code;    // static storage
    std::string_view detail;  // static storage
  };

  explicit RequestParser(const Limits& limits);
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  std::span<char> room();  // never empty; invalidates what request() shows
  void received(std::size_t bytes);
  Step step();

  Request& request() { return request_; }
  bool keep_alive() const;  // what the client wants, after `ready`; HTTP/1.0 never
  bool upgrade() const;     // after `ready`: Connection: upgrade, Upgrade: websocket
  const Refusal& refusal() const { return refusal_; }

  void next();                      // forgets the request; bytes after it stay
  bool idle() const;                // not one byte of a next request is here
  bool in_body() const;             // the head is complete, the body is not
  std::string_view unread() const;  // bytes after the request
  static constexpr std::size_t body_room =
      8192;  // read at once beyond the head, and the longest chunk header

 private:
  class Message;
  struct State;

  Step refuse(int status, std::string_view code, std::string_view detail);
  Step head_done();
  Step complete();
  void make_room(std::size_t bytes);

  const Limits& limits_;
  std::unique_ptr<State> state_;
  // One buffer: [begin_ head …][parsed_ not yet parsed …][end_ free …capacity_). Offsets of a head
  // count from begin_.
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t head_ = 0;  // size of a complete head, 0 before
  std::size_t parsed_ = 0;
  std::size_t end_ = 0;
  std::vector<Header> headers_;
  std::string body_;
  Request request_;
  Refusal refusal_{};
};

}  // namespace wf::gateway
