// The blocking client behind test_client.h.
#include "gateway/test_client.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <charconv>

#include "base/check.h"

namespace wf::gateway::test {
namespace {

constexpr int bound_seconds = 30;

std::size_t length_in(const std::string& head) {
  constexpr std::string_view name = "Content-Length: ";
  const std::size_t at = head.find(name);
  std::size_t length = 0;
  if (at == head.npos) return 0;
  std::from_chars(head.data() + at + name.size(), head.data() + head.size(), length);
  return length;
}

}  // namespace

Client::Client(std::uint16_t port, bool tls) {
  socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
  WF_CHECK(socket_ >= 0);
  const timeval bound{bound_seconds, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof bound);
  ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &bound, sizeof bound);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  WF_CHECK(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  if (!tls) return;
  context_ = SSL_CTX_new(TLS_client_method());
  tls_ = SSL_new(context_);
  SSL_set_fd(tls_, socket_);
  WF_CHECK(SSL_connect(tls_) == 1);
}

Client::~Client() {
  if (tls_ != nullptr) SSL_free(tls_);
  if (context_ != nullptr) SSL_CTX_free(context_);
  ::close(socket_);
}

bool Client::arrived() const {
  int unacknowledged = 1;
  return ::ioctl(socket_, SIOCOUTQ, &unacknowledged) == 0 && unacknowledged == 0;
}

void Client::shrink_receive_buffer() {
  const int size = 1;  // the kernel rounds up to its least
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
}

void Client::vanish() {
  sock_filter nothing_passes{.code = BPF_RET | BPF_K, .jt = 0, .jf = 0, .k = 0};
  const sock_fprog program{.len = 1, .filter = &nothing_passes};
  WF_CHECK(::setsockopt(socket_, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0);
}

void Client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = tls_ != nullptr
                          ? SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size()))
                          : ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool Client::read_some() {
  std::array<char, 16384> chunk;
  const auto got = tls_ != nullptr ? SSL_read(tls_, chunk.data(), static_cast<int>(chunk.size()))
                                   : ::recv(socket_, chunk.data(), chunk.size(), 0);
  if (got <= 0) return false;
  buffer_.append(chunk.data(), static_cast<std::size_t>(got));
  return true;
}

Reply Client::receive(bool head_only) {
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == buffer_.npos) {
    if (!read_some()) return {};
  }
  Reply reply;
  reply.head = buffer_.substr(0, end + 2);
  buffer_.erase(0, end + 4);
  if (reply.head.size() > 12) std::from_chars(&reply.head[9], &reply.head[12], reply.status);
  reply.body = receive_bytes(head_only ? 0 : length_in(reply.head));
  return reply;
}

Reply Client::ask(std::string_view bytes) {
  send(bytes);
  return receive();
}

std::string Client::receive_bytes(std::size_t size) {
  while (buffer_.size() < size && read_some()) {
  }
  std::string bytes = buffer_.substr(0, size);
  buffer_.erase(0, bytes.size());
  return bytes;
}

bool Client::closed() {
  errno = 0;  // an end leaves it as it is
  while (read_some()) buffer_.clear();
  return errno != EAGAIN && errno != EWOULDBLOCK;
}

}  // namespace wf::gateway::test
