// The one small loop that owns a worker's thread, its waiting and the clock; and how workers wait.
#pragma once
#include <algorithm>
#include <chrono>
#include <functional>
#include <stop_token>
#include <string>
#include <thread>

#include "base/time.h"
#include "log/log.h"

namespace wf {

struct LoopOptions {
  Duration wait_max = Duration::millis(100);  // how long a stop may go unnoticed
  Duration window;  // at least this long between two steps, so that a batch gathers
};

// Whether a wait is over that is never longer than `longest`: a clock that was set back since it
// began does not make it longer.
inline bool is_over(Instant until, Instant now, Duration longest) {
  return now >= until || until > now + longest;
}

// Steps until it is told to stop; a worker that has stopped is asked again, like an idle one. A
// Worker has step(now) → Progress, next_due(now) and reader().
// `after` runs on the same thread after each step, to publish what others may see of it.
template <class Worker, class After>
void run_worker(const std::stop_token& stop,
                Worker& worker,
                const LoopOptions& options,
                const After& after) {
  while (!stop.stop_requested()) {
    const auto began = std::chrono::steady_clock::now();  // the wall clock may be set back by hours
    const Instant now = wall_clock();
    const auto progress = worker.step(now);
    after();
    if (progress != Worker::Progress::busy) {
      const Duration until = worker.next_due(now) - wall_clock();
      const Duration wait = std::clamp(until, Duration::millis(1), options.wait_max);
      if (Reader* reader = worker.reader()) {
        reader->wait(wait);
      } else {
        std::this_thread::sleep_for(std::chrono::microseconds(wait.us));
      }
    }
    std::this_thread::sleep_until(began + std::chrono::microseconds(options.window.us));
  }
}

}  // namespace wf
