// Reads the outcomes of all commands back from the log and tells those who wait for them.
#pragma once
#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/catalogue.h"
#include "gateway/outcome.h"
#include "gateway/waiting.h"
#include "log/log.h"
#include "log/outcome_reader.h"
#include "storage/fold_item.h"

namespace wf::gateway {

// One thread of its own, or whoever calls step(), reads every events slot, from where `known` says
// that a store of this log stood; if that does not name every slot, from its newest `opened` record
// on, which is as far back as its decider has run. When the log cannot be read it goes on trying
// from where it stood, or if it is another log (Code::mismatch) from the newest `opened` again;
// what waits then runs into its own deadline. A second one asks now and then how far the commands
// have come, which also shows whether the log answers at all: if not in `answer_max`, it is away.
class OutcomeTail {
 public:
  OutcomeTail(Log& log,
              const Catalogue& catalogue,
              Waiting& waiting,
              Posts posts,
              const SlotPositions& known = {},
              Duration answer_max = Duration::seconds(1));
  ~OutcomeTail();

  void start();
  void stop();
  // One round of reading, and whether it brought anything.
  Result<bool> step(Instant now);
  // Asks how far the commands have come.
  void sample(Instant now);

  // Any thread.
  bool caught_up() const { return caught_up_.load(std::memory_order_relaxed); }
  // Commands on the log that were not answered yet, of one partition of a family; sampled.
  std::int64_t lag(std::string_view family, std::uint32_t partition) const;
  // Since when the log has not answered; {0}: it does.
  Instant failing_since() const;
  std::uint64_t outcomes() const { return outcomes_.load(std::memory_order_relaxed); }
  std::int64_t lag_max() const;
  Offsets read_to() const;  // how far events were read, by slot
  // The same, if that holds the outcome of every command there was at `asked`, when the log was
  // last asked. Nothing: it does not, or that is not known.
  struct Answered {
    Offsets read;
    Instant asked;
  };
  std::optional<Answered> answered() const;

 private:
  struct Lane {
    Slot events;
    Slot commands;
    std::unique_ptr<OutcomeReader> reader;
    std::atomic<Offset> read{0};        // of events
    std::atomic<Offset> next{-1};       // the command that is to be answered next; -1: not known
    std::atomic<Offset> end{-1};        // of commands, when last asked; -1: it never was
    std::atomic<std::int64_t> lag{-1};  // then; -1: not known
  };

  void run();
  void run_sampler();
  Result<void> open();
  Result<bool> read_all();
  void failed(Code code);
  Result<void> sample_lag();
  void take(const Lane& lane, std::span<const Record> records, std::vector<Told>& out);

  Log& log_;
  const Catalogue& catalogue_;
  Waiting& waiting_;
  const Posts posts_;
  const Duration answer_max_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::vector<Position> starts_;  // of each lane, when it opens; empty: they are looked for
  std::unique_ptr<Reader> reader_;
  bool opened_ = false;  // every lane has its reader
  std::thread thread_;
  std::thread sampler_;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> caught_up_ = false;
  std::atomic<std::int64_t> reading_fails_ = 0;   // since when; 0: it does not
  std::atomic<std::int64_t> sampling_fails_ = 0;  // likewise
  std::atomic<std::int64_t> asked_ = 0;           // when the question under way was asked; 0: none
  std::atomic<std::int64_t> sampled_ = 0;         // when the last one was that has its answer
  std::atomic<std::uint64_t> outcomes_ = 0;
};

// Of each slot the newest `opened` record, or the first record if there is none: from there a
// reader without any state may start.
Result<std::vector<Position>> newest_opened(Log& log, Reader& reader, std::span<const Slot> slots);

}  // namespace wf::gateway
