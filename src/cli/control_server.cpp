// Accepts connections and gives each its thread.
#include "cli/control_server.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/errno_code.h"
#include "cli/control_session.h"
#include "cli/unix_socket.h"

namespace wf::cli {

struct ControlServer::Session {
  Session(Connection socket, Engine& engine)
      : connection(std::move(socket)), thread([this, &engine] {
          ControlSession(connection, engine).serve();
          finished = true;
        }) {}

  Connection connection;
  std::atomic<bool> finished = false;
  std::thread thread;
};

namespace {

constexpr std::chrono::milliseconds accept_pause{100};

tl::unexpected<Error> failed(const std::string& path) {
  const int why = errno;
  return fail(code_of_errno(why), path + ": " + std::strerror(why));
}

}  // namespace

Result<std::unique_ptr<ControlServer>> ControlServer::open(const std::string& socket_path,
                                                           Engine& engine) {
  const auto address = unix_address(socket_path);
  if (!address) return tl::unexpected(address.error());
  const auto other = Connection::open(socket_path);
  if (other || other.error().code == Code::unavailable) {
    return fail(Code::full, socket_path + ": another process answers there");
  }
  ::unlink(socket_path.c_str());
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return failed(socket_path);
  auto server = std::unique_ptr<ControlServer>(new ControlServer(socket_path, fd, engine));
  ::fchmod(fd, S_IRUSR | S_IWUSR);  // the mode bind() gives the file
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0 ||
      ::chmod(socket_path.c_str(), S_IRUSR | S_IWUSR) != 0 || ::listen(fd, 16) != 0) {
    return failed(socket_path);
  }
  server->accepting_ = std::thread([raw = server.get()] { raw->accept(); });
  return server;
}

ControlServer::ControlServer(std::string path, int fd, Engine& engine)
    : path_(std::move(path)), fd_(fd), engine_(engine) {}

ControlServer::~ControlServer() { stop(); }

void ControlServer::accept() {
  while (!stopping_) {
    const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) {
      // Out of descriptors or memory: it passes. stop() ends the loop by shutting the socket down.
      const bool at_once = errno == EINTR || errno == ECONNABORTED;
      if (!at_once && !stopping_) std::this_thread::sleep_for(accept_pause);
      continue;
    }
    Connection connection(fd);
    const std::scoped_lock lock(mutex_);
    reap(false);
    if (stopping_ || sessions_.size() >= connections_max) continue;
    sessions_.push_back(std::make_unique<Session>(std::move(connection), engine_));
  }
}

// Joins sessions that ended.
void ControlServer::reap(bool all) {
  std::erase_if(sessions_, [all](const std::unique_ptr<Session>& session) {
    if (!all && !session->finished) return false;
    session->connection.shut_down();
    session->thread.join();
    return true;
  });
}

void ControlServer::stop() {
  if (stopping_.exchange(true)) return;
  ::shutdown(fd_, SHUT_RDWR);
  if (accepting_.joinable()) accepting_.join();
  {
    const std::scoped_lock lock(mutex_);
    for (const auto& session : sessions_) session->connection.shut_down();
    reap(true);
  }
  ::close(fd_);
  ::unlink(path_.c_str());
}

}  // namespace wf::cli
