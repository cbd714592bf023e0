// What an account was told, numbered, and how far it has read.
#include "gen/inbox.h"

namespace wf::inbox {

State evolve(State s, const Delivered& e) {
  s.delivered = e.number;
  return s;
}

State evolve(State s, const Read& e) {
  s.read = e.up_to;
  return s;
}

Decision decide(const State& s, const Deliver& c, const Context& ctx) {
  return Delivered{EntryId{ctx.id("entry")},
                   c.account,
                   s.delivered + 1,
                   c.what,
                   c.booking,
                   c.charger,
                   c.start,
                   c.end};
}

Decision decide(const State& s, const MarkRead& c, const Context& ctx) {
  if (c.up_to > s.delivered) return Reason::not_found;
  if (c.up_to <= s.read) return {};
  return Read{ctx.principal, c.up_to};
}

}  // namespace wf::inbox
