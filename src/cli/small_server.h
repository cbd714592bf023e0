// For tests: an HTTP server that answers as it is told.
#pragma once
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "cli/http_client.h"

namespace wf::cli {

// A socket that listens on the loopback, and its port.
inline std::pair<int, std::string> listen_on_loopback() {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  BOOST_REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0);
  BOOST_REQUIRE(::listen(fd, 64) == 0);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return {fd, std::to_string(ntohs(address.sin_port))};
}

// Answers requests one connection and one thread each, as `answer` says.
class SmallServer {
 public:
  using Answer = std::function<std::string(const std::string& request)>;  // status line's rest

  explicit SmallServer(Answer answer) : answer_(std::move(answer)) {
    std::tie(fd_, port_) = listen_on_loopback();
    accepting_ = std::thread([this] { accept(); });
  }
  ~SmallServer() {
    ::shutdown(fd_, SHUT_RDWR);
    accepting_.join();
    for (std::thread& thread : threads_) thread.join();
    ::close(fd_);
  }
  HttpAddress address() const { return {"127.0.0.1", port_}; }

  std::vector<std::string> requests() {
    const std::scoped_lock lock(mutex_);
    return requests_;
  }

 private:
  void accept() {
    for (int fd; (fd = ::accept(fd_, nullptr, nullptr)) >= 0;) {
      threads_.emplace_back([this, fd] { serve(fd); });
    }
  }
  void serve(int fd) {
    std::string bytes;
    char some[4096];
    for (ssize_t n; (n = ::recv(fd, some, sizeof some, 0)) > 0;) {
      bytes.append(some, static_cast<std::size_t>(n));
      while (const std::size_t size = whole(bytes)) {
        const std::string request = bytes.substr(0, size);
        bytes.erase(0, size);
        std::string reply;
        {
          const std::scoped_lock lock(mutex_);
          requests_.push_back(request);
          reply = answer_(request);
        }
        ::send(fd, reply.data(), reply.size(), MSG_NOSIGNAL);
      }
    }
    ::close(fd);
  }
  // The size of the first request, if it is all there.
  static std::size_t whole(const std::string& bytes) {
    const std::size_t end = bytes.find("\r\n\r\n");
    if (end == std::string::npos) return 0;
    const std::size_t at = bytes.find("Content-Length: ");
    const std::size_t size = end + 4 + std::stoul(bytes.substr(at + 16));
    return bytes.size() < size ? 0 : size;
  }

  Answer answer_;
  int fd_ = -1;
  std::string port_;
  std::mutex mutex_;
  std::vector<std::string> requests_;
  std::vector<std::thread> threads_;
  std::thread accepting_;
};

inline std::string reply(int status, const std::string& body) {
  return "HTTP/1.1 " + std::to_string(status) +
         " X\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace wf::cli
