// The parser over Beast's basic_parser, which keeps no copy of a request: offsets into our buffer
// suffice.
#include "gateway/request_parser.h"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <cstring>
#include <optional>

namespace wf::gateway {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;

constexpr std::size_t first_capacity = 4096;
constexpr std::size_t body_capacity_kept = 64 * 1024;  // a bigger body's memory is given back

struct Extent {  // from the head's first byte
  std::uint32_t at = 0;
  std::uint32_t size = 0;
};

std::optional<Method> method_of(http::verb verb) {
  if (verb == http::verb::get || verb == http::verb::head) return Method::get;
  if (verb == http::verb::post) return Method::post;
  if (verb == http::verb::put) return Method::put;
  if (verb == http::verb::patch) return Method::patch;
  if (verb == http::verb::delete_) return Method::del;
  if (verb == http::verb::options) return Method::options;
  return std::nullopt;
}

bool digits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// "http://host/path" as sent to proxies is the same as "/path" to us (RFC 9112, 3.2.2).
std::string_view without_origin(std::string_view target) {
  if (target.empty() || target.front() == '/') return target;
  const std::size_t scheme = target.find("://");
  if (scheme == target.npos) return target;
  const std::size_t slash = target.find_first_of("/?", scheme + 3);
  return slash == target.npos ? "/" : target.substr(slash);
}

}  // namespace

// What one message says, gathered from Beast's callbacks.
class RequestParser::Message final : public http::basic_parser<true> {
 public:
  Message(const Limits& limits, std::string& body) : limits_(limits), body_(body) {
    eager(true);
    header_limit(static_cast<std::uint32_t>(limits.header_bytes_max));
    body_limit(limits.body_bytes_max);
  }

  // Parses [data, data + size); `base`: where the head begins.
  std::size_t feed(const char* base, const char* data, std::size_t size, error_code& ec) {
    base_ = base;
    data_ = {data, size};
    if (is_header_done() && chunked() && may_be_cut_end()) {
      ec = http::error::need_more;
      return 0;
    }
    return put(boost::asio::const_buffer(data, size), ec);
  }

  http::verb verb = http::verb::unknown;
  Extent target;
  std::vector<std::pair<Extent, Extent>> fields;
  std::optional<Refusal> refusal;
  int version = 0;
  int hosts = 0;
  bool expects_continue = false;
  bool websocket = false;

 private:
  using View = boost::beast::string_view;
  // "0", CR, LF and less than what must follow: once Beast has seen so much of the last chunk it
  // asserts that it is never given less than five bytes.
  bool may_be_cut_end() const { return data_.size() < 5 && data_.starts_with('0'); }

  static std::string_view plain(View view) { return {view.data(), view.size()}; }

  Extent place(View view) const {
    return {static_cast<std::uint32_t>(view.data() - base_),
            static_cast<std::uint32_t>(view.size())};
  }

  void refuse(error_code& ec, int status, std::string_view code, std::string_view detail) {
    refusal = Refusal{status, code, detail};
    ec = http::error::bad_value;  // any error stops the parser; `refusal` says why
  }

  // A folded value was copied elsewhere by Beast, or begins on a later line than its name.
  bool folded(View name, View value) const {
    if (value.empty()) return false;
    const char* const first = data_.data();
    if (value.data() < first || value.data() >= first + data_.size()) return true;
    return std::find(name.data(), value.data(), '\r') != value.data();
  }

  void on_request_impl(http::verb v, View, View t, int number, error_code&) override {
    verb = v;
    target = place(t);
    version = number;
  }

  void on_field_impl(http::field id, View name, View value, error_code& ec) override {
    if (folded(name, value)) return refuse(ec, 400, "bad_request", "a header line is folded");
    if (is_header_done()) return;  // a trailer: nothing here means anything after the head
    if (fields.size() == limits_.headers_max) {
      return refuse(ec, 431, "headers_too_large", "too many header fields");
    }
    fields.emplace_back(place(name), value.empty() ? Extent{} : place(value));
    check(id, plain(value), ec);
  }

