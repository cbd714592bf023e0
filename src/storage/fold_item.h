// What a table folds, and the place in the log it has folded up to.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/aggregate.h"
#include "base/context.h"
#include "storage/table_view.h"

namespace wf {

// Where a table stands in one events slot. `fence` is the reader's own state there (the runtime's
// Position as bytes); storage keeps it and never looks inside.
struct SlotPosition {
  std::string topic;
  std::uint32_t partition = 0;
  std::int64_t offset = 0;  // the next record to read
  std::string fence;

  bool operator==(const SlotPosition&) const = default;
};
using SlotPositions = std::vector<SlotPosition>;

// One event of a batch. `event` must live as long as the call it is passed to.
struct FoldItem {
  const Event* event = nullptr;
  Meta meta;
  std::uint32_t slot = 0;  // index into the batch's SlotPositions
  std::int64_t offset = 0;
};

// A row that could not be folded or shown, as operators see it.
struct Quarantine {
  std::string key;
  Instant since;       // time of the event that failed
  std::string reason;  // for people
  Offsets first;  // per slot the first event that is not in the row; empty if only view() fails
};

}  // namespace wf
