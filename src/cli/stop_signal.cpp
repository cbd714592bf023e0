// The one flag a signal handler may set.
#include "cli/stop_signal.h"

#include <atomic>
#include <csignal>

namespace wf::cli {
namespace {

std::atomic<bool> stopping = false;
static_assert(std::atomic<bool>::is_always_lock_free);

void on_signal(int) { stopping.store(true, std::memory_order_relaxed); }

}  // namespace

void catch_stop_signals() {
  struct sigaction action = {};
  action.sa_handler = on_signal;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

bool stop_requested() { return stopping.load(std::memory_order_relaxed); }

}  // namespace wf::cli
