// What an operator may say of a commands log that lost what was answered: where its decider goes
// on.
#pragma once
#include <string>

#include "base/time.h"
#include "log/log.h"

namespace wf::cli {

struct Resumption {
  Offset epoch = -1;
  Offset after = -1;  // the last command that was answered before
};

// Opens an epoch of `events` and resumes it at command `next`, for ever on record with the reason.
// What was accepted stays; commands before `next` that were not answered never will be. A decider
// that runs steps back and goes on behind it. Code::invalid: `next` is beyond the commands log's
// end. Code::forbidden: the commands log still has the last answered command, and `next` is not the
// one that follows it.
Result<Resumption> resume_slot(
    Log& log, const Slot& events, Offset next, const std::string& reason, Instant now);

}  // namespace wf::cli
