// Addresses to sockets.
#include "storage/remote/socket.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <optional>
#include <system_error>

namespace wf::remote {
namespace {

constexpr std::string_view unix_scheme = "unix:";
constexpr int backlog = 128;
constexpr std::size_t path_bytes_max = sizeof(sockaddr_un::sun_path) - 1;

tl::unexpected<Error> failed(Code code, const std::string& address, int error) {
  return fail(code, address + ": " + std::generic_category().message(error));
}

bool is_unix(std::string_view address) { return address.starts_with(unix_scheme); }

Endpoint unix_endpoint(std::string_view address) {
  const std::string_view path = address.substr(unix_scheme.size());
  Endpoint endpoint{.address = std::string(address)};
  auto* const to = reinterpret_cast<sockaddr_un*>(&endpoint.storage);
  to->sun_family = AF_UNIX;
  std::memcpy(to->sun_path, path.data(), path.size());
  endpoint.size = sizeof(sockaddr_un);
  return endpoint;
}

struct HostPort {
  std::string host;
  std::string port;
};

// "host:port", "[::1]:port".
std::optional<HostPort> host_port(std::string_view address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = address.substr(0, colon);
  const std::string_view port = address.substr(colon + 1);
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error != std::errc() || end != port.data() + port.size()) return std::nullopt;
  const bool brackets = host.starts_with('[') && host.ends_with(']');
  if (brackets) host = host.substr(1, host.size() - 2);
  if (host.empty() || (!brackets && host.find(':') != std::string_view::npos)) return std::nullopt;
  return HostPort{std::string(host), std::string(port)};
}

sockaddr* raw(Endpoint& endpoint) { return reinterpret_cast<sockaddr*>(&endpoint.storage); }
const sockaddr* raw(const Endpoint& endpoint) {
  return reinterpret_cast<const sockaddr*>(&endpoint.storage);
}

bool is_private(const Endpoint& endpoint) {
  if (endpoint.storage.ss_family == AF_INET) {
    const auto* const v4 = reinterpret_cast<const sockaddr_in*>(&endpoint.storage);
    const std::uint32_t ip = ntohl(v4->sin_addr.s_addr);
    return ip >> 24 == 127 || ip >> 24 == 10 || ip >> 20 == 0xAC1 || ip >> 16 == 0xC0A8 ||
           ip >> 16 == 0xA9FE;
  }
  const auto* const v6 = reinterpret_cast<const sockaddr_in6*>(&endpoint.storage);
  return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr) || IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr) ||
         (v6->sin6_addr.s6_addr[0] & 0xFE) == 0xFC;
}

Socket open_socket(const Endpoint& endpoint) {
  const int family = endpoint.storage.ss_family;
  Socket socket(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  if (family != AF_UNIX) {
    ::setsockopt(socket.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::setsockopt(socket.fd(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  }
  return socket;
}

// A socket file that nobody listens at goes.
Result<void> clear_path(const Endpoint& endpoint) {
  const std::string path = endpoint.address.substr(unix_scheme.size());
  struct stat there {};
  if (::lstat(path.c_str(), &there) != 0) return {};
  if (!S_ISSOCK(there.st_mode)) return fail(Code::invalid, path + ": not a socket");
  const Socket probe = open_socket(endpoint);
  if (::connect(probe.fd(), raw(endpoint), endpoint.size) == 0 || errno != ECONNREFUSED) {
    return fail(Code::unavailable, endpoint.address + ": another process listens there");
  }
  if (::unlink(path.c_str()) != 0) return failed(Code::io, path, errno);
  return {};
}

std::string with_port(const std::string& address, int fd) {
  Endpoint bound;
  bound.size = sizeof bound.storage;
  if (is_unix(address) || ::getsockname(fd, raw(bound), &bound.size) != 0) return address;
  const std::uint16_t port = bound.storage.ss_family == AF_INET
                                 ? reinterpret_cast<const sockaddr_in*>(&bound.storage)->sin_port
                                 : reinterpret_cast<const sockaddr_in6*>(&bound.storage)->sin6_port;
  return address.substr(0, address.rfind(':') + 1) + std::to_string(ntohs(port));
}

}  // namespace

Result<void> check_address(std::string_view address) {
  if (is_unix(address)) {
    const std::size_t size = address.size() - unix_scheme.size();
    if (size > 0 && size <= path_bytes_max) return {};
    return fail(Code::invalid,
                std::string(address) + ": the path of a socket has 1 to " +
                    std::to_string(path_bytes_max) + " bytes");
  }
  if (host_port(address)) return {};
  return fail(Code::invalid, std::string(address) + ": neither unix:PATH nor host:port");
}

Result<Endpoint> resolve(const std::string& address) {
  if (auto ok = check_address(address); !ok) return tl::unexpected(ok.error());
  if (is_unix(address)) return unix_endpoint(address);
  const HostPort parts = *host_port(address);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(parts.host.c_str(), parts.port.c_str(), &hints, &found);
  if (error != 0) return fail(Code::not_found, address + ": " + ::gai_strerror(error));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  Endpoint endpoint{.address = address};
  std::memcpy(&endpoint.storage, found->ai_addr, found->ai_addrlen);
  endpoint.size = found->ai_addrlen;
  return endpoint;
}

Result<Listening> listen_on(const std::string& address) {
  const auto endpoint = resolve(address);
  if (!endpoint) return tl::unexpected(endpoint.error());
  const bool local = is_unix(address);
  if (!local && !is_private(*endpoint)) {
    return fail(Code::forbidden, address + ": tables are served at private addresses only");
  }
  if (local) {
    if (auto ok = clear_path(*endpoint); !ok) return tl::unexpected(ok.error());
  }
  Socket socket = open_socket(*endpoint);
  if (socket.fd() < 0) return failed(Code::io, address, errno);
  // Before bind: Linux gives the file the socket's mode, so it is never open to others.
  if (local && ::fchmod(socket.fd(), S_IRUSR | S_IWUSR) != 0) {
    return failed(Code::io, address, errno);
  }
  if (::bind(socket.fd(), raw(*endpoint), endpoint->size) != 0 ||
      ::listen(socket.fd(), backlog) != 0) {
    return failed(errno == EADDRINUSE ? Code::unavailable : Code::io, address, errno);
  }
  std::string bound = with_port(address, socket.fd());
  return Listening{std::move(socket), std::move(bound)};
}

Result<Socket> connect_to(const Endpoint& endpoint, Deadline deadline) {
  const std::string& address = endpoint.address;
  Socket socket = open_socket(endpoint);
  if (socket.fd() < 0) return failed(Code::io, address, errno);
  if (::connect(socket.fd(), raw(endpoint), endpoint.size) == 0) return socket;
  if (errno != EINPROGRESS) return failed(Code::unavailable, address, errno);
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  pollfd waiting{socket.fd(), POLLOUT, 0};
  const int timeout = static_cast<int>(std::max<std::int64_t>(left.count(), 0));
  if (::poll(&waiting, 1, timeout) <= 0) return failed(Code::timeout, address, ETIMEDOUT);
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(socket.fd(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return failed(Code::unavailable, address, error);
  return socket;
}

}  // namespace wf::remote
