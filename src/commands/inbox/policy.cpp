// A host is told of every booking of its chargers.
#include "gen/inbox.h"

namespace wf::inbox {
namespace {

template <class E>
Commands tell_host(const E& e, const Meta& meta, What what) {
  const ChargerId charger{meta.stream};
  return {To{e.host.value, Deliver{e.host, what, e.booking, charger, e.start, e.end}}};
}

}  // namespace

Commands react(const booking::Requested& e, const Meta& meta) {
  return tell_host(e, meta, What::requested);
}
Commands react(const booking::Reserved& e, const Meta& meta) {
  return tell_host(e, meta, What::reserved);
}
Commands react(const booking::Changed& e, const Meta& meta) {
  return tell_host(e, meta, What::changed);
}
Commands react(const booking::Cancelled& e, const Meta& meta) {
  return tell_host(e, meta, What::cancelled);
}
Commands react(const booking::Missed& e, const Meta& meta) {
  return tell_host(e, meta, What::missed);
}

}  // namespace wf::inbox
