// Opening hours by the week in a time zone, and what is free of them: shared by decisions and
// answers. Values; any thread.
#pragma once
#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace wf {

// Half-open: a booking that ends at ten and one that starts at ten do not meet.
struct Interval {
  Instant start;
  Instant end;

  auto operator<=>(const Interval&) const = default;
  Duration length() const { return end - start; }
  // Of any number of minutes, one that is no Duration too.
  bool is_shorter(std::int64_t minutes) const { return length().us / minute_us < minutes; }
  bool is_longer(std::int64_t minutes) const { return (length().us - 1) / minute_us >= minutes; }
  bool overlaps(const Interval& other) const { return start < other.end && other.start < end; }
  bool contains(const Interval& other) const { return start <= other.start && other.end <= end; }

  static constexpr std::int64_t minute_us = 60'000'000;
  static constexpr std::int64_t shortest_minutes = 1;
  static constexpr std::int64_t longest_minutes =
      527'040;  // 366 days: nothing is booked for longer
  static constexpr Duration begun_max = Duration::hours(1);  // what is booked began no longer ago
};

// One weekday's opening, in minutes since local midnight. It opens at the first instant whose local
// time is at or after `from` and closes at the first one at or after `to`: in a spring gap what is
// skipped is lost, in an autumn fold the hour that comes twice belongs to whoever has it first.
struct Opening {
  int day = 0;  // 1 = Monday … 7 = Sunday
  int from = 0;
  int to = 0;  // not included; 1440 is the next midnight

  auto operator<=>(const Opening&) const = default;
};

// Of anything with integer members day, from and to (the schemas' Window), sorted. What is outside
// of a week stays outside, but so near that sums fit.
std::vector<Opening> sorted(std::vector<Opening> openings);
template <class Windows>
std::vector<Opening> openings_of(const Windows& windows) {
  std::vector<Opening> made;
  made.reserve(windows.size());
  const auto near = [](std::int64_t value, std::int64_t greatest) {
    return static_cast<int>(std::clamp<std::int64_t>(value, -1, greatest + 1));
  };
  for (const auto& one : windows) {
    made.push_back({near(one.day, 7), near(one.from, 1440), near(one.to, 1440)});
  }
  return sorted(std::move(made));
}

// All of the following expect openings as sorted() leaves them.
bool well_formed(std::span<const Opening> openings);  // within the week, none empty, none overlap
bool always_open(std::span<const Opening> openings);  // every minute of every day

// The open time within `within`: sorted, merged over midnight, clipped. Cost: the days of `within`.
std::vector<Interval> open_time(const TimeZone& zone,
                                std::span<const Opening> openings,
                                const Interval& within);
// Whether `wanted` is open from its start to its end. Stops at the first closed minute.
bool open_throughout(const TimeZone& zone,
                     std::span<const Opening> openings,
                     const Interval& wanted);

// What is left of `open` without `taken`. Both sorted by start; `open` does not overlap itself.
std::vector<Interval> without(std::span<const Interval> open, std::span<const Interval> taken);

// From midnight to midnight in the zone: 23 to 25 hours. Nothing if `date` is no "YYYY-MM-DD".
std::optional<Interval> local_day(const TimeZone& zone, std::string_view date);

// A booked interval of a connector in one integer, ordered by start: rows keep many. Whole minutes,
// rounded outwards; from 1970 to 2225, at most 63 years long, connectors 0 to 63.
std::int64_t pack_taken(std::int64_t connector, const Interval& interval);
struct Taken {
  std::int64_t connector = 0;
  Interval interval;
};
Taken unpack_taken(std::int64_t packed);

}  // namespace wf
