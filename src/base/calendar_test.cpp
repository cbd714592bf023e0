// Calendars over clock changes, and against a minute-by-minute reading of the clock on the wall.
#include "base/calendar.h"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <random>
#include <string>

namespace wf::calendar_test {
namespace {

TimeZone zone(std::string_view name) { return TimeZone::find(name).value(); }
Instant at(std::string_view text) { return Instant::parse(text).value(); }
Interval between(std::string_view start, std::string_view end) { return {at(start), at(end)}; }

std::string text(const std::vector<Interval>& intervals) {
  std::string out;
  for (const Interval& one : intervals) {
    out += (out.empty() ? "" : " ") + one.start.text() + "/" + one.end.text();
  }
  return out;
}

std::vector<Opening> daily(int from, int to) {
  std::vector<Opening> made;
  for (int day = 1; day <= 7; ++day) made.push_back({day, from, to});
  return made;
}

// What the header says, read off the wall clock: of a civil day, the latest minute it has shown so
// far, and whether an opening has that minute.
std::vector<bool> open_minutes(const TimeZone& tz,
                               const std::vector<Opening>& openings,
                               Interval in) {
  std::vector<bool> open;
  int latest = -1;
  int day = 0;
  for (Instant t = in.start - Duration::hours(27); t < in.end; t = t + Duration::minutes(1)) {
    const LocalTime now = tz.local(t);
    const int number = (now.year * 12 + now.month) * 31 + now.day;
    if (number > day) {
      day = number;
      latest = -1;
    }
    latest = std::max(latest, now.minute);
    if (t < in.start) continue;
    open.push_back(std::ranges::any_of(openings, [&](const Opening& o) {
      return o.day == now.weekday && o.from <= latest && latest < o.to;
    }));
  }
  return open;
}

bool covered(const std::vector<Interval>& intervals, Instant t) {
  return std::ranges::any_of(intervals,
                             [&](const Interval& i) { return i.start <= t && t < i.end; });
}

std::vector<Opening> random_week(std::mt19937& random) {
  std::vector<Opening> week;
  for (int day = 1; day <= 7; ++day) {
    int cursor = 0;
    while (cursor < 1440 && random() % 4 != 0) {
      const int from = cursor + static_cast<int>(random() % 3) * 45;
      const int to = std::min(1440, from + 15 + static_cast<int>(random() % 600));
      if (from >= 1440) break;
      week.push_back({day, from, to});
      cursor = to;
    }
  }
  return week;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(calendar_tests)

BOOST_AUTO_TEST_CASE(intervals_are_half_open) {
  const Interval ten = between("2026-06-01T09:00:00Z", "2026-06-01T10:00:00Z");
  BOOST_TEST(!ten.overlaps(between("2026-06-01T10:00:00Z", "2026-06-01T11:00:00Z")));
  BOOST_TEST(!ten.overlaps(between("2026-06-01T08:00:00Z", "2026-06-01T09:00:00Z")));
  BOOST_TEST(ten.overlaps(between("2026-06-01T09:59:59Z", "2026-06-01T11:00:00Z")));
  BOOST_TEST(ten.contains(ten));
}

BOOST_AUTO_TEST_CASE(lengths_are_compared_with_any_number_of_minutes) {
  const Interval hour{Instant{}, Instant{} + Duration::hours(1)};
  BOOST_TEST((!hour.is_shorter(60) && !hour.is_longer(60)));
  BOOST_TEST((hour.is_shorter(61) && hour.is_longer(59)));
  const Interval more{hour.start, hour.end + Duration{1}};
  BOOST_TEST((!more.is_shorter(60) && more.is_longer(60)));
  BOOST_TEST((hour.is_shorter(INT64_MAX) && hour.is_longer(INT64_MIN)));
}

BOOST_AUTO_TEST_CASE(a_week_is_well_formed) {
  BOOST_TEST(well_formed({}));
  BOOST_TEST(well_formed(std::vector<Opening>{{1, 0, 600}, {1, 600, 1440}, {7, 0, 1}}));
  BOOST_TEST(!well_formed(std::vector<Opening>{{1, 0, 601}, {1, 600, 1440}}));
  BOOST_TEST(!well_formed(std::vector<Opening>{{1, 600, 600}}));
  BOOST_TEST(!well_formed(std::vector<Opening>{{1, 700, 600}}));
  BOOST_TEST(!well_formed(std::vector<Opening>{{8, 0, 60}}));
  BOOST_TEST(!well_formed(std::vector<Opening>{{1, 0, 1441}}));
}

BOOST_AUTO_TEST_CASE(windows_no_week_has_are_no_week) {
  struct Window {
    std::int64_t day;
    std::int64_t from;
    std::int64_t to;
  };
  constexpr std::int64_t whole = std::int64_t{1} << 32;  // which an int would lose
  for (const Window& odd :
       {Window{1, INT32_MIN, 1}, {1, 0, INT64_MAX}, {whole + 1, 0, 1440}, {1, whole, whole + 1}}) {
    const std::vector<Opening> openings = openings_of(std::vector<Window>{odd, odd});
    BOOST_TEST(!well_formed(std::span(openings).first(1)));
    BOOST_TEST(!always_open(openings));
  }
}

BOOST_AUTO_TEST_CASE(all_day_every_day_is_always_open) {
  BOOST_TEST(always_open(daily(0, 1440)));
  BOOST_TEST(!always_open(daily(0, 1439)));
  const Interval year = between("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z");
  BOOST_TEST(open_throughout(zone("Europe/London"), daily(0, 1440), year));
  BOOST_TEST(text(open_time(zone("Europe/London"), daily(0, 1440), year)) == text({year}));
}

BOOST_AUTO_TEST_CASE(hours_are_local_AS3) {
  const Interval day = local_day(zone("Asia/Kathmandu"), "2026-06-01").value();
  BOOST_TEST(text({day}) == "2026-05-31T18:15:00Z/2026-06-01T18:15:00Z");
  BOOST_TEST(text(open_time(zone("Asia/Kathmandu"), daily(540, 1020), day)) ==
             "2026-06-01T03:15:00Z/2026-06-01T11:15:00Z");
}

BOOST_AUTO_TEST_CASE(opening_over_midnight_takes_two_entries_AS3) {
  const std::vector<Opening> night = {{1, 1320, 1440},
                                      {2, 0, 360}};  // Monday 22:00 to Tuesday 6:00
  const TimeZone london = zone("Europe/London");
  BOOST_TEST(
      open_throughout(london, night, between("2026-06-01T21:00:00Z", "2026-06-02T05:00:00Z")));
  BOOST_TEST(
      !open_throughout(london, night, between("2026-06-01T20:59:00Z", "2026-06-02T05:00:00Z")));
  BOOST_TEST(
      !open_throughout(london, night, between("2026-06-01T21:00:00Z", "2026-06-02T05:01:00Z")));
  BOOST_TEST(
      text(open_time(london, night, between("2026-06-01T00:00:00Z", "2026-06-03T00:00:00Z"))) ==
      "2026-06-01T21:00:00Z/2026-06-02T05:00:00Z");
}

BOOST_AUTO_TEST_CASE(a_spring_gap_shortens_the_day_AS3) {
  const TimeZone london = zone("Europe/London");  // 29 March 2026, 01:00 becomes 02:00
  const Interval day = local_day(london, "2026-03-29").value();
  BOOST_TEST(day.length().us == Duration::hours(23).us);
  BOOST_TEST(text(open_time(london, {{{7, 0, 90}}}, day)) ==
             "2026-03-29T00:00:00Z/2026-03-29T01:00:00Z");
  BOOST_TEST(text(open_time(london, {{{7, 70, 100}}}, day)) == "");
  BOOST_TEST(open_throughout(london,
                             {{{7, 0, 90}, {7, 120, 180}}},
                             between("2026-03-29T00:00:00Z", "2026-03-29T02:00:00Z")));
  const TimeZone paris = zone("Europe/Paris");  // 02:00 becomes 03:00
  BOOST_TEST(text(open_time(paris, {{{7, 60, 240}}}, local_day(paris, "2026-03-29").value())) ==
             "2026-03-29T00:00:00Z/2026-03-29T02:00:00Z");
}

BOOST_AUTO_TEST_CASE(an_autumn_fold_belongs_to_who_has_it_first_AS3) {
  const TimeZone london = zone("Europe/London");  // 25 October 2026, 02:00 becomes 01:00
  const Interval day = local_day(london, "2026-10-25").value();
  BOOST_TEST(day.length().us == Duration::hours(25).us);
  BOOST_TEST(text(open_time(london, {{{7, 60, 120}}}, day)) ==
             "2026-10-25T00:00:00Z/2026-10-25T02:00:00Z");
  BOOST_TEST(text(open_time(london, {{{7, 0, 90}}}, day)) ==
             "2026-10-24T23:00:00Z/2026-10-25T00:30:00Z");
  BOOST_TEST(text(open_time(london, {{{7, 90, 180}}}, day)) ==
             "2026-10-25T00:30:00Z/2026-10-25T03:00:00Z");
}

BOOST_AUTO_TEST_CASE(dates_are_read_strictly) {
  const TimeZone london = zone("Europe/London");
  BOOST_TEST(local_day(london, "2028-02-29").has_value());
  for (const char* bad : {"",
                          "2026-02-29",
                          "2026-13-01",
                          "2026-00-10",
                          "2026-1-1",
                          "2026-01-01T",
                          "20260101",
                          "2026-01-0x"}) {
    BOOST_TEST(!local_day(london, bad).has_value(), bad);
  }
}

BOOST_AUTO_TEST_CASE(taking_time_away_leaves_the_rest_BK3) {
  const auto m = [](int minute) { return Instant{} + Duration::minutes(minute); };
  const std::vector<Interval> open = {{m(0), m(10)}, {m(20), m(30)}};
  BOOST_TEST(text(without(open, {})) == text(open));
  BOOST_TEST(text(without(open, {{{m(0), m(30)}}})) == "");
  BOOST_TEST(text(without(open, {{{m(2), m(4)}, {m(3), m(25)}, {m(4), m(5)}, {m(28), m(40)}}})) ==
             text({{m(0), m(2)}, {m(25), m(28)}}));
}

BOOST_AUTO_TEST_CASE(packed_intervals_round_outwards_and_sort_by_start) {
  const Interval odd = between("2026-06-01T09:00:30Z", "2026-06-01T10:00:01Z");
  const Taken back = unpack_taken(pack_taken(63, odd));
  BOOST_TEST(back.connector == 63);
  BOOST_TEST(text({back.interval}) == "2026-06-01T09:00:00Z/2026-06-01T10:01:00Z");
  BOOST_TEST(pack_taken(63, odd) <
             pack_taken(1, between("2026-06-01T09:01:00Z", "2026-06-01T09:02:00Z")));
}

BOOST_AUTO_TEST_CASE(open_time_is_what_the_wall_clock_shows_AS3) {
  std::mt19937 random(20260329);
  const std::string_view zones[] = {
      "Europe/London", "Europe/Paris", "Asia/Kathmandu", "America/Sao_Paulo"};
  const std::string_view days[] = {"2026-03-27T00:00:00Z",
                                   "2026-10-23T05:00:00Z",
                                   "2018-11-03T00:00:00Z",
                                   "2018-02-16T03:00:00Z"};
  for (int round = 0; round < 48; ++round) {
    const TimeZone tz = zone(zones[random() % 4]);
    const Instant start =
        at(days[random() % 4]) + Duration::minutes(static_cast<int>(random() % 1440));
    const Interval within{start, start + Duration::minutes(60 + static_cast<int>(random() % 5000))};
    const std::vector<Opening> week = random_week(random);
    BOOST_REQUIRE(well_formed(week));
    const std::vector<Interval> open = open_time(tz, week, within);
    const std::vector<bool> wall = open_minutes(tz, week, within);
    Instant t = within.start;
    for (std::size_t i = 0; i < wall.size(); ++i, t = t + Duration::minutes(1)) {
      if (covered(open, t) != wall[i]) BOOST_FAIL("round " << round << ": " << t.text());
    }
    for (int question = 0; question < 50; ++question) {
      const auto from = static_cast<std::size_t>(random() % wall.size());
      const auto to = std::min<std::size_t>(wall.size(), from + 1 + random() % 200);
      const Interval wanted{within.start + Duration::minutes(static_cast<int>(from)),
                            within.start + Duration::minutes(static_cast<int>(to))};
      const auto first = wall.begin() + static_cast<std::ptrdiff_t>(from);
      const bool all = std::all_of(
          first, first + static_cast<std::ptrdiff_t>(to - from), [](bool b) { return b; });
      BOOST_TEST(open_throughout(tz, week, wanted) == all,
                 "round " << round << " " << text({wanted}));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::calendar_test
