// Frames over plain sockets, and records in them.
#include "cli/control_wire.h"

#include <poll.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/errno_code.h"
#include "cli/stop_signal.h"
#include "cli/unix_socket.h"
#include "storage/bytes.h"

namespace wf::cli {
namespace {

tl::unexpected<Error> gone(const char* what) {
  return fail(
      Code::closed,
      std::string("the running process went away while ") + what + ": " + std::strerror(errno));
}

constexpr int poll_ms = 100;  // how long a stop may go unnoticed

// Until the socket is ready for `events`.
Result<void> await(int fd, short events, Duration silent_for) {
  std::int64_t silent_ms = 0;
  std::int64_t silent_after_stop_ms = 0;
  for (;;) {
    pollfd waiting{fd, events, 0};
    const int ready = ::poll(&waiting, 1, poll_ms);
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return gone("waiting");
    if (ready == 0) silent_ms += poll_ms;
    if (ready == 0 && stop_requested()) silent_after_stop_ms += poll_ms;
    if (silent_after_stop_ms * 1000 >= silence_after_stop.us) {
      return fail(Code::closed, "interrupted");
    }
    if (silent_for.us > 0 && silent_ms * 1000 >= silent_for.us) {
      return fail(Code::unavailable, "it does not answer");
    }
  }
}

Result<void> send_all(int fd, std::string_view rest) {
  while (!rest.empty()) {
    const ssize_t sent = ::send(fd, rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN || errno == EINTR) {
      if (auto ok = await(fd, POLLOUT, {}); !ok) return ok;
    } else {
      return gone("asking");
    }
  }
  return {};
}

Result<void> receive_all(int fd, char* into, std::size_t size, Duration silent_for) {
  while (size > 0) {
    const ssize_t got = ::recv(fd, into, size, MSG_DONTWAIT);
    if (got > 0) {
      into += got;
      size -= static_cast<std::size_t>(got);
    } else if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
      if (auto ok = await(fd, POLLIN, silent_for); !ok) return ok;
    } else {
      return gone("answering");
    }
  }
  return {};
}

}  // namespace

Connection::~Connection() {
  if (fd_ >= 0) ::close(fd_);
}

Result<Connection> Connection::open(const std::string& path) {
  const auto address = unix_address(path);
  if (!address) return tl::unexpected(address.error());
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    const int why = errno;
    return fail(code_of_errno(why), std::string("socket: ") + std::strerror(why));
  }
  Connection connection(fd);
  // A process that accepts no more has a queue that fills.
  const timeval connect_within{.tv_sec = hello_within.us / 1'000'000, .tv_usec = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &connect_within, sizeof connect_within);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0) {
    const int why = errno;
    if (why == EAGAIN) return fail(Code::unavailable, path + ": the process does not answer");
    if (why == EINTR) return fail(Code::closed, "interrupted");
    const bool nobody = why == ENOTDIR || why == ECONNREFUSED;
    return fail(nobody ? Code::not_found : code_of_errno(why), path + ": " + std::strerror(why));
  }
  return connection;
}

Result<void> Connection::send(std::string_view frame) const {
  if (frame.size() > frame_bytes_max) return fail(Code::full, "more than one frame holds");
  const auto size = static_cast<std::uint32_t>(frame.size());
  std::string head;
  put_little(head, size);
  if (auto ok = send_all(fd_, head); !ok) return ok;
  return send_all(fd_, frame);
}

Result<std::string> Connection::receive_within(Duration silent_for) const {
  std::uint32_t size = 0;
  char* const head = reinterpret_cast<char*>(&size);
  if (auto ok = receive_all(fd_, head, sizeof size, silent_for); !ok) {
    return tl::unexpected(ok.error());
  }
  if (size == 0 || size > frame_bytes_max) return fail(Code::corrupt, "a frame of a wrong size");
  std::string frame(size, '\0');
  if (auto ok = receive_all(fd_, frame.data(), size, silent_for); !ok) {
    return tl::unexpected(ok.error());
  }
  return frame;
}

void Connection::shut_down() const { ::shutdown(fd_, SHUT_RDWR); }
void Connection::stop_sending() const { ::shutdown(fd_, SHUT_WR); }

bool Connection::other_stopped() const {
  char next = 0;
  return ::recv(fd_, &next, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

void put_slot(std::string& out, const Slot& slot) {
  put_text(out, slot.topic);
  put_little(out, slot.partition);
}

void put_record(std::string& out, const Record& record) {
  put_little(out, record.offset);
  put_text(out, record.type);
  put_text(out, record.payload);
  const std::size_t at = out.size();
  put_little(out, std::uint32_t{0});
  append_header(out, record);
  const auto size = static_cast<std::uint32_t>(out.size() - at - sizeof(std::uint32_t));
  std::memcpy(out.data() + at, &size, sizeof size);
}

Result<std::vector<Record>> read_records(std::string_view bytes) {
  ByteReader reader(bytes);
  std::vector<Record> records;
  while (reader.ok() && !reader.at_end()) {
    Record record;
    const auto offset = reader.little<Offset>();
    const std::string_view type = reader.text();
    const std::string_view payload = reader.text();
    if (auto ok = read_header(reader.text(), record); !ok) return tl::unexpected(ok.error());
    record.offset = offset;
    record.type = type;
    record.payload = payload;
    records.push_back(record);
  }
  if (!reader.ok()) return fail(Code::corrupt, "a frame ends within a record");
  return records;
}

}  // namespace wf::cli
