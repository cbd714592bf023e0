// Frames over a non-blocking socket: every wait is a poll with what is left of the deadline.
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "storage/bytes.h"
#include "storage/remote/socket.h"

namespace wf::remote {
namespace {

constexpr std::size_t buffer_bytes = 16 * 1024;
constexpr std::size_t buffer_bytes_kept = 1024 * 1024;  // a larger one is for its frame only

tl::unexpected<Error> failed(int error) {
  const bool gone = error == EPIPE || error == ECONNRESET;
  return fail(gone ? Code::closed : Code::io, std::generic_category().message(error));
}

Result<void> ready(int fd, short events, Deadline deadline) {
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd waiting{fd, events, 0};
    const int timeout = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 3'600'000));
    const int count = ::poll(&waiting, 1, timeout);
    if (count > 0) return {};
    if (count < 0 && errno != EINTR) return failed(errno);
    if (std::chrono::steady_clock::now() >= deadline)
      return fail(Code::timeout, "it took too long");
  }
}

}  // namespace

Deadline after(Duration duration) {
  return std::chrono::steady_clock::now() + std::chrono::microseconds(duration.us);
}

Socket::~Socket() {
  if (fd_ >= 0) ::close(fd_);
}

FrameStream::FrameStream(Socket socket, std::size_t receive_bytes_max)
    : socket_(std::move(socket)), receive_bytes_max_(receive_bytes_max), buffer_(buffer_bytes, 0) {}

Result<void> FrameStream::send(std::string& frame, Deadline deadline) {
  std::string head;
  put_little(head, static_cast<std::uint32_t>(frame.size() - head_bytes));
  frame.replace(0, head_bytes, head);
  for (std::string_view rest = frame; !rest.empty();) {
    const ssize_t sent = ::send(socket_.fd(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      if (auto ok = ready(socket_.fd(), POLLOUT, deadline); !ok) return ok;
    } else if (errno != EINTR) {
      return failed(errno);
    }
  }
  return {};
}

Result<void> FrameStream::wait(Deadline deadline) {
  if (held() > 0) return {};
  return ready(socket_.fd(), POLLIN, deadline);
}

// Until `wanted` bytes are held.
Result<void> FrameStream::fill(std::size_t wanted, Deadline deadline) {
  while (held() < wanted) {
    if (buffer_.size() - begin_ < wanted) {
      buffer_.erase(0, begin_);
      end_ -= std::exchange(begin_, 0);
      buffer_.resize(std::max(wanted, buffer_bytes));
    }
    const ssize_t got = ::recv(socket_.fd(), buffer_.data() + end_, buffer_.size() - end_, 0);
    if (got == 0) return fail(Code::closed, "the other end has gone");
    if (got > 0) {
      end_ += static_cast<std::size_t>(got);
    } else if (errno == EAGAIN) {
      if (auto ok = ready(socket_.fd(), POLLIN, deadline); !ok) return ok;
    } else if (errno != EINTR) {
      return failed(errno);
    }
  }
  return {};
}

Result<std::string_view> FrameStream::receive(Deadline deadline) {
  if (held() == 0) {
    begin_ = end_ = 0;
    if (buffer_.size() > buffer_bytes_kept) buffer_ = std::string(buffer_bytes, 0);
  }
  if (auto ok = fill(head_bytes, deadline); !ok) return tl::unexpected(ok.error());
  const std::size_t size =
      ByteReader(std::string_view(buffer_).substr(begin_, head_bytes)).little<std::uint32_t>();
  if (size > receive_bytes_max_) {
    return fail(Code::full, "a frame of " + std::to_string(size) + " bytes");
  }
  if (auto ok = fill(head_bytes + size, deadline); !ok) return tl::unexpected(ok.error());
  const auto frame = std::string_view(buffer_).substr(begin_ + head_bytes, size);
  begin_ += head_bytes + size;
  return frame;
}

void FrameStream::shut_down() const { ::shutdown(socket_.fd(), SHUT_RDWR); }

}  // namespace wf::remote
