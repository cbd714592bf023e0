// Makes a failing plan short: fewer actions, then fewer faults, as long as it still fails.
#pragma once
#include <functional>

#include "simulation/plan.h"

namespace wf::simulation {

using Fails = std::function<bool(const Plan&)>;

Plan shrink(Plan plan, const Fails& fails, int seconds_max);

}  // namespace wf::simulation
