// What an events partition says of its owners: where the next one goes on, and how those before it
// ended.
#pragma once
#include <cstdint>
#include <map>

#include "log/fence.h"

namespace wf {

// A fold of what a new owner reads: accepted outcomes and control records, in their order. Pure;
// one thread.
class OwnerHistory {
 public:
  OwnerHistory() = default;
  // Goes on at a position of the partition, for the owner whose `opened` has that id.
  OwnerHistory(const Position& start, const Uuid& opened)
      : opened_(opened),
        next_(start.next),
        resumed_seen_(start.next >= 0),
        outcome_seen_(start.last_offset > start.epoch) {}

  // `after`: the fence's position behind it.
  void outcome(const Position& after);
  void control(const Record& record, const Position& after);

  Offset epoch() const { return epoch_; }      // the owner's own; -1: it has not read its `opened`
  Offset next() const { return next_; }        // the command that comes next; -1: nobody said it
  bool by_hand() const { return by_hand_; }    // `admin resume` said it, after the last outcome
  bool foreign() const { return foreign_; }    // somebody else opened after this owner
  bool cautious() const { return cautious_; }  // the owner before resumed and left no outcome
  // `trying` of that command, or of any, since the last outcome.
  std::uint32_t tries(Offset command) const;
  bool tried() const { return !tries_.empty(); }

 private:
  Uuid opened_;
  Offset epoch_ = -1;
  Offset next_ = -1;
  bool by_hand_ = false;
  bool foreign_ = false;
  bool cautious_ = false;
  bool resumed_seen_ = false;  // in the epoch being read
  bool outcome_seen_ = false;  // likewise
  std::map<Offset, std::uint32_t> tries_;
};

}  // namespace wf
