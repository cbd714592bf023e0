// Whether an interval may be booked on a connector: length, opening hours, blocks, other bookings.
#include "commands/booking/fit.h"

#include <algorithm>

#include "gen/platform.h"

namespace wf::booking {
namespace {

std::optional<Reason> unfit_time(const State& s,
                                 const Interval& wanted,
                                 const BookingId* own,
                                 const Context& ctx) {
  if (wanted.start == wanted.end) return Reason::empty_interval;
  if (wanted.end < wanted.start) return Reason::reversed_interval;
  const bool kept = own && s.live.at(*own).start == wanted.start;
  const bool began = !kept && wanted.start + Interval::begun_max < ctx.now;
  if (began || wanted.end <= ctx.now || wanted.start < Instant{}) return Reason::in_the_past;
  if (wanted.start > ctx.now + Duration::hours(24 * ctx.platform.booking_window_days)) {
    return Reason::too_far_ahead;
  }
  // Real sessions of seconds are imported; to book such ones would only fill the state.
  const std::int64_t shortest = ctx.imported ? 0 : Interval::shortest_minutes;
  if (wanted.is_shorter(s.min_minutes.value_or(shortest))) return Reason::too_short;
  if (wanted.is_longer(s.max_minutes.value_or(Interval::longest_minutes))) return Reason::too_long;
  return std::nullopt;
}

bool is_open(const State& s, const Interval& wanted) {
  if (s.always_open) return true;
  const std::optional<TimeZone> zone = TimeZone::find(s.time_zone);
  return zone && open_throughout(*zone, openings_of(s.schedule), wanted);
}

}  // namespace

bool is_taken(const State& s,
              std::int64_t connector,
              const Interval& wanted,
              const BookingId* own) {
  // Sorted by connector and start. Ends need not be: old logs have early check-ins that overlap.
  auto at = std::ranges::lower_bound(s.busy, connector, {}, &Busy::connector);
  for (; at != s.busy.end() && at->connector == connector && at->start < wanted.end; ++at) {
    if (at->end > wanted.start && (!own || at->booking != *own)) return true;
  }
  return std::ranges::any_of(s.used, [&](const Busy& one) {
    return one.connector == connector && wanted.overlaps({one.start, one.end});
  });
}

std::optional<Reason> unfit(const State& s,
                            std::int64_t connector,
                            const Interval& wanted,
                            const BookingId* own,
                            const Context& ctx) {
  if (!own && std::ranges::find(s.connectors, connector) == s.connectors.end()) {
    return Reason::unknown_connector;
  }
  if (const auto no = unfit_time(s, wanted, own, ctx)) return no;
  if (own) {  // what only gives time back is in nobody's way
    const Live& live = s.live.at(*own);
    if (Interval{live.start, live.end}.contains(wanted)) return std::nullopt;
  }
  if (!s.bookable) return Reason::not_bookable;
  if (!is_open(s, wanted)) return Reason::outside_schedule;
  for (const Block& one : s.blocks) {
    if (wanted.overlaps({one.start, one.end})) return Reason::blocked;
  }
  if (is_taken(s, connector, wanted, own)) return Reason::slot_taken;
  return std::nullopt;
}

}  // namespace wf::booking
