// What one decider partition knows: its streams' states, first answers, send numbers and deadlines.
// A fold of its events.
#pragma once
#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/catalogue.h"
#include "log/fence.h"
#include "storage/kv_store.h"

namespace wf {

// One stream, with the state of each aggregate of its topic.
struct Stream {
  std::uint64_t version = 0;     // accepted events
  std::uint64_t woken = 0;       // the version behind the last wake that decided anything
  Instant last_now;              // the latest decision's
  Offset last_epoch = -1;        // of the last outcome it has in it, as is its cause: causes may
  Offset last_cause = -1;        // start again in a later epoch (`admin resume`)
  Uuid import;                   // of the last command; nil: it was not imported
  std::vector<StatePtr> states;  // by aggregate of the topic
  std::optional<Instant> due;    // the earliest deadline, unless it ended its deciders
  std::optional<Instant> stored_due;
  bool dirty = false;  // differs from what the store has
};

// How a command was answered first: what a retry gets.
struct FirstAnswer {
  Instant appended;  // the command's, for the idempotency window
  Kind kind = Kind::event;
  Uuid body;
  std::uint64_t version = 0;
  std::string reason;  // of a rejection
};

struct DeciderLimits {
  Duration window = Duration::hours(24);  // a retry within it gets the first answer; ≥ 24 h
  std::size_t streams_cached = 200'000;   // decoded streams kept between checkpoints
};

// One thread. Memory runs ahead of the store by what changed since; drop() forgets that. Streams
// are saved a few at a time, oldest change first, so the store may hold some newer than its
// position: each knows the last outcome it has in it, and fold() skips what it has.
class DeciderState {
 public:
  DeciderState(const Catalogue& catalogue,
               std::string_view family,
               KvStore& store,
               DeciderLimits limits);

  // Reads position, numbers and deadlines. Code::mismatch if the store was made by another build or
  // from another log: discard it and fold again.
  Result<void> load(const Uuid& log_id);
  // Everything folded so far was accepted, and ends here: what changes from now on changes after
  // it.
  void accepted(const Position& position) { accepted_ = position; }
  // Writes up to `most` of the oldest changes, and the position from which the rest can be folded
  // again, atomically. Only while everything folded is accepted.
  Result<void> save(std::size_t most);
  Result<void> drop();
  // What the store gave did not decode: discard it and fold again.
  bool damaged() const { return damaged_; }
  const Position& saved() const { return saved_; }    // where folding starts again
  const Position& newest() const { return newest_; }  // the furthest anything stored has seen

  Result<Stream*> stream(const Uuid& id);
  Result<std::optional<FirstAnswer>> first_answer(const Uuid& command);
  // Evolves the stream's states by one event.
  void apply(Stream& stream, const Event& event);
  // Code::corrupt: the type is unknown to this build, or the payload is not what its schema says.
  Result<Event> event_of(const Record& record) const;
  // Keeps account of a whole outcome whose events were applied.
  Result<void> note(std::span<const Record> outcome);
  // A whole outcome read from the log: event_of(), apply() and note().
  Result<void> fold(std::span<const Record> outcome);

  std::uint64_t received(const Slot& source) const;  // highest n accepted from that events slot
  std::uint64_t sent(const Slot& target) const;      // highest n given to that commands slot
  // Sees a command's append time before it is decided: the newest prunes the idempotency
  // window (append_clock.h).
  void saw(Instant appended);
  // Streams due at or before `now` whose last command was not part of an import still running,
  // earliest first.
  std::vector<std::pair<Instant, Uuid>> due(Instant now, std::size_t most) const;
  // The earliest deadline of a stream: its due time, the aggregate's index in aggregates().
  std::optional<std::pair<Deadline, std::size_t>> deadline(const Stream& stream) const;
  // Its last command was imported, and that import has not ended: its deadlines wait.
  bool held(const Stream& stream) const { return held(stream.import); }
  std::span<const Aggregate* const> aggregates() const { return aggregates_; }
  const Catalogue& catalogue() const { return catalogue_; }
  std::size_t unsaved() const { return changes_.size(); }

 private:
  Result<std::optional<std::string>> stored(const std::string& key);
  Error damage(std::string what);
  Result<Stream> decode(std::string_view bytes) const;
  std::string encode(const Stream& stream) const;
  bool held(const Uuid& import) const { return !import.nil() && !imports_ended_.contains(import); }
  void reindex(const Uuid& id,
               Stream& stream,
               std::optional<Instant> due,
               const Uuid& import_before);
  void index_deadline(const std::pair<Instant, Uuid>& deadline, const Uuid& import);
  // A change to be saved: of a stream, or a first answer. `after`: accepted before it was made.
  struct Change {
    Uuid id;
    bool answer = false;
    Position after;
  };
  void note_stream(const Record& first, std::span<const Record> outcome, Stream& stream);
  void save_stream(const Uuid& id, KvBatch& batch);
  void save_head(KvBatch& batch, const Position& start) const;
  void forget_unchanged();
  void save_numbers(KvBatch& batch) const;

  const Catalogue& catalogue_;
  std::vector<const Aggregate*> aggregates_;
  KvStore& store_;
  DeciderLimits limits_;

  std::unordered_map<Uuid, Stream> streams_;
  absl::flat_hash_map<Uuid, FirstAnswer, UuidHash> answers_;  // not saved yet
  std::deque<Change> changes_;                                // oldest first
  std::map<Slot, std::uint64_t> sent_;
  std::map<Slot, std::uint64_t> received_;
  using Deadlines = std::set<std::pair<Instant, Uuid>>;
  Deadlines deadlines_;
  std::map<Uuid, Deadlines> held_;  // of streams last written by an import that has not ended
  std::set<Uuid> imports_ended_;
  Instant highest_appended_;
  Position accepted_;
  Position saved_;
  bool damaged_ = false;
  Position newest_;
  Uuid log_id_;
};

}  // namespace wf
