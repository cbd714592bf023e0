// Many WebSocket subscribers in one thread, for scripts/bench: for every message number prints when
// it reached them. usage: subscribers PORT PATH COUNT
//
// Prints {"ready":COUNT} once all are connected, then a line per broadcast that reached all: its
// number among them, and the times (CLOCK_MONOTONIC, ns) by which one in a hundred of them had read
// its last byte, two, three, and so on to all. Ends when a connection does.
#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::size_t buffer_bytes = 64 * 1024;

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::exit(1);
}

std::int64_t now_ns() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

// Frames of a server are not masked, those of a client are (RFC 6455, 5.1).
class Subscriber {
 public:
  Subscriber(std::uint16_t port, const std::string& path) {
    file_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (file_ < 0 || connect(file_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) {
      die("connect");
    }
    const std::string request = fmt::format(
        "GET {} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        path);
    if (send(file_, request.data(), request.size(), 0) != static_cast<ssize_t>(request.size())) {
      die("send");
    }
  }

  // Reads what has come; how many messages are complete now.
  std::size_t read() {
    std::array<char, buffer_bytes> bytes{};
    const ssize_t size = recv(file_, bytes.data(), bytes.size(), 0);
    if (size <= 0) return closed();
    received_.append(bytes.data(), static_cast<std::size_t>(size));
    if (!open_ && !skip_answer()) return 0;
    std::size_t messages = 0;
    while (take_frame(messages)) {
    }
    return messages;
  }

  int file() const { return file_; }
  bool open() const { return open_; }

 private:
  static std::size_t closed() {
    std::fputs("subscribers: a connection ended\n", stderr);
    std::exit(1);
  }
  bool skip_answer() {
    const std::size_t end = received_.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    if (!received_.starts_with("HTTP/1.1 101")) {
      std::fprintf(stderr, "subscribers: %s\n", received_.c_str());
      std::exit(1);
    }
    received_.erase(0, end + 4);
    return open_ = true;
  }
  bool take_frame(std::size_t& messages) {
    const auto at = [this](std::size_t i) { return static_cast<unsigned char>(received_[i]); };
    if (received_.size() < 2) return false;
    std::size_t head = 2;
    std::size_t size = at(1);
    if (size == 126) {
      if (received_.size() < 4) return false;
      head = 4;
      size = std::size_t{at(2)} << 8U | at(3);
    }
    if (received_.size() < head + size) return false;
    const bool ping = (at(0) & 0x0FU) == 9;
    if (ping) answer_ping(std::string_view(received_).substr(head, size));
    messages += ping ? 0 : 1;
    received_.erase(0, head + size);
    return true;
  }
  void answer_ping(std::string_view payload) const {
    std::string pong = "\x8A";
    pong += static_cast<char>(0x80U | payload.size());
    pong.append(4, '\0').append(payload);  // a mask of zeros
    static_cast<void>(send(file_, pong.data(), pong.size(), 0));
  }

  int file_;
  bool open_ = false;
  std::string received_;
};

void print_ready(std::size_t count) {
  fmt::print("{{\"ready\":{}}}\n", count);
  std::fflush(stdout);
}

void print_times(std::size_t number, std::vector<std::int64_t>& times) {
  std::ranges::sort(times);
  std::vector<std::int64_t> percentiles;
  for (std::size_t percent = 1; percent <= 100; ++percent) {
    percentiles.push_back(times[(times.size() * percent + 99) / 100 - 1]);
  }
  fmt::print("{{\"broadcast\":{},\"percentiles\":[{}]}}\n", number, fmt::join(percentiles, ","));
  std::fflush(stdout);
}

int run(std::uint16_t port, const std::string& path, std::size_t count) {
  const int poll = epoll_create1(0);
  std::vector<Subscriber> subscribers;
  std::vector<std::size_t> heard(count);  // messages each has got
  std::map<std::size_t, std::vector<std::int64_t>> times;
  subscribers.reserve(count);
  std::size_t ready = 0;
  std::array<epoll_event, 256> events{};
  const auto pump = [&](int wait_ms) {
    const int n = epoll_wait(poll, events.data(), static_cast<int>(events.size()), wait_ms);
    for (int i = 0; i < n; ++i) {
      const std::size_t who = events[static_cast<std::size_t>(i)].data.u64;
      const bool was_open = subscribers[who].open();
      std::size_t left = subscribers[who].read();
      if (!was_open && subscribers[who].open() && ++ready == count) print_ready(count);
      for (; left > 0; --left) {
        auto& of_this = times[heard[who]++];
        of_this.push_back(now_ns());
        if (of_this.size() == count) print_times(heard[who] - 1, of_this);
      }
    }
  };
  for (std::size_t i = 0; i < count; ++i) {
    subscribers.emplace_back(port, path);
    epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
    if (epoll_ctl(poll, EPOLL_CTL_ADD, subscribers.back().file(), &event) != 0) die("epoll_ctl");
    pump(0);
    while (i + 1 - ready > 64) pump(-1);  // no more than the server's backlog
  }
  for (;;) pump(-1);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  return run(static_cast<std::uint16_t>(std::atoi(argv[1])),
             argv[2],
             static_cast<std::size_t>(std::atoll(argv[3])));
}
