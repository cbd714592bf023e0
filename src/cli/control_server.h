// VAR/control.sock: what a running process does for the command line.
#pragma once
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "cli/control_wire.h"
#include "cli/engine.h"

namespace wf::cli {

// Listens with mode 0600, so that only the process's own user may ask. One thread per connection,
// at most `connections_max`; more are closed at once. open() and stop() from one thread.
class ControlServer {
 public:
  static constexpr std::size_t connections_max = 64;

  // `engine` outlives the server. A socket that an earlier process left is replaced; Code::full if
  // somebody answers on it.
  static Result<std::unique_ptr<ControlServer>> open(const std::string& socket_path,
                                                     Engine& engine);
  ~ControlServer();
  // Ends what is being asked, joins every thread and removes the socket.
  void stop();

 private:
  struct Session;
  ControlServer(std::string path, int fd, Engine& engine);
  void accept();
  void reap(bool all);

  std::string path_;
  int fd_;
  Engine& engine_;
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Session>> sessions_;
  std::thread accepting_;
};

}  // namespace wf::cli
