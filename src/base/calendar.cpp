// Opening hours by the week in a time zone, and what is free of them.
#include "base/calendar.h"

#include <algorithm>
#include <utility>

namespace wf {
namespace {

constexpr int day_minutes = 24 * 60;

// Walks the openings of one civil day after the other, from the day of an instant on.
class Days {
 public:
  Days(const TimeZone& zone, std::span<const Opening> openings, Instant from)
      : zone_(zone), openings_(openings), first_(zone.local(from)) {}

  // The `offset`th day's openings as instants, appended. Empty ones (in a gap) are left out.
  void append(int offset, std::vector<Interval>& out) const {
    const int weekday = (first_.weekday - 1 + offset) % 7 + 1;
    auto at_day = std::ranges::lower_bound(openings_, weekday, {}, &Opening::day);
    for (; at_day != openings_.end() && at_day->day == weekday; ++at_day) {
      const Opening& one = *at_day;
      const Interval open{at(offset, one.from), at(offset, one.to)};
      if (open.start >= open.end) continue;
      if (!out.empty() && out.back().end >= open.start) {
        out.back().end = std::max(out.back().end, open.end);
      } else {
        out.push_back(open);
      }
    }
  }

  Instant midnight(int offset) const { return at(offset, 0); }

 private:
  Instant at(int offset, int minute) const {
    return zone_.instant(first_.year, first_.month, first_.day + offset, minute);
  }

  const TimeZone& zone_;
  std::span<const Opening> openings_;
  LocalTime first_;
};

bool real_date(int year, int month, int day) {
  constexpr int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (year < 1970 || month < 1 || month > 12 || day < 1) return false;
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return day <= lengths[month - 1] + (month == 2 && leap ? 1 : 0);
}

std::optional<int> digits(std::string_view text) {
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

constexpr std::int64_t minute_us = Interval::minute_us;

}  // namespace

std::vector<Opening> sorted(std::vector<Opening> openings) {
  std::ranges::sort(openings);
  return openings;
}

bool well_formed(std::span<const Opening> openings) {
  for (std::size_t i = 0; i < openings.size(); ++i) {
    const Opening& one = openings[i];
    if (one.day < 1 || one.day > 7) return false;
    if (one.from < 0 || one.from >= one.to || one.to > day_minutes) return false;
    if (i > 0 && openings[i - 1].day == one.day && openings[i - 1].to > one.from) return false;
  }
  return true;
}

bool always_open(std::span<const Opening> openings) {
  int minutes =
      0;  // well-formed openings do not overlap, so a full week is only reached by all of it
  for (const Opening& one : openings) minutes += one.to - one.from;
  return minutes == 7 * day_minutes;
}

std::vector<Interval> open_time(const TimeZone& zone,
                                std::span<const Opening> openings,
                                const Interval& within) {
  std::vector<Interval> open;
  if (within.start >= within.end) return open;
  const Days days(zone, openings, within.start);
  for (int offset = 0; days.midnight(offset) < within.end; ++offset) days.append(offset, open);
  std::erase_if(open, [&](const Interval& one) { return !one.overlaps(within); });
  if (!open.empty()) {
    open.front().start = std::max(open.front().start, within.start);
    open.back().end = std::min(open.back().end, within.end);
  }
  return open;
}

bool open_throughout(const TimeZone& zone,
                     std::span<const Opening> openings,
                     const Interval& wanted) {
  if (always_open(openings)) return true;
  const Days days(zone, openings, wanted.start);
  std::vector<Interval> open;
  // A week that is not all open has a closed minute in every eight days, or, if that one is skipped
  // by a gap, in the eight after.
  for (int offset = 0; offset < 16; ++offset) {
    days.append(offset, open);
    std::erase_if(open, [&](const Interval& one) { return one.end <= wanted.start; });
    if (open.empty()) continue;
    if (open.front().contains(wanted)) return true;
    if (open.front().start > wanted.start || open.size() > 1) return false;
  }
  return false;
}

std::vector<Interval> without(std::span<const Interval> open, std::span<const Interval> taken) {
  std::vector<Interval> left;
  auto busy = taken.begin();
  for (const Interval& one : open) {
    Instant cursor = one.start;
    for (; busy != taken.end() && busy->start < one.end; ++busy) {
      if (busy->start > cursor) left.push_back({cursor, busy->start});
      cursor = std::max(cursor, busy->end);
      if (cursor >= one.end) break;  // it may reach into the next one
    }
    if (cursor < one.end) left.push_back({cursor, one.end});
  }
  return left;
}

std::optional<Interval> local_day(const TimeZone& zone, std::string_view date) {
  if (date.size() != 10 || date[4] != '-' || date[7] != '-') return std::nullopt;
  const auto year = digits(date.substr(0, 4));
  const auto month = digits(date.substr(5, 2));
  const auto day = digits(date.substr(8, 2));
  if (!year || !month || !day || !real_date(*year, *month, *day)) return std::nullopt;
  return Interval{zone.instant(*year, *month, *day, 0), zone.instant(*year, *month, *day + 1, 0)};
}

std::int64_t pack_taken(std::int64_t connector, const Interval& interval) {
  const std::int64_t from = interval.start.us / minute_us;
  const std::int64_t until = (interval.end.us + minute_us - 1) / minute_us;
  const std::int64_t length = std::min<std::int64_t>(until - from, (1 << 25) - 1);
  return (from << 31) | (length << 6) | connector;
}

Taken unpack_taken(std::int64_t packed) {
  const std::int64_t from = packed >> 31;
  const std::int64_t length = (packed >> 6) & ((1 << 25) - 1);
  return {packed & 63, {{from * minute_us}, {(from + length) * minute_us}}};
}

}  // namespace wf
