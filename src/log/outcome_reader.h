// Reads one events partition outcome by outcome: a Reader's batches through the fence. What every
// reader of events uses.
#pragma once
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "log/fence.h"
#include "log/log.h"

namespace wf {

// One thread. Outlived by its Reader, which may serve other slots as well.
class OutcomeReader {
 public:
  // All records of one outcome, in order; views live until the call returns.
  using OnOutcome = std::function<void(std::span<const Record>)>;
  using OnControl = std::function<void(const Record&)>;

  OutcomeReader(Reader& reader, Slot slot) : reader_(reader), slot_(std::move(slot)) {}

  // Starts at a position. If it names a last accepted record, that record is read and compared:
  // Code::mismatch if the log is another one, or lost what was accepted.
  Result<void> start(const Position& position);
  // The same in two steps.
  Result<void> seek(const Position& position);
  Result<void> check();

  // Reads one batch and hands on each outcome that is whole. Returns the number of records read, 0
  // at the tail. Code::mismatch when the fence diverged.
  Result<std::size_t> read(Limit limit, const OnOutcome& outcome, const OnControl& control = {});

  const Position& position() const { return fence_.position(); }
  const Slot& slot() const { return slot_; }
  std::uint64_t skipped() const { return fence_.skipped(); }

 private:
  Reader& reader_;
  Slot slot_;
  Fence fence_;               // at the position it was started at until something is read
  std::vector<Record> open_;  // accepted records of the outcome being read
  std::vector<Batch> held_;   // batches their views point into
};

// start() for several slots of one Reader: every seek before the first check. One after the other
// each waits on Kafka until the fetch under way, of slots that have nothing new, times out.
Result<void> start_all(std::span<const std::unique_ptr<OutcomeReader>> readers,
                       std::span<const Position> positions);

}  // namespace wf
