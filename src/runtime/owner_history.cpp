// How owners open, resume, try and end (DESIGN.md 3).
#include "runtime/owner_history.h"

namespace wf {

void OwnerHistory::outcome(const Position& after) {
  outcome_seen_ = true;
  next_ = after.next;
  by_hand_ = false;
  tries_.clear();
}

void OwnerHistory::control(const Record& record, const Position& after) {
  if (record.kind == Kind::trying) {
    ++tries_[record.cause];
  } else if (record.kind == Kind::resumed) {
    if (record.epoch == epoch_) return;
    resumed_seen_ = true;
    if (record.epoch != after.epoch) return;  // a zombie's
    next_ = after.next;
    by_hand_ = by_hand_ || record.payload != "{}";  // an operator gives a reason
  } else if (epoch_ >= 0) {
    foreign_ = true;
  } else if (record.id == opened_) {
    epoch_ = record.offset;
    cautious_ = resumed_seen_ && !outcome_seen_;
  } else {
    outcome_seen_ = resumed_seen_ = false;
  }
}

std::uint32_t OwnerHistory::tries(Offset command) const {
  const auto found = tries_.find(command);
  return found == tries_.end() ? 0 : found->second;
}

}  // namespace wf
