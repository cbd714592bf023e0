// The single writer of one partition: reads commands, decides them, appends outcomes, and believes
// only what it reads back.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include "log/log.h"
#include "log/outcome_reader.h"
#include "runtime/decider.h"
#include "runtime/decider_state.h"
#include "runtime/owner_history.h"

namespace wf {

struct CommandWorkerOptions {
  std::string family;  // "bookings": commands.bookings/P → events.bookings/P
  std::uint32_t partition = 0;
  std::uint32_t partitions = 1;
  std::string store_path;
  bool store_in_memory = false;
  // For tests: opens the store in place of the two above; `fresh`: after deleting what it has.
  std::function<Result<std::unique_ptr<KvStore>>(bool fresh)> open_store;
  std::uint64_t seed = 0;  // of nonces and jitter; 0: from the system
  Limit batch{.records = 1024, .bytes = 4u << 20};
  std::size_t outcomes_bytes = 4u << 20;  // payloads of one append; one outcome more may be in it
  std::size_t outcomes_records = 16'384;  // likewise
  DeciderLimits limits;
  std::size_t checkpoint_changes = 200'000;  // changed streams and answers kept unsaved under load
  Duration checkpoint_after =
      Duration::seconds(2);  // without a command, after which the store catches up
  Duration read_back_within = Duration::seconds(10);  // an append not read back by then has failed
  Duration retry_min = Duration::millis(50);          // jittered wait before opening again
  Duration retry_max = Duration::seconds(2);
  std::uint32_t final_tries = 5;               // openings that fail for good before it stops
  Duration wake_again = Duration::seconds(5);  // a deadline that still stands is woken again
  std::size_t wakes_max = 256;                 // per step
};

// One thread calls step(); nothing else is shared. Its store may be deleted whenever it does not
// run.
class CommandWorker {
 public:
  enum class Progress : std::uint8_t { idle, busy, stopped };

  CommandWorker(Log& log,
                const Catalogue& catalogue,
                const PlatformConfig& platform,
                CommandWorkerOptions options,
                Alarm alarm);

  // Does what can be done now without waiting for growth. `stopped`: it needs a person, `failure()`
  // says what for: a lost or foreign log, a record of another build. Once a person has spoken
  // (`admin resume`) it goes on. Everything else it retries by itself.
  Progress step(Instant now);
  // When step() should be called again although nothing has grown: the next deadline, checkpoint or
  // retry.
  Instant next_due(Instant now) const;
  // What to wait on between steps: our own outcomes while some are in flight, else commands.
  Reader* reader() {
    return phase_ == Phase::running || checking_ ? reader_.get() : event_reader_.get();
  }
  // Writes the store, so that the next start reads little. For a clean shutdown.
  Result<void> checkpoint();

  const std::optional<Error>& failure() const { return failure_; }
  bool resumed() const { return phase_ == Phase::running; }
  Offset epoch() const { return history_.epoch(); }
  std::uint64_t decided() const { return decided_; }
  Offset next() const { return next_; }

 private:
  enum class Phase : std::uint8_t { closed, opening, running, reading_back, stopped };

  Result<void> open(Instant now);
  Result<void> open_store(bool fresh);
  Result<void> start_reading();
  Result<bool> read_until_opened();
  Result<bool> check_commands();
  Result<void> resume(Instant now);
  Result<void> suspect();
  Result<bool> read_back();
  Result<bool> decide_batch();
  Result<void> wait_on(Instant now, const char* missing) const;
  Result<void> save_idle(bool& busy);
  Result<void> decide_one(const Record& command, Outcomes& out);
  Result<void> append(const Outcomes& out);
  Result<void> wake_due(Instant now);
  Result<void> advance(Instant now, bool& busy);
  void fold(std::span<const Record> outcome);
  tl::unexpected<Error> for_a_person(Error why);
  void let_go();
  bool may_retry(Instant now) const;
  void retreat(Instant now, const Error& why);
  Progress stop(Instant now, Error why);
  bool spoken_to(Instant now);

  Log& log_;
  const Catalogue& catalogue_;
  CommandWorkerOptions options_;
  Alarm alarm_;
  Slot commands_;
  Slot events_;
  std::mt19937_64 random_;

  std::unique_ptr<KvStore> store_;
  bool discard_ = false;  // the store was damaged
  std::unique_ptr<DeciderState> state_;
  std::unique_ptr<Decider> decider_;
  std::unique_ptr<Reader> reader_;  // of commands
  std::unique_ptr<Reader> event_reader_;
  std::unique_ptr<OutcomeReader> outcomes_;
  std::unique_ptr<Appender> appender_;
  std::unique_ptr<Appender> waker_;
  const PlatformConfig& platform_;

  Phase phase_ = Phase::closed;
  Uuid nonce_;
  OwnerHistory history_;
  Offset next_ = 0;         // the command to decide next
  Offset awaited_ = -1;     // reading_back: the last cause of the batch in flight
  bool checking_ = false;   // opening: the last answered command is being read
  Offset suspect_end_ = 0;  // before it a command may have ended that owner: `trying` comes first
  // The embedded log loses with its process what is in memory only. So what ended that owner may
  // come again among the commands that follow, up to here. They are decided in batches, but made
  // durable before: if one ends this owner, too, it is suspect to the next.
  Offset volatile_end_ = 0;
  std::optional<Error> fold_error_;
  std::optional<Error> failure_;
  bool for_a_person_ = false;  // what failed cannot be mended by trying again
  std::uint32_t finals_ = 0;   // failures that no try has mended since a command was decided
  Offset stopped_at_ = -1;     // stopped: the events' end then

  Instant retry_at_;
  Instant deadline_;     // of reading back what was appended
  Instant quiet_since_;  // when a command was decided last
  Duration retry_;
  std::map<std::pair<Instant, Uuid>, Instant> woken_;  // deadline → when its wake was appended
  std::uint64_t decided_ = 0;
};

}  // namespace wf
