// A host is told of every booking of its chargers, a renter of what others do with a booking;
// nobody of what he did himself.
#include "gen/inbox.h"

#include <algorithm>
#include <iterator>

namespace wf::inbox {
namespace {

template <class E>
Commands tell(const AccountId& whom, const E& e, const Meta& meta, What what) {
  if (whom == meta.by) return {};
  const ChargerId charger{meta.stream};
  return {To{whom.value, Deliver{whom, what, e.booking, charger, e.start, e.end}}};
}

template <class E>
Commands tell_host(const E& e, const Meta& meta, What what) {
  return tell(e.host, e, meta, what);
}

// Older records do not say who the renter is.
template <class E>
Commands tell_renter(const E& e, const Meta& meta, What what) {
  if (!e.renter) return {};
  return tell(*e.renter, e, meta, what);
}

// Who rents from himself is told once.
template <class E>
Commands tell_both(const E& e, const Meta& meta, What what) {
  Commands told = tell_host(e, meta, what);
  if (e.renter != e.host) std::ranges::move(tell_renter(e, meta, what), std::back_inserter(told));
  return told;
}

}  // namespace

Commands react(const booking::Requested& e, const Meta& meta) {
  return tell_host(e, meta, What::requested);
}
// The renter has its answer already, and this is the event there are most of.
Commands react(const booking::Reserved& e, const Meta& meta) {
  return tell_host(e, meta, What::reserved);
}
Commands react(const booking::Changed& e, const Meta& meta) {
  return tell_both(e, meta, What::changed);
}
Commands react(const booking::Approved& e, const Meta& meta) {
  return tell_renter(e, meta, What::approved);
}
Commands react(const booking::Declined& e, const Meta& meta) {
  return tell_renter(e, meta, What::declined);
}
Commands react(const booking::Expired& e, const Meta& meta) {
  return tell_renter(e, meta, What::expired);
}
Commands react(const booking::Cancelled& e, const Meta& meta) {
  return tell_both(e, meta, What::cancelled);
}
Commands react(const booking::Missed& e, const Meta& meta) {
  return tell_both(e, meta, What::missed);
}

}  // namespace wf::inbox
