// The embedded log, the default: one RocksDB directory, one write-ahead log for all topics, one
// process.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "log/log.h"

namespace wf {

class MemoryDisk;

struct RocksLogOptions {
  std::string path;  // a directory of its own
  // `keys` must be among them. A log that exists keeps its partition counts (Code::mismatch
  // otherwise); topics it does not have yet are added, those not named here stay.
  std::vector<TopicSpec> topics;
  bool create = true;                                // false: Code::not_found if there is no log
  Uuid id;                                           // of a new log; nil: random
  std::function<Instant()> now = wall_clock;         // for Record::appended; see below
  std::size_t queue_bytes = std::size_t{64} << 20U;  // waiting for the disk; then appenders wait
  std::size_t tail_bytes = std::size_t{4} << 20U;    // newest records kept in memory, per slot
  Duration unsynced_for = Duration::millis(5);       // `with_outcome` is written after this at most
  // Below this share of free disk, appends fail with Code::full, reads go on, and the appender is
  // not dead: it may try again. Asked at most once a second.
  int min_free_disk_percent = 5;
  std::function<int()> free_disk_percent;  // empty: asks the file system
  // A write or fsync that failed leaves unknown what is on the disk: the process ends at once, with
  // one line and exit code 70. Tests may look instead; then every later append is Code::io.
  std::function<void(const std::string&)> on_fatal;
  // No thread: `now` commits in the calling thread, `with_outcome` waits for the next commit; while
  // the disk syncs, others may read (MemoryDisk::on_sync). For the simulator.
  bool inline_commit = false;
  MemoryDisk* disk = nullptr;  // null: the real one; else outlives the log
};

// Code::unavailable if another process (or object) has the directory open.
//
// What it does beyond log.h: records of one append() stay together and are stored whole or not at
// all; an event is never durable without every record appended before it, in whatever slot; an
// append of no records with `now` returns when all that was appended before is durable. Offsets of
// commands that were not durable at a power loss are used again. One append holds at most 32 MiB
// (Code::invalid beyond; nothing is written and the appender lives). When the clock steps back,
// Record::appended stands still, beyond five seconds it follows.
Result<std::unique_ptr<Log>> open_rocks_log(RocksLogOptions options);

// Whether a log is in that directory, which may not be there. Code::corrupt if one is that has lost
// the file it is opened by; open_rocks_log() says the same, and touches nothing.
Result<bool> has_rocks_log(const std::string& path);

// Takes the records that `drop` names out of a compacted topic for good: their bytes leave memory
// and disk, their offsets stay and are passed over by readers. Only what is durable is looked at,
// and the log's id is kept. `log` is from open_rocks_log(); it may be in use. Returns how many
// went. Code::invalid if the topic is not compacted.
Result<std::uint64_t> compact_topic(Log& log,
                                    const std::string& topic,
                                    const std::function<bool(const Record&)>& drop);

}  // namespace wf
