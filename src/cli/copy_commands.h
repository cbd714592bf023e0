// Carries one deployment's keys and commands into another.
#pragma once
#include <cstdint>
#include <functional>

#include "log/log.h"

namespace wf::cli {

struct CopyCounts {
  std::uint64_t keys = 0;
  std::uint64_t commands = 0;  // all records of commands topics
  std::uint64_t skipped = 0;   // not carried into another number of partitions
  std::uint64_t before = 0;    // were there already, from a copy that was interrupted
};

// Called after each batch with the records done; false ends the copy with Code::closed.
using CopyTick = std::function<bool(std::uint64_t done)>;

// Every record as it is, with the time it was first appended. Equal partition counts. May be called
// again after an interruption: it goes on. Code::forbidden if a source partition was trimmed;
// Code::mismatch if the target holds something else.
Result<CopyCounts> copy_verbatim(Log& from, Log& to, const CopyTick& tick);

// Only what clients sent, in the order it was appended, each to the partition of its stream. The
// target's commands must be empty: Code::mismatch otherwise.
Result<CopyCounts> copy_resharded(Log& from, Log& to, const CopyTick& tick);

// Partitions of a topic; 0: it has no such topic.
std::uint32_t partitions_of(const Log& log, const std::string& topic);

}  // namespace wf::cli
