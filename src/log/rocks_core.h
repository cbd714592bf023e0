// What appenders and readers of one RocksLog share: offsets, the newest blocks, and the one thread
// that writes.
#pragma once
#include <rocksdb/write_batch.h>

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "log/rocks_db.h"

namespace wf::rocks {

// A reader's bell. Guarded by the core's mutex.
struct Bell {
  std::condition_variable rung_or_timeout;
  bool waiting = false;
  bool rung = false;
  void ring() {
    rung = true;
    if (waiting) rung_or_timeout.notify_one();
  }
};

// One partition. Guarded by the core's mutex, except what never changes.
struct Partition {
  std::string prefix;                             // of its keys
  bool at_once = false;                           // readable before it is durable: commands
  Offset next = 0;                                // of the next record appended
  Offset written = 0;                             // below: in RocksDB, the tail may let go of it
  Offset durable = 0;                             // below: synced
  std::deque<std::shared_ptr<const Block>> tail;  // ends at `next`
  std::size_t tail_bytes = 0;
  std::vector<Bell*> bells;  // of the readers of this partition

  Offset visible() const { return at_once ? next : durable; }
};

// Blocks on their way to the disk, written as one batch.
struct Group {
  struct Entry {
    Partition* partition;
    std::shared_ptr<const Block> block;
  };
  std::vector<Entry> entries;
  std::size_t bytes = 0;
  bool sync = false;  // someone waits for it

  Result<void> wait();
  void finish(Result<void> result);

 private:
  std::mutex mutex_;
  std::condition_variable finished_;
  bool done_ = false;
  Result<void> result_;
};

// Thread-safe.
class Core {
 public:
  Core(RocksLogOptions options, OpenedDb opened);
  ~Core();
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  // Reads where every partition ends and starts the log thread.
  Result<void> start();

  Partition* find(const Slot& slot);  // null: no such topic or partition
  Result<void> append(Partition& partition, std::span<const Record> records, Durability durability);

  // See compact_topic().
  Result<std::uint64_t> compact(Partition& partition,
                                const std::function<bool(const Record&)>& drop);

  const Uuid& id() const { return opened_.id; }
  const std::vector<TopicSpec>& topics() const { return opened_.topics; }
  rocksdb::DB& db() { return *opened_.db; }
  std::mutex& mutex() { return mutex_; }

  // Readers and appenders in use; the log must outlive them.
  void enter();
  void leave();

 private:
  bool disk_is_full();
  Instant next_append_time();
  std::shared_ptr<Group> enqueue(Partition& partition, std::string packed, std::size_t records);
  std::shared_ptr<Group> take();
  Result<void> write(const Group& group);
  void publish(const Group& group);
  void commit(std::unique_lock<std::mutex>& lock);
  void fatal(std::unique_lock<std::mutex>& lock, const Error& error);
  bool work_is_due() const;
  void run();

  const RocksLogOptions options_;
  OpenedDb opened_;
  std::unordered_map<std::string, std::vector<std::unique_ptr<Partition>>> partitions_;

  std::mutex mutex_;
  std::condition_variable work_;  // the log thread waits for it
  std::condition_variable room_;  // appenders wait for it while the queue is full
  std::shared_ptr<Group> pending_ = std::make_shared<Group>();
  std::size_t queued_bytes_ = 0;      // pending, and being written
  std::vector<Partition*> unsynced_;  // written since the last sync; may name one twice
  std::chrono::steady_clock::time_point oldest_pending_;
  std::mutex writing_;  // before mutex_: groups are written in the order they were taken
  rocksdb::WriteBatch batch_;  // guarded by writing_; its memory serves the next group
  Instant last_appended_;
  Instant disk_asked_;
  bool disk_full_ = false;
  bool failed_ = false;
  bool stopping_ = false;
  int users_ = 0;
  std::thread thread_;
};

}  // namespace wf::rocks
