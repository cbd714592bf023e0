// The fence of DESIGN.md 3, checked against random schedules in fence_model_test.cpp.
#include "log/fence.h"

namespace wf {

Fence::Verdict Fence::feed(const Record& record) {
  Verdict verdict = Verdict::control;
  if (record.kind == Kind::opened) {
    verdict = open(record);
  } else if (record.kind == Kind::resumed) {
    verdict = resume(record);
  } else if (is_data(record.kind)) {
    verdict = accept(record);
  }
  // Inside a half-read outcome the position stays at its first record, so that a restart reads all
  // of it again.
  if (pending_ == 0 && verdict != Verdict::diverged) at_.offset = record.offset + 1;
  return verdict;
}

Fence::Verdict Fence::open(const Record& record) {
  at_.epoch = record.offset;
  at_.next = -1;
  pending_ = 0;
  return Verdict::control;
}

Fence::Verdict Fence::resume(const Record& record) {
  if (record.epoch != at_.epoch || at_.next >= 0)
    return Verdict::control;  // a zombie's, or a double
  if (at_.last_cause != Position::unknown && at_.last_cause != record.cause)
    return Verdict::diverged;
  at_.last_cause = record.cause;
  at_.next = record.next;
  return Verdict::control;
}

Fence::Verdict Fence::accept(const Record& record) {
  const bool expected = record.epoch == at_.epoch && at_.next >= 0 && record.cause == at_.next &&
                        record.index == pending_ && record.index < record.count;
  if (!expected) {
    ++skipped_;
    return Verdict::skipped;
  }
  if (++pending_ < record.count) return Verdict::partial;
  pending_ = 0;
  at_.last_cause = record.cause;
  at_.next = record.cause + 1;
  at_.last_offset = record.offset;
  at_.last_id = record.id;
  return Verdict::complete;
}

}  // namespace wf
