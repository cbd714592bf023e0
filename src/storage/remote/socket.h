// Stream sockets at `unix:PATH` or a private `host:port`, and frames with deadlines over them.
#pragma once
#include <sys/socket.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "base/time.h"

namespace wf::remote {

using Deadline = std::chrono::steady_clock::time_point;
Deadline after(Duration duration);

// Owns a descriptor.
class Socket {
 public:
  explicit Socket(int fd = -1) : fd_(fd) {}
  ~Socket();
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  int fd() const { return fd_; }

 private:
  int fd_;
};

// Whether it is an address at all; names are not looked up. Code::invalid says why not.
Result<void> check_address(std::string_view address);

// An address as the kernel takes it.
struct Endpoint {
  std::string address;
  sockaddr_storage storage{};
  socklen_t size = 0;
};
// Looks names up, which may take as long as the resolver wants. Code::invalid, not_found.
Result<Endpoint> resolve(const std::string& address);

struct Listening {
  Socket socket;
  std::string address;  // with the port that was chosen where 0 was asked for
};
// A Unix socket is 0600, and replaces one that a dead process left; Code::unavailable if a living
// one listens there. Code::forbidden if the host's address is not loopback, private or link-local:
// what is served here has no authentication of its own.
Result<Listening> listen_on(const std::string& address);

// Code::unavailable if nobody listens there; Code::timeout.
Result<Socket> connect_to(const Endpoint& endpoint, Deadline deadline);

// A frame is its size (4 bytes, little-endian) and that many bytes. One thread at a time;
// shut_down() from any. After an error the stream is of no further use.
class FrameStream {
 public:
  static constexpr std::size_t head_bytes = 4;

  FrameStream(Socket socket, std::size_t receive_bytes_max);

  // `frame` begins with head_bytes of room, which this fills in.
  Result<void> send(std::string& frame, Deadline deadline);
  // Until a frame has begun to arrive. Code::timeout, Code::closed at the end of the stream.
  Result<void> wait(Deadline deadline);
  // The next frame, without its head; valid until the next call. Code::full if it is larger than
  // this end takes.
  Result<std::string_view> receive(Deadline deadline);
  void shut_down() const;

 private:
  Result<void> fill(std::size_t wanted, Deadline deadline);
  std::size_t held() const { return end_ - begin_; }

  Socket socket_;
  std::size_t receive_bytes_max_;
  std::string buffer_;
  std::size_t begin_ = 0;  // of what was received and not yet taken
  std::size_t end_ = 0;
};

}  // namespace wf::remote