  void check(http::field id, std::string_view value, error_code& ec) {
    if (id == http::field::host && ++hosts > 1) {
      refuse(ec, 400, "bad_request", "Host is given twice");
    } else if (id == http::field::authorization && std::exchange(authorized_, true)) {
      refuse(ec, 400, "bad_request", "Authorization is given twice");
    } else if (id == http::field::content_length &&
               (!digits(value) || std::exchange(sized_, true))) {
      refuse(ec, 400, "bad_request", "Content-Length must be one number");
    } else if (id == http::field::transfer_encoding &&
               (!equal_ignoring_case(value, "chunked") || version == 10)) {
      refuse(ec, 400, "bad_request", "Transfer-Encoding must be chunked");
    } else if (id == http::field::expect) {
      expects_continue = equal_ignoring_case(value, "100-continue");
      if (!expects_continue) refuse(ec, 417, "expectation_failed", "only 100-continue is known");
    } else if (id == http::field::upgrade) {
      websocket = equal_ignoring_case(value, "websocket");
    }
  }

  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(View part, error_code&) override {
    body_.append(part.data(), part.size());
    return part.size();
  }
  void on_chunk_header_impl(std::uint64_t, View, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, View part, error_code& ec) override {
    return on_body_impl(part, ec);
  }
  void on_finish_impl(error_code&) override {}
  void on_response_impl(int, View, int, error_code&) override {}

  const Limits& limits_;
  std::string& body_;
  const char* base_ = nullptr;
  std::string_view data_;
  bool sized_ = false;
  bool authorized_ = false;
};

struct RequestParser::State {
  std::optional<Message> message;
  bool told_to_continue = false;
};

RequestParser::RequestParser(const Limits& limits)
    : limits_(limits), state_(std::make_unique<State>()) {
  state_->message.emplace(limits_, body_);
}

RequestParser::~RequestParser() = default;

void RequestParser::make_room(std::size_t bytes) {
  if (begin_ == end_) begin_ = parsed_ = end_ = 0;
  if (capacity_ - end_ >= bytes) return;
  // Keep the head, or what there is of it, and what is not parsed yet; a parsed body is elsewhere.
  const std::size_t kept = head_ != 0 ? head_ : parsed_ - begin_;
  const std::size_t waiting = end_ - parsed_;
  std::size_t capacity = std::max(capacity_, first_capacity);
  while (capacity - kept - waiting < bytes) capacity *= 2;
  std::unique_ptr<char[]> moved;
  if (capacity != capacity_) moved = std::make_unique_for_overwrite<char[]>(capacity);
  char* const to = moved ? moved.get() : buffer_.get();
  if (kept != 0) std::memmove(to, buffer_.get() + begin_, kept);
  if (waiting != 0) std::memmove(to + kept, buffer_.get() + parsed_, waiting);
  if (moved) buffer_ = std::move(moved);
  capacity_ = capacity;
  begin_ = 0;
  parsed_ = kept;
  end_ = kept + waiting;
}

std::span<char> RequestParser::room() {
  make_room(512);
  return {buffer_.get() + end_, std::min(capacity_ - end_, body_room)};
}

void RequestParser::received(std::size_t bytes) { end_ += bytes; }

bool RequestParser::idle() const { return begin_ == end_; }
bool RequestParser::in_body() const { return head_ != 0; }
std::string_view RequestParser::unread() const { return {buffer_.get() + parsed_, end_ - parsed_}; }
bool RequestParser::keep_alive() const {
  return state_->message->version == 11 && state_->message->keep_alive();
}
bool RequestParser::upgrade() const {
  const Message& message = *state_->message;
  return message.upgrade() && message.websocket && request_.method == Method::get && !request_.head;
}

RequestParser::Step RequestParser::refuse(int status,
                                          std::string_view code,
                                          std::string_view detail) {
  refusal_ = {status, code, detail};
  return Step::refused;
}

