// What a host's chargers booked on each UTC day: sums over many streams, whatever their order.
#include "gen/tables/daily_bookings.h"

namespace wf::daily_bookings {

std::optional<Row> view(const Key& key,
                        const Confirmed& confirmed,
                        const MovedIn& moved_in,
                        const MovedOut& moved_out,
                        const Minutes& minutes,
                        const MinutesMovedOut& minutes_moved_out,
                        const MinutesReleased& minutes_released,
                        const Completed& completed,
                        const Used& used,
                        const Cancelled& cancelled,
                        const Missed& missed) {
  const std::int64_t reserved = confirmed.count + moved_in.count - moved_out.count;
  std::int64_t booked = minutes.sum;
  take_from(booked, minutes_moved_out.sum);
  take_from(booked, minutes_released.sum);
  return Row{key.host,
             key.day,
             reserved,
             completed.count,
             cancelled.count,
             missed.count,
             booked,
             used.sum};
}

}  // namespace wf::daily_bookings
