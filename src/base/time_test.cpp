// RFC 3339 in both directions, and local time over the hours that clocks skip and repeat.
#include "base/time.h"

#include <boost/test/unit_test.hpp>

#include <malloc.h>

namespace wf::time_test {
namespace {

std::string normal(std::string_view text) {
  const auto at = Instant::parse(text);
  return at ? at->text() : "refused";
}

std::string instant_in(std::string_view zone, int month, int day, int hour, int minute) {
  return TimeZone::find(zone)->instant(2026, month, day, hour * 60 + minute).text();
}

int local_minute(std::string_view zone, std::string_view at) {
  return TimeZone::find(zone)->local(*Instant::parse(at)).minute;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(time_tests)

BOOST_AUTO_TEST_CASE(text_has_the_digits_it_needs) {
  BOOST_TEST(Instant{0}.text() == "1970-01-01T00:00:00Z");
  BOOST_TEST(Instant{1}.text() == "1970-01-01T00:00:00.000001Z");
  BOOST_TEST(Instant{-1}.text() == "1969-12-31T23:59:59.999999Z");
  BOOST_TEST(Instant{1'500'000}.text() == "1970-01-01T00:00:01.5Z");
  BOOST_TEST(normal("0001-01-01T00:00:00Z") == "0001-01-01T00:00:00Z");
  BOOST_TEST(normal("9999-12-31T23:59:59.999999Z") == "9999-12-31T23:59:59.999999Z");
  BOOST_TEST(normal("2024-02-29T12:00:00.120Z") == "2024-02-29T12:00:00.12Z");
}

BOOST_AUTO_TEST_CASE(any_offset_is_read_as_utc) {
  BOOST_TEST(normal("2026-11-21T09:00:00+05:45") == "2026-11-21T03:15:00Z");
  BOOST_TEST(normal("2026-11-21T09:00:00-00:44") == "2026-11-21T09:44:00Z");
  BOOST_TEST(normal("2026-11-21t09:00:00z") == "2026-11-21T09:00:00Z");
  BOOST_TEST(normal("2026-01-01T00:00:00+23:59") == "2025-12-31T00:01:00Z");
  BOOST_TEST(normal("1985-04-12T23:20:50.52Z") == "1985-04-12T23:20:50.52Z");  // RFC 3339, 5.8
  BOOST_TEST(normal("1937-01-01T12:00:27.87+00:20") == "1937-01-01T11:40:27.87Z");
  BOOST_TEST(normal("2026-11-21T09:00:00.1234567899Z") == "2026-11-21T09:00:00.123456Z");
}

BOOST_AUTO_TEST_CASE(a_leap_second_counts_as_the_second_after) {
  BOOST_TEST(normal("1990-12-31T23:59:60Z") == "1991-01-01T00:00:00Z");
  BOOST_TEST(normal("1990-12-31T15:59:60-08:00") == "1991-01-01T00:00:00Z");
  BOOST_TEST(normal("1990-12-31T23:59:60.5Z") == "1991-01-01T00:00:00.5Z");
  BOOST_TEST(normal("1990-12-31T23:58:60Z") == "refused");
  BOOST_TEST(normal("1990-12-31T23:59:61Z") == "refused");
}

BOOST_AUTO_TEST_CASE(nothing_else_is_read) {
  for (const std::string_view bad : {"",
                                     "2026-11-21",
                                     "2026-11-21T09:00Z",
                                     "2026-11-21T09:00:00",
                                     "2026-11-21 09:00:00Z",
                                     "2026-11-21T09:00:00.Z",
                                     "2026-11-21T09:00:00,5Z",
                                     "2026-11-21T09:00:00Z ",
                                     " 2026-11-21T09:00:00Z",
                                     "2026-11-21T09:00:00+0545",
                                     "2026-11-21T09:00:00+05",
                                     "2026-11-21T09:00:00+24:00",
                                     "2026-11-21T09:00:00+05:60",
                                     "2026-11-21T24:00:00Z",
                                     "2026-11-21T09:60:00Z",
                                     "2026-13-01T00:00:00Z",
                                     "2026-00-01T00:00:00Z",
                                     "2026-02-29T00:00:00Z",
                                     "2026-04-31T00:00:00Z",
                                     "2026-01-00T00:00:00Z",
                                     "0000-01-01T00:00:00Z",
                                     "0001-01-01T00:00:00+00:01",
                                     "9999-12-31T23:59:59-00:01",
                                     "+2026-01-01T00:00:00Z",
                                     "20260-01-01T00:00:00Z",
                                     "2026-1-01T00:00:00Z",
                                     "2026-11-21T09:00:00\xe2\x88\x92"
                                     "05:00"}) {
    BOOST_TEST(normal(bad) == "refused", bad);
  }
}

BOOST_AUTO_TEST_CASE(every_day_of_four_centuries_goes_both_ways) {
  const Instant first = *Instant::parse("1800-01-01T12:34:56.789Z");
  for (int day = 0; day < 146'097; ++day) {
    const Instant at = first + Duration::hours(24 * day);
    if (Instant::parse(at.text()) != at) BOOST_ERROR(at.text());
  }
}

// A state that kept "a month after the end" of a booking in the year 9999 could not be loaded.
BOOST_AUTO_TEST_CASE(sums_end_where_text_ends) {
  const Instant first = *Instant::parse("0001-01-01T00:00:00Z");
  const Instant last = *Instant::parse("9999-12-31T23:59:59.999999Z");
  const Duration longest{INT64_MAX};
  BOOST_TEST(((last + Duration{1}) == last));
  BOOST_TEST(((last + longest) == last));
  BOOST_TEST(((first - Duration{1}) == first));
  BOOST_TEST(((first - longest) == first));
  BOOST_TEST(((first + Duration{INT64_MIN}) == first));
  BOOST_TEST(((last - Duration{INT64_MIN}) == last));
  BOOST_TEST(((last + Duration{-1}).text() == "9999-12-31T23:59:59.999998Z"));
  BOOST_TEST(((first + (last - first)) == last));
}

BOOST_AUTO_TEST_CASE(a_spring_gap_is_its_end) {
  // London skips 01:00–02:00 on 29 March 2026, Paris 02:00–03:00, at the same instant.
  BOOST_TEST(instant_in("Europe/London", 3, 29, 0, 59) == "2026-03-29T00:59:00Z");
  BOOST_TEST(instant_in("Europe/London", 3, 29, 1, 0) == "2026-03-29T01:00:00Z");
  BOOST_TEST(instant_in("Europe/London", 3, 29, 1, 30) == "2026-03-29T01:00:00Z");
  BOOST_TEST(instant_in("Europe/London", 3, 29, 2, 0) == "2026-03-29T01:00:00Z");
  BOOST_TEST(instant_in("Europe/Paris", 3, 29, 2, 30) == "2026-03-29T01:00:00Z");
  BOOST_TEST(instant_in("Europe/Paris", 3, 29, 3, 0) == "2026-03-29T01:00:00Z");
}

BOOST_AUTO_TEST_CASE(an_autumn_fold_is_the_first_of_the_two) {
  BOOST_TEST(instant_in("Europe/London", 10, 25, 1, 30) == "2026-10-25T00:30:00Z");
  BOOST_TEST(instant_in("Europe/London", 10, 25, 2, 0) == "2026-10-25T02:00:00Z");
  BOOST_TEST(instant_in("Europe/Paris", 10, 25, 2, 30) == "2026-10-25T00:30:00Z");
  BOOST_TEST(local_minute("Europe/London", "2026-10-25T00:30:00Z") == 90);
  BOOST_TEST(local_minute("Europe/London", "2026-10-25T01:30:00Z") == 90);
}

BOOST_AUTO_TEST_CASE(local_time_by_zone) {
  const LocalTime local =
      TimeZone::find("Asia/Kathmandu")->local(*Instant::parse("2026-11-21T18:15:30Z"));
  BOOST_TEST(local.year == 2026);
  BOOST_TEST(local.month == 11);
  BOOST_TEST(local.day == 22);
  BOOST_TEST(local.weekday == 7);  // a Sunday
  BOOST_TEST(local.minute == 0);
  BOOST_TEST(instant_in("Asia/Kathmandu", 11, 22, 0, 0) == "2026-11-21T18:15:00Z");
  BOOST_TEST(
      TimeZone::find("Europe/London")->local(*Instant::parse("2026-11-23T00:00:00Z")).weekday == 1);
}

BOOST_AUTO_TEST_CASE(unknown_zones_are_not_found) {
  for (const std::string_view bad : {"",
                                     "Europe/Atlantis",
                                     "../../etc/passwd",
                                     "/etc/localtime",
                                     "file:Europe/Paris",
                                     "libc:UTC",
                                     "localtime",
                                     "posixrules",
                                     "right/Europe/Paris",
                                     "posix/Europe/Paris",
                                     "Europe//London",
                                     "Europe/London/",
                                     "Europe",
                                     "leapseconds"}) {
    BOOST_TEST(!TimeZone::find(bad), bad);
  }
}

BOOST_AUTO_TEST_CASE(unknown_zones_are_not_remembered) {
  static_cast<void>(TimeZone::find("Europe/Atlantis"));
  const std::size_t before = mallinfo2().uordblks;
  for (int i = 0; i < 10'000; ++i) {
    BOOST_REQUIRE(!TimeZone::find("Europe/Atlantis_" + std::to_string(i)));
  }
  BOOST_TEST(mallinfo2().uordblks < before + 100'000);
}

BOOST_AUTO_TEST_CASE(the_wall_clock_is_in_this_century) {
  BOOST_TEST((wall_clock() > *Instant::parse("2026-01-01T00:00:00Z")));
  BOOST_TEST((wall_clock() < *Instant::parse("2100-01-01T00:00:00Z")));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::time_test
