// Sums over many chargers, in whatever order their events come.
#include <algorithm>
#include <functional>
#include <random>

#include "base/table_spec.h"
#include "gen/booking_json.h"
#include "gen/tables/daily_bookings.h"

namespace wf::daily_bookings {
namespace {

const AccountId asha{Uuid{{0xa5}}};

Instant t(int hour) { return *Instant::parse("2026-11-21T00:00:00Z") + Duration::hours(hour); }
BookingId booking_id(std::uint8_t n) { return {Uuid{{0xb0, n}}}; }

booking::Reserved reserved(std::uint8_t n, Instant start, std::int64_t minutes) {
  booking::Reserved e;
  e.booking = booking_id(n);
  e.host = asha;
  e.start = start;
  e.end = start + Duration::minutes(minutes);
  e.minutes = minutes;
  return e;
}

std::string row(std::string_view day, std::array<int, 6> n) {
  const auto part = [](std::string_view name, int value) {
    return ",\"" + std::string(name) + "\":" + std::to_string(value);
  };
  return R"({"host":"a5000000-0000-0000-0000-000000000000","day":")" + std::string(day) + '"' +
         part("reserved", n[0]) + part("completed", n[1]) + part("cancelled", n[2]) +
         part("missed", n[3]) + part("booked_minutes", n[4]) + part("used_minutes", n[5]) + "}";
}

std::vector<std::string> shown(const TableSpec& rows) {
  std::vector<std::string> out;
  for (const auto& [key, json] : rows.visible()) out.push_back(json);
  return out;
}

using Add = std::function<void(TableSpec&)>;

template <class E>
Add fact(std::uint8_t charger, const E& event) {
  Meta meta;
  meta.stream = Uuid{{charger}};
  return [event, meta](TableSpec& rows) { rows.after(event, meta); };
}

// Two chargers' day: six bookings, of which one moves to the next day, one is given back, one is
// used.
std::vector<Add> busy_day() {
  booking::Approved approved{booking_id(4), asha, 1, t(20), t(21), 60, t(20), {}};
  booking::Changed moved;
  moved.booking = booking_id(2);
  moved.host = asha;
  moved.start = t(25);
  moved.end = t(26);
  moved.minutes = 60;
  moved.old_start = t(10);
  moved.old_end = t(12);
  moved.old_minutes = 120;
  const booking::Cancelled gone{
      booking_id(3), asha, 1, t(23), t(24), t(9), booking::Side::renter, {}, 60, {}, {}, {}};
  const booking::Cancelled unasked{
      booking_id(6), asha, 1, t(1), t(2), t(0), booking::Side::renter, {}, 0, {}, {}, {}};
  return {fact(1, reserved(1, t(8), 30)),
          fact(2, reserved(2, t(10), 120)),
          fact(1, reserved(3, t(23), 60)),
          fact(2, approved),
          fact(1, reserved(5, t(24), 45)),
          fact(2, moved),
          fact(1, gone),
          fact(2, unasked),
          fact(1, booking::Completed{booking_id(1), asha, 1, t(8), t(9), t(9), 25, false, t(8)}),
          fact(1, booking::Missed{booking_id(5), asha, 1, t(24), t(25), t(25), {}})};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(daily_bookings_tests)

// As no decision makes them: the row is parked.
BOOST_AUTO_TEST_CASE(minutes_beyond_64_bits_are_not_shown) {
  booking::Cancelled gone{
      booking_id(3), asha, 1, t(23), t(24), t(9), booking::Side::renter, {}, INT64_MIN, {}, {}, {}};
  TableSpec rows(table());
  rows.after(gone, {});
  BOOST_CHECK_THROW(rows.visible(), std::overflow_error);
}

BOOST_AUTO_TEST_CASE(a_day_is_the_utc_day_a_booking_starts_on) {
  TableSpec rows(table());
  for (const Add& add : busy_day()) add(rows);
  const std::vector<std::string> expected = {row("2026-11-21", {3, 1, 2, 0, 90, 25}),
                                             row("2026-11-22", {2, 0, 0, 1, 105, 0})};
  BOOST_TEST(shown(rows) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_order_of_events_does_not_matter) {
  std::vector<Add> facts = busy_day();
  TableSpec in_order(table());
  for (const Add& add : facts) add(in_order);
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    std::shuffle(facts.begin(), facts.end(), random);
    TableSpec shuffled(table());
    for (const Add& add : facts) add(shuffled);
    BOOST_TEST(shown(shuffled) == shown(in_order), boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::daily_bookings
