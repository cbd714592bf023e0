// The log: append, read, end. rocks_log on one machine, kafka_log on many, faulty_log around either
// in tests.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "log/record.h"

namespace wf {

struct TopicSpec {
  std::string name;
  std::uint32_t partitions = 1;
  bool compacted = false;  // keeps at least the newest record of each stream: the keys topic
};

// What one read returned. Records are in offset order; their views live as long as the batch.
struct Batch {
  std::vector<Record> records;
  std::vector<std::shared_ptr<const void>> owners;
};

struct Limit {
  std::size_t records = 4096;
  std::size_t bytes = 4u << 20;  // of payloads; at least one record is returned whatever its size
};

enum class Durability : std::uint8_t {
  now,           // append() returns when everything is durable: fsynced, or on min.insync.replicas
  with_outcome,  // for commands whose sender waits for the outcome: readable at once, durable no
                 // later than any event appended after it; append() does not wait for the disk.
                 // Kafka treats it as `now`.
};

// One writer's way in: one decider partition, one gateway batcher, one forwarder. One thread at a
// time.
class Appender {
 public:
  virtual ~Appender() = default;
  // In order. On error a prefix may be there, or arrive late, and the appender is dead: every later
  // call fails with Code::closed. Records of one call are contiguous on RocksLog; on Kafka other
  // writers' may come between. Of no records, with `now`: only makes durable what was readable.
  virtual Result<void> append(const Slot& slot,
                              std::span<const Record> records,
                              Durability durability) = 0;
};

// One reader's view of any number of slots, each read in order. One thread; only interrupt() may
// come from another.
class Reader {
 public:
  virtual ~Reader() = default;
  // Reads `slot` from `from` on, whether it was read before or not. Outside [Log::begin, Log::end]
  // it is Code::mismatch: the log was trimmed, truncated or is another one.
  virtual Result<void> seek(const Slot& slot, Offset from) = 0;
  virtual void drop(const Slot& slot) = 0;
  // What follows the last record read; empty at the tail. Never waits for growth. Events only once
  // durable, commands at once.
  virtual Result<Batch> read(const Slot& slot, Limit limit) = 0;
  // Waits until one of the slots has more than was read, or the timeout, or interrupt(). True if
  // there is more.
  virtual bool wait(Duration timeout) = 0;
  virtual void interrupt() = 0;
};

// Which partitions of some topics this process works on. One thread.
class Ownership {
 public:
  virtual ~Ownership() = default;
  // The slots owned now, ascending. Losing one is not urgent: the fence makes a late writer
  // harmless.
  virtual Result<std::vector<Slot>> poll() = 0;
};

// Thread-safe. Readers, appenders and ownerships must be gone before their log.
class Log {
 public:
  virtual ~Log() = default;
  virtual Uuid id() const = 0;  // of the log_id record, written when the log was created
  virtual const std::vector<TopicSpec>& topics() const = 0;
  virtual Result<std::unique_ptr<Appender>> writer(std::string name) = 0;
  virtual Result<std::unique_ptr<Reader>> reader() = 0;
  virtual Result<Offset> begin(const Slot& slot) = 0;  // the first offset that can be read
  virtual Result<Offset> end(const Slot& slot) = 0;    // the offset after the last durable record
  // Of topics of one family. Whoever asks for the same topic shares its partitions; who asks for
  // other ones of the family takes none of them.
  virtual Result<std::unique_ptr<Ownership>> own(const std::vector<std::string>& topics) = 0;
};

// partition = xxh64(stream) mod N, for commands and events alike (DESIGN.md 4).
std::uint32_t partition_of(const Uuid& stream, std::uint32_t partitions);

}  // namespace wf
