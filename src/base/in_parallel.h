// The same work on a few threads, each taking the next piece when it is done with one.
#pragma once
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace wf {

// Calls work(0) … work(count - 1), in any order, and returns when all are done. The calling thread
// is one of `threads`. `work` must not throw.
template <class Work>
void in_parallel(std::size_t threads, std::size_t count, const Work& work) {
  std::atomic<std::size_t> next = 0;
  const auto run = [&] {
    for (std::size_t n = next++; n < count; n = next++) work(n);
  };
  std::vector<std::jthread> helpers;
  for (std::size_t n = 1; n < std::min(threads, count); ++n) helpers.emplace_back(run);
  run();
}

}  // namespace wf
