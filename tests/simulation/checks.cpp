// The list of what must hold.
#include "simulation/checks.h"

namespace wf::simulation {
namespace {

constexpr void (*checks[])(const Facts&, Environment&) = {
    every_command_has_one_outcome,
    readers_agree,
    time_never_goes_back,
    sends_arrive_once,
    acknowledged_is_there,
    outcomes_are_told,
    reservations_do_not_overlap,
    decided_again_it_is_the_same,
    tables_are_folds,
};

}  // namespace

void check_all(const Facts& facts, Environment& env) {
  for (const auto check : checks) {
    check(facts, env);
    if (!env.wrong.empty()) return;
  }
}

}  // namespace wf::simulation
