// What an events partition says, read by a second fence that shares no code with the first.
#pragma once
#include <span>
#include <utility>
#include <vector>

#include "log/log.h"

namespace wf::test {

// A partition's records; the batches keep what they point into.
struct History {
  std::vector<Record> records;
  std::vector<Batch> batches;
};

// One accepted outcome, read without any code of ours.
using Outcome = std::vector<Record>;

// The fence again, written from DESIGN.md 3 alone and in another way: epoch by epoch.
inline std::vector<Outcome> accepted(std::span<const Record> history) {
  std::vector<Outcome> outcomes;
  Offset epoch = -1;
  Offset next = -1;
  Outcome open;
  for (const Record& record : history) {
    if (record.kind == Kind::opened) {
      epoch = record.offset;
      next = -1;
      open.clear();
    } else if (record.epoch == epoch && record.kind == Kind::resumed && next < 0) {
      next = record.next;
    } else if (record.epoch == epoch && is_data(record.kind) && record.cause == next &&
               record.index == open.size()) {
      open.push_back(record);
      if (open.size() < record.count) continue;
      outcomes.push_back(std::exchange(open, {}));
      ++next;
    }
  }
  return outcomes;
}

inline const Record& closing(const Outcome& outcome) {
  for (const Record& record : outcome) {
    if (record.kind != Kind::event && record.kind != Kind::send) return record;
  }
  return outcome.front();
}

}  // namespace wf::test
