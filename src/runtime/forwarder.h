// Carries the sends of one events partition to the commands partitions they are for, in order, each
// until it is answered.
#pragma once
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "log/log.h"
#include "log/outcome_reader.h"
#include "runtime/decider.h"
#include "storage/kv_store.h"

namespace wf {

struct ForwarderOptions {
  Slot source;                // "events.bookings"/3
  std::vector<Slot> answers;  // every events slot a send of it may be answered in
  std::string store_path;
  bool store_in_memory = false;
  // For tests: opens the store in place of the two above; `fresh`: after deleting what it has.
  std::function<Result<std::unique_ptr<KvStore>>(bool fresh)> open_store;
  Limit batch{.records = 2048, .bytes = 4u << 20};
  std::size_t unanswered_max = 20'000;  // sent to whomever and not answered yet; then it waits
  Duration save_after = Duration::seconds(1);
  Duration flush_after = Duration::seconds(30);  // what a crash lets it read again
  // Without any answer of a target for so long, everything unanswered is sent again; each time it
  // waits twice as long, up to answered_within_max, for the target's decider may be down.
  Duration answered_within = Duration::seconds(30);
  Duration answered_within_max = Duration::minutes(30);
  Duration retry = Duration::millis(200);  // then twice as long each time, up to retry_max
  Duration retry_max = Duration::seconds(5);
  std::uint32_t final_tries = 5;  // failures of stored bytes or another log before it stops
};

// It has no truth of its own: how far each target got is read from the target's accepted outcomes,
// so that its store may be deleted, and several forwarders of one source may run: the target takes
// each number once. One thread.
class Forwarder {
 public:
  Forwarder(Log& log, ForwarderOptions options, Alarm alarm);

  enum class Progress : std::uint8_t { idle, busy, stopped };
  // Does what can be done now without waiting for growth. `stopped`: it needs a person, failure()
  // says what for: records of the log that no try could read.
  Progress step(Instant now);
  Instant next_due(Instant now) const;
  Reader* reader() { return reader_.get(); }
  const std::optional<Error>& failure() const { return failure_; }
  std::uint64_t forwarded() const { return forwarded_; }
  std::size_t unanswered() const { return unanswered_; }

 private:
  struct Sent {
    std::uint64_t n = 0;
    Position from;  // of the source, before the outcome it is of
  };
  struct Target {
    std::uint64_t taken = 0;         // highest number it accepted
    std::uint64_t sent = 0;          // highest number appended
    std::deque<Sent> unanswered;     // ascending
    std::optional<Position> behind;  // of the source: its sends wait there for retry_at
    Instant retry_at;
    Duration retry{};
    Instant progress_at;  // it answered, or had nothing to answer
    Duration patience{};
  };

  Result<bool> advance(Instant now);
  Progress retreat(Instant now, const Error& why);
  Result<void> open(Instant now);
  Result<void> open_store(bool fresh);
  Result<void> open_appender();
  Result<void> load();
  Result<bool> read_answers(Instant now);
  void answered(const Slot& target, std::span<const Record> outcome);
  void settle(Instant now);
  bool lose_patience(Instant now);
  Result<bool> forward(Instant now);
  void collect(std::span<const Record> outcome, Instant now);
  Result<void> append_collected(Instant now);
  Result<void> turn_back(Instant now);
  Result<void> save(Instant now);
  KvBatch saved();

  Log& log_;
  ForwarderOptions options_;
  Alarm alarm_;
  std::unique_ptr<KvStore> store_;
  std::unique_ptr<Reader> reader_;         // of the source
  std::unique_ptr<Reader> answer_reader_;  // its own: a source may answer its own sends
  std::unique_ptr<OutcomeReader> source_;
  std::vector<std::unique_ptr<OutcomeReader>> answers_;
  std::unique_ptr<Appender> appender_;

  std::vector<Offset> ends_;  // of the answers slots when it was opened
  bool caught_up_ = false;    // with the answers, up to those
  bool gap_ = false;          // a target says something before is missing
  std::map<Slot, Target> targets_;
  std::size_t unanswered_ = 0;
  std::optional<Position> ahead_;  // of the source: read up to there, but for one that was behind
  Position passed_;                // of the source: the outcomes before are collected
  Position answered_;              // of the source: everything before is answered
  std::map<Slot, std::vector<Record>> collected_;  // of the batch being read…
  std::deque<std::string> texts_;                  // …and what their views point into

  Instant retry_at_;
  Instant saved_at_;
  Instant flushed_at_;
  bool unsaved_ = true;     // something was read since it was saved…
  bool unflushed_ = false;  // …and saved since it was flushed
  Duration retry_;
  bool discard_ = false;      // the store, when it is opened again
  std::uint32_t finals_ = 0;  // failures that hardly any retry mends, since all was read
  std::optional<Error> failure_;
  std::uint64_t forwarded_ = 0;
};

}  // namespace wf
