// Makes a failing plan short: fewer actions, then fewer faults, as long as it still fails.
#pragma once
#include "simulation/plan.h"

namespace wf::simulation {

Plan shrink(std::uint64_t seed, Plan plan, int seconds_max);

}  // namespace wf::simulation
