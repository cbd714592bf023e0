// What a booked interval costs, in integer minor units; halves round up.
#pragma once
#include "base/calendar.h"
#include "base/money.h"

namespace wf::booking {

inline Money amount_for(const Money& per_hour, const Interval& interval) {
  const std::int64_t seconds = interval.length().us / 1'000'000;
  const std::int64_t hours = per_hour.minor * (seconds / 3600);
  return {hours + (per_hour.minor * (seconds % 3600) + 1800) / 3600, per_hour.currency};
}

// `basis_points` hundredths of a percent of it.
inline Money share_of(const Money& amount, std::int64_t basis_points) {
  const std::int64_t whole = amount.minor / 10'000 * basis_points;
  return {whole + (amount.minor % 10'000 * basis_points + 5'000) / 10'000, amount.currency};
}

}  // namespace wf::booking
