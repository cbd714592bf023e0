// Whether an interval may be booked on a connector. Pure; any thread.
#pragma once
#include <optional>

#include "base/calendar.h"
#include "gen/booking.h"

namespace wf::booking {

// A booking that is over is remembered for so long after its interval, when no retry can make it
// again.
inline constexpr Duration remembered = Duration::hours(24);
// So many bookings of a charger whose time has passed are remembered, the newest.
inline constexpr std::int64_t passed_max = 1'000;

// Whether anybody but `own` has the connector in part of the interval, or had it.
bool is_taken(const State& s, std::int64_t connector, const Interval& wanted, const BookingId* own);

// Why not, or nothing. `own`: the booking being moved, which is no obstacle to itself; its
// connector may be gone from the charger meanwhile, and it may be shortened whatever its host
// did. Cost: linear in the bookings of the connector.
std::optional<Reason> unfit(const State& s,
                            std::int64_t connector,
                            const Interval& wanted,
                            const BookingId* own,
                            const Context& ctx);

}  // namespace wf::booking
