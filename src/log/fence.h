// The fence: the few lines by which every reader alone decides which records of an events partition
// count.
#pragma once
#include <cstdint>

#include "log/record.h"

namespace wf {

// A place between two outcomes of an events partition. Every store keeps one, in the same write as
// its rows. A reader without any state starts with Position{.offset = o}, o being the offset of any
// `opened` record.
struct Position {
  static constexpr Offset unknown = -2;

  Offset offset = 0;  // the next record to read
  Offset epoch = -1;  // the epoch in force there; -1: none seen
  Offset next = -1;   // the cause that must come next; -1: that epoch was not resumed yet
  Offset last_cause =
      unknown;  // of the last accepted outcome; -1: there is none; unknown: before any `resumed`
  Offset last_offset = -1;  // of the last accepted record, checked when a store opens…
  Uuid last_id = {};        // …by its id: a mismatch means another log

  bool operator==(const Position&) const = default;
};

// Reads one events partition, record by record, in offset order. Pure; one thread.
class Fence {
 public:
  enum class Verdict : std::uint8_t {
    skipped,   // does not count: another epoch, a double, a late one
    control,   // opened, resumed or trying
    partial,   // accepted; more of its outcome is to come, nothing of it is visible yet
    complete,  // accepted, and its outcome is whole: all its records are visible now
    diverged,  // `resumed` contradicts what this reader accepted: its store is of another log.
               // Stop, alarm.
  };

  Fence() = default;
  explicit Fence(const Position& position) : at_(position) {}

  Verdict feed(const Record& record);

  // Where the last complete outcome ended, or what was skipped or steered after it.
  const Position& position() const { return at_; }
  std::uint32_t pending() const {
    return pending_;
  }  // records accepted of an outcome not yet whole
  std::uint64_t skipped() const { return skipped_; }  // data records that did not count

 private:
  Verdict open(const Record& record);
  Verdict resume(const Record& record);
  Verdict accept(const Record& record);

  Position at_;
  std::uint32_t pending_ = 0;
  std::uint64_t skipped_ = 0;
};

}  // namespace wf
