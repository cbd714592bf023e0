// One run in a process of its own, so that a seed may abort, crash or hang without taking the
// others along.
#pragma once
#include <string>

#include "simulation/plan.h"

namespace wf::simulation {

struct Verdict {
  std::string wrong;  // empty: nothing is
  std::string trace;  // if it was asked for
};

// Its files are below `root` while it runs. Throws std::system_error where it cannot run at all.
Verdict attempt(std::uint64_t seed, const Plan& plan, bool tracing, const std::string& root);

}  // namespace wf::simulation
