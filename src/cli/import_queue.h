// Import lines on their way: those of one stream one after another, streams in parallel.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "cli/import_line.h"

namespace wf::cli {

struct ImportTask {
  std::uint64_t number = 0;  // of the line, from 1
  std::uint32_t group = 0;
  ImportLine line = {};
};

// Any threads: one that adds, several that take.
class ImportQueue {
 public:
  explicit ImportQueue(std::size_t tasks_max) : tasks_max_(tasks_max) {}

  // Waits while the queue is full. False once it is closed.
  bool add(ImportTask task);
  // Waits until all that was added is done. False once it is closed.
  bool drain();
  // No more will be added: take() ends when all are done.
  void finish();
  // Stops at once; what was not taken is dropped.
  void close();

  // A task whose group has no other under way; done() must follow.
  std::optional<ImportTask> take();
  void done(std::uint32_t group);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::unordered_map<std::uint32_t, std::deque<ImportTask>> waiting_;  // a key: it has one running
  std::deque<ImportTask> ready_;
  std::size_t tasks_max_;
  std::size_t open_ = 0;  // added and not done
  bool finished_ = false;
  bool closed_ = false;
};

}  // namespace wf::cli
