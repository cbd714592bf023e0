// What time it is by the append times of a log's records: nothing else may end an idempotency
// window, so that every reader ends it at the same record.
#pragma once
#include "base/time.h"

namespace wf {

// Whether it is as late as `appended` says, `newest` so far. Times of several partitions and
// brokers differ by less than a minute; a larger step back is a clock that was ahead and was set
// right, whose answers would else be forgotten at once.
inline bool is_newest(Instant appended, Instant newest) {
  return appended > newest || appended + Duration::minutes(1) < newest;
}

}  // namespace wf
