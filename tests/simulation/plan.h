// What a run does: a list of actions, each with a seed of its own, so that any of them can be left
// out without changing the others.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace wf::simulation {

struct Action {
  std::uint32_t number = 0;  // its place in the whole plan: names it in traces
  std::size_t kind = 0;      // index into World::kinds()
  std::uint64_t seed = 0;
  bool faults = true;  // false: log, network and processes do what they should while it runs
};

using Plan = std::vector<Action>;

struct Lesson;
// `lesson`: what happens more often than otherwise; may be null.
Plan plan_of(std::uint64_t seed, const Lesson* lesson);

}  // namespace wf::simulation
