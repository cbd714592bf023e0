// Delta debugging: leaves out ever smaller pieces. What it fails with may change on the way; it is
// the shorter story of the same bug more often than not.
#include "simulation/shrink.h"

#include <chrono>

namespace wf::simulation {
namespace {

using Clock = std::chrono::steady_clock;

Plan without(const Plan& plan, std::size_t from, std::size_t count) {
  Plan shorter(plan.begin(), plan.begin() + static_cast<std::ptrdiff_t>(from));
  const std::size_t rest = std::min(plan.size(), from + count);
  shorter.insert(shorter.end(), plan.begin() + static_cast<std::ptrdiff_t>(rest), plan.end());
  return shorter;
}

Plan without_faults(Plan plan, std::size_t from, std::size_t count) {
  for (std::size_t i = from; i < std::min(plan.size(), from + count); ++i) plan[i].faults = false;
  return plan;
}

// Tries `make` on pieces of half the plan, a quarter, … one action.
template <class Make>
Plan tried(Plan plan, const Fails& fails, Clock::time_point until, const Make& make) {
  for (std::size_t size = plan.size() / 2; size > 0; size /= 2) {
    for (std::size_t from = 0; from < plan.size();) {
      if (Clock::now() > until) return plan;
      Plan other = make(plan, from, size);
      const bool worse = fails(other);
      if (!worse || other.size() == plan.size()) from += size;
      if (worse) plan = std::move(other);
    }
  }
  return plan;
}

}  // namespace

Plan shrink(Plan plan, const Fails& fails, int seconds_max) {
  const auto until = Clock::now() + std::chrono::seconds(seconds_max);
  plan = tried(std::move(plan), fails, until, without);
  return tried(std::move(plan), fails, until, without_faults);
}

}  // namespace wf::simulation
