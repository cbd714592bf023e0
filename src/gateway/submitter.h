// Commands on their way to the log: a turn of an io loop is collected, and appended as one batch
// per slot.
#pragma once
#include <absl/container/flat_hash_map.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/catalogue.h"
#include "gateway/outcome.h"
#include "gateway/outcome_tail.h"
#include "gateway/waiting.h"
#include "log/log.h"

namespace wf::gateway {

// A command record that owns its texts.
struct Command {
  const CommandType* type = nullptr;
  Uuid id;
  Uuid stream;
  Instant at;
  Instant expires;
  Instant occurred_at;
  Uuid import;
  Uuid body;
  Uuid correlation;
  std::int64_t if_match = -1;
  AccountId principal;
  std::uint32_t roles = 0;
  std::string payload;
};

struct SubmitterOptions {
  std::size_t queue_bytes_max = std::size_t{64} << 20U;  // waiting for their append
  std::size_t batch_max = 512;                           // commands of one append…
  std::size_t batch_bytes_max = std::size_t{8} << 20U;   // …and their payloads, or one command
  std::size_t waiters_max = 20'000;
  std::int64_t lag_max = 50'000;                 // commands a decider may be behind
  Duration stuck_after = Duration::seconds(1);   // an append this old turns newcomers away
  Duration probe_every = Duration::millis(500);  // while the log is away
  std::function<Instant()> clock = wall_clock;   // of Services
};

// submit() and turn_ended() on the io thread they name, tick() on one of them. The appending thread
// never touches a callback but through `posts`.
class Submitter {
 public:
  enum class Taken : std::uint8_t {
    yes,
    overloaded,   // a queue, the waiters or the decider's lag is at its limit
    unavailable,  // the log does not take appends now
  };

  Submitter(Log& log,
            const Catalogue& catalogue,
            Waiting& waiting,
            const OutcomeTail& tail,
            SubmitterOptions options,
            Posts posts);
  ~Submitter();

  // A thread that does step() whenever something is handed over.
  void start();
  // Appends what was handed over, or asks a log that was away whether it is back. False: there was
  // nothing to do.
  bool step();
  // What is collected is appended; what waits for an outcome is told `unknown` by tick() no more.
  void stop();

  // `waiter` is told once if the answer is `yes`, not before its thread's turn_ended(). `until` is
  // the end of the client's patience: then it is told `pending`, once the command is durable.
  Taken submit(Command command, Instant until, Waiter waiter);
  void turn_ended(std::size_t io);
  void tick(Instant now);

  std::size_t queued_bytes() const { return queued_bytes_.load(std::memory_order_relaxed); }
  // Whether the log takes no appends: it is away, or one is under way for too long.
  bool is_stuck() const;
  bool down() const { return down_.load(std::memory_order_relaxed); }
  // Whether the last append was refused as the log's disk is full.
  bool full() const { return full_.load(std::memory_order_relaxed); }

 private:
  struct Work {
    std::vector<Command> commands;
    std::vector<Waiting::Expired> patience;  // told `pending` after a sync
  };

  void run();
  void append_all(Work work, bool probing);
  void perform(Work work);
  void append_slot(const Slot& slot, std::span<Command> commands);
  Result<void> append(const Slot& slot, std::span<const Record> records, Durability durability);
  void tell_pending(std::vector<Waiting::Expired> patience);
  void conclude(std::vector<Waiting::Expired> expired, Outcome::Fate fate);
  void conclude(std::span<const Command> commands, Outcome::Fate fate);
  void remember(const Waiting::Key& key, Outcome::Fate fate);
  void probe();
  Slot slot_of(const Command& command) const;
  std::uint32_t partitions_of(std::string_view family) const;

  Log& log_;
  Waiting& waiting_;
  const OutcomeTail& tail_;
  const SubmitterOptions options_;
  const Posts posts_;
  std::vector<std::pair<std::string_view, std::uint32_t>> families_;  // partitions of each

  struct Turn {
    std::vector<Command> commands;
    std::vector<Waiting::Key> keys;  // theirs
    std::size_t bytes = 0;
  };
  std::vector<Turn> turns_;  // each is its io thread's own

  std::mutex mutex_;
  std::condition_variable ready_;
  Work work_;
  bool stopping_ = false;
  std::thread thread_;

  std::unique_ptr<Appender> appender_;  // the appending thread's
  std::vector<Record> records_;
  Slot last_slot_;
  struct Failed {
    Outcome::Fate fate = Outcome::Fate::unknown;
    Instant at;
  };
  // Commands whose append failed: tick() may have taken some who waited for them, and will hand
  // them over.
  absl::flat_hash_map<Waiting::Key, Failed> failed_;
  static constexpr std::size_t failed_max = 10'000;
  std::size_t failed_max_ = failed_max;  // from then on old ones are looked for

  std::atomic<std::size_t> queued_bytes_ = 0;
  std::atomic<bool> down_ = false;
  std::atomic<bool> full_ = false;
  std::atomic<std::int64_t> append_since_ = 0;  // µs; 0: no append is under way
};

}  // namespace wf::gateway
