// A host is told of every booking of its chargers, a renter of what others do with a booking.
#include "gen/inbox.h"

#include <algorithm>
#include <iterator>

namespace wf::inbox {
namespace {

template <class E>
Commands tell(const AccountId& whom, const E& e, const Meta& meta, What what) {
  const ChargerId charger{meta.stream};
  return {To{whom.value, Deliver{whom, what, e.booking, charger, e.start, e.end}}};
}

template <class E>
Commands tell_host(const E& e, const Meta& meta, What what) {
  return tell(e.host, e, meta, what);
}

// Older records do not say who the renter is; who rents from himself knows.
template <class E>
Commands tell_renter(const E& e, const Meta& meta, What what) {
  if (!e.renter || *e.renter == e.host) return {};
  return tell(*e.renter, e, meta, what);
}

template <class E>
Commands tell_both(const E& e, const Meta& meta, What what) {
  Commands told = tell_host(e, meta, what);
  std::ranges::move(tell_renter(e, meta, what), std::back_inserter(told));
  return told;
}

// A side is not told what it did itself.
template <class E>
Commands tell_others(const E& e, const Meta& meta, What what, booking::Side side) {
  if (side == booking::Side::renter) return tell_host(e, meta, what);
  return side == booking::Side::host ? tell_renter(e, meta, what) : tell_both(e, meta, what);
}

}  // namespace

Commands react(const booking::Requested& e, const Meta& meta) {
  return tell_host(e, meta, What::requested);
}
// The renter has its answer already, and this is the event there are most of.
Commands react(const booking::Reserved& e, const Meta& meta) {
  return tell_host(e, meta, What::reserved);
}
// Older records do not say who moved it: nearly always its renter.
Commands react(const booking::Changed& e, const Meta& meta) {
  return tell_others(e, meta, What::changed, e.side.value_or(booking::Side::renter));
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
  return tell_others(e, meta, What::cancelled, e.side);
}
Commands react(const booking::Missed& e, const Meta& meta) {
  return tell_both(e, meta, What::missed);
}

}  // namespace wf::inbox
