// The log as tools open it: Kafka, the embedded log's directory, or the process that has it open.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "gen/process.h"
#include "log/log.h"

namespace wf::cli {

// Never creates a log; the partitions are those it has. Embedded: VAR/control.sock if a process
// answers there, else the directory itself, which then belongs to this process. Code::not_found:
// there is no log; Code::mismatch: it was lost; Code::unavailable: somebody has it open and does
// not answer.
Result<std::unique_ptr<Log>> open_tool_log(const ProcessConfig& process);
// Where there is no embedded log. Code::mismatch: its tables or stores are there, so it was deleted
// or its volume is not mounted, and it must not be begun anew.
Result<void> check_log_was_not_lost(const ProcessConfig& process);

// Every slot of a kind ("events", "commands"), as the log has them.
std::vector<Slot> slots_in(const Log& log, std::string_view kind);
// Where a running process of this deployment listens.
std::string control_path(const ProcessConfig& process);

}  // namespace wf::cli
