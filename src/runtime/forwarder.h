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
  // Sent to one target and not answered yet, some 64 bytes each. What follows for it is read again
  // when half of them are answered; others do not wait.
  std::size_t unanswered_max = 10'000;
  // The same for a target that has not answered yet, or not since sends to it went again: its
  // decider may be down, and what is sent in vain stays in the log.
  std::size_t unproven_max = 256;
  // Records of the source that are read again for those behind, then as many for the others: it
  // only cuts up the time of one thread.
  Offset turn_records = 20'000;
  Duration save_after = Duration::seconds(1);
  Duration flush_after = Duration::seconds(30);  // what a crash lets it read again
  // Without any answer of a target for so long, what it did not answer goes again; each time that
  // takes twice as long, up to answered_within_max, for its decider may be down.
  Duration answered_within = Duration::seconds(30);
  Duration answered_within_max = Duration::minutes(30);
  Duration retry = Duration::millis(200);  // then twice as long each time, up to retry_max
  Duration retry_max = Duration::seconds(5);
  // No append takes longer, whatever the clock says: the most log.append_deadline_ms may be.
  Duration blocked_max = Duration::minutes(2);
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
    std::optional<Position> behind;  // of the source: its sends from there on wait to be read again
    bool reads_again = false;        // this turn is its: it waits no further than `behind`
    Instant retry_at;                // not read again before; if that is past: when it was served
    Duration retry{};                // the next wait; doubles until it answers
    bool failing = false;            // its last append failed
    bool answers = false;            // it did since it was first sent any, or some went again
    Instant progress_at;             // it answered, or had nothing to answer
    Duration patience{};
  };

  void set_back(Duration by);
  Result<bool> advance(Instant now);
  Progress retreat(Instant now, const Error& why);
  Result<void> open(Instant now);
  Result<void> open_store(bool fresh);
  Result<void> open_appender();
  Result<void> load();
  Result<bool> read_answers(Instant now);
  void answered(const Slot& slot, std::span<const Record> outcome, Instant now);
  void settle(Instant now);
  void lose_patience(Instant now);
  void send_again(const Slot& slot, Target& target, std::string_view why);
  void wait(Target& target, Instant now, Duration blocked);
  Result<bool> forward(Instant now);
  void collect(std::span<const Record> outcome, Instant now);
  std::size_t window(const Target& target) const;
  bool is_held(const Target& target, Instant now) const;
  static bool is_behind(const Target& target, Offset offset);
  Result<void> append_collected(Instant now);
  Result<bool> change_turns(Instant now, bool at_end);
  Result<bool> turn_back(Instant now);
  Result<void> jump_ahead();
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
  std::map<Slot, Target> targets_;
  Target* failed_ = nullptr;  // the last append of a step was its, and failed
  Instant failed_at_;         // when that step began
  Instant blocked_until_;     // no append to one that is failing before
  std::size_t unanswered_ = 0;
  std::optional<Position> ahead_;  // of the source, while it is read again: where others have come
  Offset turn_end_ = 0;            // of the source
  Position passed_;                // of the source: the outcomes before are collected
  Position answered_;              // of the source: everything before is answered
  std::map<Slot, std::vector<Record>> collected_;  // of the batch being read…
  std::deque<std::string> texts_;                  // …and what their views point into

  Instant stepped_at_;  // the last step's now
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
