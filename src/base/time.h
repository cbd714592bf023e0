// Instants and durations in integer microseconds, RFC 3339 text, and local time by IANA zone.
// Values; any thread.
#pragma once
#include <algorithm>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wf {

struct Duration {
  std::int64_t us = 0;

  auto operator<=>(const Duration&) const = default;
  static constexpr Duration seconds(std::int64_t n) { return {n * 1'000'000}; }
  static constexpr Duration millis(std::int64_t n) { return {n * 1'000}; }
  static constexpr Duration minutes(std::int64_t n) { return seconds(n * 60); }
  static constexpr Duration hours(std::int64_t n) { return minutes(n * 60); }
};

// Microseconds since 1970-01-01T00:00:00Z. Range of text and sums: years 0001 to 9999; a sum that
// would leave it ends there, so that what was made of a time somebody sent can always be stored.
struct Instant {
  static constexpr std::int64_t us_min = -62'135'596'800'000'000;  // 0001-01-01T00:00:00Z
  static constexpr std::int64_t us_max = 253'402'300'799'999'999;  // 9999-12-31T23:59:59.999999Z

  std::int64_t us = 0;

  auto operator<=>(const Instant&) const = default;
  friend constexpr Instant operator+(Instant t, Duration d) {
    std::int64_t sum = 0;
    if (__builtin_add_overflow(t.us, d.us, &sum)) return {d.us < 0 ? us_min : us_max};
    return {std::clamp(sum, us_min, us_max)};
  }
  friend constexpr Instant operator-(Instant t, Duration d) {
    std::int64_t difference = 0;
    if (__builtin_sub_overflow(t.us, d.us, &difference)) return {d.us > 0 ? us_min : us_max};
    return {std::clamp(difference, us_min, us_max)};
  }
  friend constexpr Duration operator-(Instant a, Instant b) { return {a.us - b.us}; }

  // "2026-11-21T09:00:00Z", with as many of six fraction digits as are not zero. Always UTC.
  std::string text() const;
  void append_to(std::string& out) const;
  // RFC 3339 with any offset; a leap second counts as the second after; nothing else is accepted.
  static std::optional<Instant> parse(std::string_view text);
};

// The wall clock. Only gateways, logs and the loops of runtime may call it.
Instant wall_clock();

// A civil time in a zone, as a schedule sees it.
struct LocalTime {
  int year, month, day;  // month 1–12
  int weekday;           // 1 = Monday … 7 = Sunday (ISO 8601)
  int minute;            // since local midnight, 0–1439
};

class TimeZone {
 public:
  // An IANA name ("Europe/London"); nothing if this machine does not know it. Cached; cheap after
  // the first call.
  static std::optional<TimeZone> find(std::string_view name);
  LocalTime local(Instant at) const;
  // The first instant whose local time is at or after that civil minute: in a spring gap the end of
  // the gap, in an autumn fold the first of the two.
  Instant instant(int year, int month, int day, int minute) const;

 private:
  explicit TimeZone(const void* zone) : zone_(zone) {}
  const void* zone_;  // an absl::TimeZone kept for the life of the process
};

}  // namespace wf