RequestParser::Step RequestParser::step() {
  Message& message = *state_->message;
  if (!message.got_some()) {  // empty lines before a request are forgiven (RFC 9112, 2.2)
    while (end_ - begin_ >= 2 && std::memcmp(buffer_.get() + begin_, "\r\n", 2) == 0) begin_ += 2;
    parsed_ = begin_;
    if (end_ - begin_ == 1 && buffer_[begin_] == '\r') return Step::need_more;  // half of one
  }
  error_code ec;
  parsed_ += message.feed(buffer_.get() + begin_, buffer_.get() + parsed_, end_ - parsed_, ec);
  if (message.refusal) {
    refusal_ = *message.refusal;
    return Step::refused;
  }
  if (ec == http::error::header_limit) {
    return refuse(431, "headers_too_large", "the request's head is too large");
  }
  if (ec == http::error::body_limit) {
    return refuse(413, "body_too_large", "the request's body is too large");
  }
  if (ec && ec != http::error::need_more) {
    return refuse(400, "bad_request", "this is not a valid HTTP/1.1 request");
  }
  if (!message.is_header_done()) {
    if (end_ - begin_ < limits_.header_bytes_max) return Step::need_more;
    return refuse(431, "headers_too_large", "the request's head is too large");
  }
  return head_ == 0 ? head_done() : complete();
}

// The head has just become complete; perhaps the whole message with it.
RequestParser::Step RequestParser::head_done() {
  Message& message = *state_->message;
  // With body bytes parsed too, the head's size is where its last line ended.
  const char* const base = buffer_.get() + begin_;
  const std::string_view parsed(base, parsed_ - begin_);
  const auto& fields = message.fields;
  const std::size_t last = fields.empty() ? message.target.at : fields.back().first.at;
  head_ = parsed.find("\r\n\r\n", last) + 4;
  if (head_ > limits_.header_bytes_max) {
    return refuse(431, "headers_too_large", "the request's head is too large");
  }
  const std::optional<Method> method = method_of(message.verb);
  if (!method) return refuse(501, "not_implemented", "this method is not known here");
  if (message.version == 11 && message.hosts == 0) {
    return refuse(400, "bad_request", "Host is missing");
  }
  const std::string_view target = without_origin({base + message.target.at, message.target.size});
  const bool asterisk = target == "*" && *method == Method::options;
  if (!asterisk && (target.empty() || (target.front() != '/' && target.front() != '?'))) {
    return refuse(400, "bad_request", "the request target must be a path");
  }
  if (target.find('#') != target.npos) {
    return refuse(400, "bad_request", "the request target has a fragment");
  }
  if (message.is_done()) return complete();
  const bool waits = message.expects_continue && message.version == 11 && body_.empty();
  return waits && !std::exchange(state_->told_to_continue, true) ? Step::expects_continue
                                                                 : Step::need_more;
}

RequestParser::Step RequestParser::complete() {
  const Message& message = *state_->message;
  if (!message.is_done()) {
    if (end_ - parsed_ < body_room) return Step::need_more;
    return refuse(400, "bad_request", "a chunk header is too long");
  }
  const char* const base = buffer_.get() + begin_;
  headers_.clear();
  for (const auto& [name, value] : message.fields) {
    headers_.push_back({{base + name.at, name.size}, {base + value.at, value.size}});
  }
  const std::string_view target = without_origin({base + message.target.at, message.target.size});
  const std::size_t mark = std::min(target.find('?'), target.size());
  request_.method = *method_of(message.verb);
  request_.head = message.verb == http::verb::head;
  request_.path = mark == 0 ? "/" : target.substr(0, mark);
  request_.query = mark < target.size() ? target.substr(mark + 1) : std::string_view();
  request_.headers = Headers(headers_);
  request_.body = body_;
  return Step::ready;
}

void RequestParser::next() {
  State& state = *state_;
  auto fields = std::move(state.message->fields);  // its memory serves the next message
  fields.clear();
  state.message.emplace(limits_, body_);
  state.message->fields = std::move(fields);
  state.told_to_continue = false;
  if (body_.capacity() > body_capacity_kept) body_ = {};
  body_.clear();
  begin_ = parsed_;
  head_ = 0;
}

}  // namespace wf::gateway
