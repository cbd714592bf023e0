// A disk in memory that can lose its power: what was not synced is gone. For tests and the
// simulator.
#pragma once
#include <cstddef>
#include <functional>
#include <memory>

namespace rocksdb {
class Env;
}

namespace wf {

// Thread-safe. Outlives the logs on it.
class MemoryDisk {
 public:
  MemoryDisk();
  ~MemoryDisk();
  MemoryDisk(const MemoryDisk&) = delete;
  MemoryDisk& operator=(const MemoryDisk&) = delete;

  // From here on every write and sync fails, and what was not synced is lost at restore_power().
  // Close the log in between.
  void cut_power();
  // The power goes after that many more writes and syncs.
  void cut_power_after(int operations);
  // Of what was not synced, each file keeps its first `torn` bytes, as a disk may.
  void restore_power(std::size_t torn = 0);

  // Called before each sync, on the thread that syncs: what others see meanwhile, they see while
  // it is not durable.
  void on_sync(std::function<void()> callback);

  // For rocks_*.cpp.
  rocksdb::Env* env() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace wf
