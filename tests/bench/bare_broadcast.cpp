// The least a broadcast over TCP can cost, to compare with: accepts COUNT WebSocket subscribers and
// sends each the same bytes, in a plain loop, for every line of its input.
// usage: bare_broadcast COUNT BYTES
//
// Prints {"port":N}, and before each round {"sent":N} (CLOCK_MONOTONIC, ns).
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

namespace {

void tell(const char* what, std::int64_t number) {
  fmt::print("{{\"{}\":{}}}\n", what, number);
  std::fflush(stdout);
}

int listen_on_any_port() {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  if (bind(listener, reinterpret_cast<sockaddr*>(&at), size) != 0 || listen(listener, 256) != 0 ||
      getsockname(listener, reinterpret_cast<sockaddr*>(&at), &size) != 0) {
    std::perror("listen");
    std::exit(1);
  }
  tell("port", ntohs(at.sin_port));
  return listener;
}

std::string frame_of(std::size_t bytes) {
  std::string frame = "\x81\x7e";  // text, 16 bits of length (RFC 6455, 5.2)
  frame += static_cast<char>(bytes >> 8U);
  frame += static_cast<char>(bytes & 0xFFU);
  return frame.append(bytes, 'x');
}

int run(std::size_t count, std::size_t bytes) {
  const int listener = listen_on_any_port();
  const std::string answer = "HTTP/1.1 101 Switching Protocols\r\n\r\n";
  std::vector<int> subscribers;
  while (subscribers.size() < count) {
    const int one = accept(listener, nullptr, nullptr);
    char request[1024];
    if (one < 0 || recv(one, request, sizeof request, 0) <= 0) return 1;
    if (send(one, answer.data(), answer.size(), 0) < 0) return 1;
    subscribers.push_back(one);
  }
  const std::string frame = frame_of(bytes);
  for (std::string line; std::getline(std::cin, line);) {
    tell("sent", std::chrono::steady_clock::now().time_since_epoch().count());
    for (const int one : subscribers) {
      if (send(one, frame.data(), frame.size(), 0) < 0) return 1;
    }
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  return run(static_cast<std::size_t>(std::atoll(argv[1])),
             static_cast<std::size_t>(std::atoll(argv[2])));
}
