// `wayfold inspect quarantine`: the rows that are parked, why, and what to type.
#pragma once
#include <string>
#include <vector>

#include "cli/command_line.h"
#include "gen/process.h"
#include "log/log.h"

namespace wf::cli {

// None named: every table that has a store here.
Exit inspect_quarantine(Setup& setup,
                        const ProcessConfig& process,
                        const Log& log,
                        const std::vector<std::string>& names);

}  // namespace wf::cli
