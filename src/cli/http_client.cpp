// Sockets, plain or under TLS, with Beast to parse what comes back.
#include "cli/http_client.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cerrno>
#include <cstring>

namespace wf::cli {
namespace {

namespace http = boost::beast::http;

constexpr std::uint64_t body_max = 1u << 20;

tl::unexpected<Error> broken(const HttpAddress& address, std::string_view what) {
  return fail(Code::unavailable,
              fmt::format("{}:{}: {}: {}", address.host, address.port, what, std::strerror(errno)));
}

void set_timeouts(int fd, Duration timeout) {
  const timeval limit{.tv_sec = timeout.us / 1'000'000, .tv_usec = timeout.us % 1'000'000};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

}  // namespace

Result<HttpAddress> HttpAddress::parse(std::string_view url) {
  constexpr std::string_view plain = "http://";
  constexpr std::string_view secure = "https://";
  HttpAddress address;
  address.tls = url.starts_with(secure);
  if (!address.tls && !url.starts_with(plain)) {
    return fail(Code::invalid, "--url starts with http:// or https://");
  }
  if (address.tls) address.port = "443";
  url.remove_prefix(address.tls ? secure.size() : plain.size());
  if (url.ends_with('/')) url.remove_suffix(1);
  const std::size_t colon = url.rfind(':');
  const bool has_port = colon != std::string_view::npos && url.find(']', colon) == url.npos;
  address.host = url.substr(0, has_port ? colon : url.size());
  if (has_port) address.port = url.substr(colon + 1);
  if (address.host.starts_with('[') && address.host.ends_with(']')) {
    address.host = address.host.substr(1, address.host.size() - 2);
  }
  if (address.host.empty() || address.port.empty() || url.find('/') != url.npos) {
    return fail(Code::invalid, "--url is http://HOST:PORT or https://HOST:PORT");
  }
  return address;
}

Result<void> HttpClient::connect() {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(address_.host.c_str(), address_.port.c_str(), &hints, &found) != 0) {
    return fail(Code::unavailable, "no address for " + address_.host);
  }
  for (const addrinfo* one = found; one != nullptr && fd_ < 0; one = one->ai_next) {
    fd_ = ::socket(one->ai_family, one->ai_socktype | SOCK_CLOEXEC, one->ai_protocol);
    if (fd_ < 0) continue;
    set_timeouts(fd_, timeout_);
    if (::connect(fd_, one->ai_addr, one->ai_addrlen) != 0) close();
  }
  ::freeaddrinfo(found);
  if (fd_ < 0) return broken(address_, "cannot connect");
  if (!address_.tls) return {};
  auto secured = secure();
  if (!secured) close();
  return secured;
}

Result<void> HttpClient::secure() {
  if (!tls_) {
    auto made = TlsClient::make(address_.ca);
    if (!made) return tl::unexpected(made.error());
    tls_ = std::move(*made);
  }
  return tls_->connect(fd_, address_.host);
}

void HttpClient::close() {
  if (tls_) tls_->close();
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

Result<void> HttpClient::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = tls_ ? tls_->send(bytes.data(), bytes.size())
                              : ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return broken(address_, "cannot send");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return {};
}

Result<HttpReply> HttpClient::read(bool& keep) {
  http::response_parser<http::string_body> parser;
  parser.eager(true);
  parser.body_limit(body_max);
  std::string pending;
  std::array<char, 16384> bytes;
  while (!parser.is_done()) {
    const ssize_t got = tls_ ? tls_->receive(bytes.data(), bytes.size())
                             : ::recv(fd_, bytes.data(), bytes.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return broken(address_, "no answer");
    if (got == 0) return fail(Code::unavailable, address_.host + " closed the connection");
    pending.append(bytes.data(), static_cast<std::size_t>(got));
    boost::beast::error_code error;
    const std::size_t used = parser.put(boost::asio::buffer(pending), error);
    pending.erase(0, used);
    if (error && error != http::error::need_more) {
      return fail(Code::unavailable, address_.host + " does not speak HTTP: " + error.message());
    }
  }
  keep = parser.get().keep_alive() && pending.empty();
  HttpReply reply;
  reply.status = static_cast<int>(parser.get().result_int());
  reply.retry_after = std::string(parser.get()[http::field::retry_after]);
  reply.position = std::string(parser.get()["Wayfold-Position"]);
  reply.body = std::move(parser.get().body());
  return reply;
}

Result<HttpReply> HttpClient::send(std::string_view method,
                                   std::string_view target,
                                   const Headers& headers,
                                   std::string_view body) {
  if (fd_ < 0) {
    if (auto ok = connect(); !ok) return tl::unexpected(ok.error());
  }
  request_ = fmt::format("{} {} HTTP/1.1\r\nHost: {}:{}\r\nContent-Length: {}\r\n",
                         method,
                         target,
                         address_.host,
                         address_.port,
                         body.size());
  for (const auto& [name, value] : headers) {
    request_.append(name).append(": ").append(value).append("\r\n");
  }
  request_.append("\r\n").append(body);
  bool keep = false;
  const auto sent = write(request_);
  auto reply = sent ? read(keep) : tl::unexpected(sent.error());
  if (!keep) close();
  return reply;
}

}  // namespace wf::cli
