// How a worker whose work may wait a little lets those run first whom clients wait for.
#pragma once
#include <chrono>
#include <cstdint>
#include <thread>

#include "base/time.h"

namespace wf {

// Between two small pieces of work the worker asks `pause`, which now and then offers its CPU to
// whoever is ready to run: sched_yield(2). With more threads than CPUs the kernel would let it
// finish its slice of milliseconds. It does so no longer than it has patience: beside other load a
// yield may cost it a slice of another process each time. One thread's.
class Courtesy {
 public:
  Courtesy() = default;  // has none
  explicit Courtesy(Duration patience)
      : until_(std::chrono::steady_clock::now() + std::chrono::microseconds(patience.us)) {}

  void pause() {
    if (++pieces_ % pieces_between != 0 || std::chrono::steady_clock::now() >= until_) return;
    std::this_thread::yield();
  }

 private:
  static constexpr std::uint32_t pieces_between = 32;  // some 100 µs of folding

  std::chrono::steady_clock::time_point until_;
  std::uint32_t pieces_ = 0;
};

}  // namespace wf
