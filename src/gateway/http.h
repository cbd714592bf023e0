// Requests and answers as plain values: all that the layers above the sockets see of HTTP. Any
// thread.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace wf::gateway {

// HEAD arrives as `get` with Request::head set; the server drops the body. Others are answered 501
// below.
enum class Method : std::uint8_t { get, post, put, patch, del, options };

struct Header {
  std::string_view name;  // as the client wrote it
  std::string_view value;
};

// The fields of a request, in order. Names compare without case.
class Headers {
 public:
  Headers() = default;
  explicit Headers(std::span<const Header> fields) : fields_(fields) {}
  // The first field of that name; nothing if there is none.
  std::optional<std::string_view> get(std::string_view name) const;
  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }
  std::size_t size() const { return fields_.size(); }

 private:
  std::span<const Header> fields_;
};

// Views into the connection's buffer: valid while Handler::handle runs; copy what is needed later.
struct Request {
  Method method = Method::get;
  bool head = false;  // GET without a body in the answer
  bool tls = false;
  std::string_view path;   // raw, percent-encoded; begins with '/', or is "*" (OPTIONS only)
  std::string_view query;  // raw, what follows the first '?'
  Headers headers;
  std::string_view body;  // unchunked
  std::string_view peer;  // client_address(), such as "127.0.0.1"
};

struct Response {
  int status = 200;
  std::string_view content_type = "application/json";  // static storage; empty: no Content-Type
  std::string headers;                                 // complete lines; grown by add()
  std::string body;
  std::shared_ptr<const void> owner;  // when set, the body is `shared`, which `owner` keeps alive
  std::string_view shared;
  bool close = false;    // the connection ends after this answer
  bool endless = false;  // no Content-Length: what follows ends with the connection

  // One more header line. Control characters in `value` become spaces, so it can never end the
  // line.
  void add(std::string_view name, std::string_view value);
  std::string_view bytes() const { return owner ? shared : std::string_view(body); }
};

// RFC 9457 with a stable code. `detail` is text of ours: no quotes, backslashes or control
// characters.
Response problem(int status, std::string_view code, std::string_view detail);

// 503 with a Retry-After.
Response retry_later(std::string_view code, std::string_view detail);

// "Not Found"; "Unknown" for a status we never send.
std::string_view reason_phrase(int status);

// Without the blanks and tabs at its ends.
std::string_view trimmed(std::string_view text);

bool equal_ignoring_case(std::string_view a, std::string_view b);

// The members of the field's list (RFC 9110, 5.6.1), not empty ones, with their parameters and in
// order.
std::vector<std::string_view> members_of(const Headers& headers, std::string_view name);

// Whether that list has `member`, case and parameters left aside, but for a weight of 0, which
// refuses it (RFC 9110, 12.4.2).
bool lists(const Headers& headers, std::string_view name, std::string_view member);

// Appends the status line and every header of `response`. `date`: an IMF-fixdate (RFC 9110, 5.6.7).
void append_head(std::string& out,
                 const Response& response,
                 std::string_view date,
                 bool keep_alive);

// The Date header's value, formatted again only when the second changes. One thread.
class HttpDate {
 public:
  std::string_view at(std::int64_t unix_seconds);

 private:
  std::int64_t second_ = -1;
  std::string text_;
};

}  // namespace wf::gateway
