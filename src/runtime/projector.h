// Folds the accepted events of every partition into tables. Lagging tables read by themselves until
// they have caught up.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/catalogue.h"
#include "base/courtesy.h"
#include "log/log.h"
#include "log/outcome_reader.h"
#include "runtime/command_outcomes.h"
#include "runtime/decider.h"
#include "runtime/decode_events.h"
#include "storage/generations.h"

namespace wf {

struct ProjectorOptions {
  std::vector<Slot> slots;  // every events slot, ascending
  Limit batch{.records = 20'000, .bytes = 16u << 20};
  Duration flush_after = Duration::seconds(2);  // so that a crash leaves little to fold again
  Duration patience;                            // how long of a step it lets other threads go first
  Duration retry = Duration::millis(200);       // then twice as long each time, up to retry_max
  Duration retry_max = Duration::seconds(2);
  Duration table_retry_max = Duration::seconds(15);  // the same of a table whose store fails
  std::uint32_t final_tries = 5;  // reads of damaged bytes or another log before it stops
};

// Whether the log still has what a store at these positions last accepted. Code::mismatch: it is
// another log, or it lost that; the store must be folded again.
Result<void> check_positions(Log& log, const SlotPositions& positions);

// One thread calls step(). Tables and generations may be added from any thread; they are taken up
// by the next step.
//
// A table whose store fails is left out, marked failing, and tried again; the others go on. So are
// the outcomes of commands, which answer of themselves that they have not come so far.
class Projector {
 public:
  enum class Progress : std::uint8_t { idle, busy, stopped };

  Projector(Log& log, const Catalogue& catalogue, ProjectorOptions options, Alarm alarm);

  // Feeds the table's live generation, from where it stands. The home outlives the projector.
  void add(TableHome& table);
  // Feeds a built generation until it is level with the live one, and swaps it in. While its own
  // store fails it is left out as a table is: withdraw it, or wait.
  void replace(TableHome& table, std::shared_ptr<TableStore> next);
  // The same where nobody feeds the live one: it is swapped in when it has reached the log's end.
  void take_over(TableHome& table, std::shared_ptr<TableStore> next);
  // Takes that back. False: it is swapped in, and stays.
  bool withdraw(TableHome& table, const std::shared_ptr<TableStore>& next);
  // Runs `work` on the stepping thread, where no store moves meanwhile, and returns when it is
  // done. Any other thread may ask, while step() is called.
  void between_steps(std::function<void()> work);
  void add(CommandOutcomes& outcomes) { outcomes_ = &outcomes; }
  // Called on the projector's thread.
  void on_rows(OnRows callback) { on_rows_ = std::move(callback); }

  Progress step(Instant now);
  Instant next_due(Instant now) const;
  Reader* reader() { return lanes_.empty() ? nullptr : lanes_.front()->reader.get(); }
  // Why it stopped: it needs a person.
  const std::optional<Error>& failure() const { return failure_; }
  // Since when no step went well, stopped or not: what all tables have may be that old. {0}: steps
  // go well. Any thread.
  Instant failing_since() const { return {failing_since_us_}; }
  std::uint64_t folded() const { return folded_; }  // events, each once per lane

  // Makes everything folded so far durable. For a clean shutdown; call it from the stepping thread.
  void flush();

 private:
  // What waits for a store that failed.
  struct Retry {
    Duration waited = {};  // last; {0}: it does not fail
    Instant at = {};
  };
  struct Fed {
    TableHome* home = nullptr;
    std::shared_ptr<TableStore> next;  // a generation to swap in; null: the live one is fed
    bool alone = false;                // the live one is not fed
    bool telling = false;  // has reached the tail: others are told of its rows from then on
    Retry retry = {};
    Retry swap_retry = {};  // `next` could not take its place
    bool is_live_of(const TableHome& table) const { return home == &table && !next; }
    std::shared_ptr<TableStore> store() const { return next ? next : home->live(); }
  };
  // Tables that stand at the same place, and the one reader that feeds them.
  struct Lane {
    std::unique_ptr<Reader> reader;
    std::vector<std::unique_ptr<OutcomeReader>> slots;
    std::vector<Offset> next;  // per slot, what is read next; offsets of events are dense
    std::size_t first = 0;     // the slot a step begins with, so that each has its turn
    std::vector<Fed> tables;
    bool commands = false;  // also feeds the command outcomes
    bool live = false;      // has reached the log's end since it was opened
  };
  struct Gathered;

  void run_asked();
  Progress retreat(Instant now, const Error& why);
  void start_again();
  void leave_out(Fed table, const Error& why, Instant now);
  void leave_out_outcomes(const Error& why, Instant now);
  bool outcomes_are_open(Instant now);
  void postpone(Retry& retry, Instant now) const;
  bool may_retry(const Retry& retry, Instant now) const;
  void try_again(Instant now);
  Result<void> take_added(Instant now);
  Result<std::unique_ptr<Lane>> open(const SlotPositions& positions);
  void lead();
  std::size_t room(const Lane& lane, std::size_t slot) const;
  Result<bool> advance(Lane& lane, Instant now);
  Result<std::size_t> read(Lane& lane, Gathered& gathered);
  Result<bool> caught_up(const Lane& lane, std::size_t read);
  void gather(Lane& lane,
              std::span<const TableType* const> types,
              std::uint32_t slot,
              std::span<const Record> outcome,
              Gathered& out);
  void apply(Lane& lane, Gathered& gathered, Instant now);
  void tell_rows(const Fed& table, const DecodedEvents& decoded) const;
  void tell_live(Fed& table);
  void tell_outcomes_live();
  template <class Work>
  void for_each_table(Lane& lane, Instant now, const Work& work);
  void merge(Instant now);
  void swap_level(Lane& lane, Instant now);
  void swap_alone(Lane& lane, Instant now);
  bool swap(Fed& fed, Instant now);
  bool is_left_out(const TableHome& table) const;

  Log& log_;
  const Catalogue& catalogue_;
  ProjectorOptions options_;
  Alarm alarm_;
  CommandOutcomes* outcomes_ = nullptr;
  OnRows on_rows_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::vector<Fed> left_out_;  // whose stores failed, until their retry.at
  Retry outcomes_retry_;
  std::mutex added_mutex_;
  std::vector<Fed> added_;
  std::vector<std::packaged_task<void()>> asked_;  // guarded by added_mutex_
  Courtesy courtesy_;                              // of this step
  Instant retry_at_;
  Duration retry_;
  std::uint32_t finals_ = 0;  // failures that hardly any retry mends, since all was read
  Instant flushed_at_;
  std::optional<Error> failure_;
  std::atomic<std::int64_t> failing_since_us_ = 0;
  std::uint64_t folded_ = 0;
};

}  // namespace wf
