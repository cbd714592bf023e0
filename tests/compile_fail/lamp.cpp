// The lamp of tests/golden/gen, defined by hand; each macro makes one mistake, which must not
// build.
#include "gen/lamp.h"

namespace wf::lamp {

State evolve(State state, const Installed& event) {
  state.owner = event.owner;
  return state;
}

#ifndef MISSING_EVOLVE
State evolve(State state, const Lit&) {
  state.lit = true;
  return state;
}
#endif

#ifdef EXTRA_EVOLVE
State evolve(State state, const Shade&) { return state; }
#endif

Decision decide(const State&, const Install&, const Context&) { return {}; }

Decision decide(const State& state, const Light&, const Context& context) {
#ifdef COMMAND_FOR_EVENT
  return Dim{};
#else
  return Lit{state.owner, context.now, {}};
#endif
}

#ifndef MISSING_DECIDE
Decision decide(const State&, const Dim&, const Context&) { return {}; }
#endif

#ifndef MISSING_REFUSED
Decision decide(const State&, const Refused&, const Context&) { return {}; }
#endif

std::optional<Due> deadline(const State&) { return std::nullopt; }

}  // namespace wf::lamp
