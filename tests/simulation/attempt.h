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

Verdict attempt(std::uint64_t seed, const Plan& plan, bool tracing);

}  // namespace wf::simulation
