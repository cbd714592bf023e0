// A few threads for what is too slow for the io thread: hashing passwords, waiting for the disk.
#pragma once
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace wf::gateway {

// Thread-safe. What is queued when it stops is dropped unrun. Without threads its owner calls
// step().
class WorkPool {
 public:
  using Job = std::function<void()>;  // may not throw

  WorkPool(std::size_t threads, std::size_t queue_max);
  ~WorkPool();

  // False if the queue is full: answer 503.
  bool submit(Job job);
  std::size_t queued() const;
  // Runs the oldest job in the calling thread; false: there is none.
  bool step();
  void stop();

 private:
  void run();

  const std::size_t queue_max_;
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<Job> jobs_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace wf::gateway
