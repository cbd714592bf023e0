// The row of a booking after each thing that may happen to it.
#include "gen/tables/bookings.h"
#include "base/table_spec.h"
#include "gen/booking_json.h"

namespace wf::bookings {
namespace {

const BookingId id{Uuid{{0xb0}}};
const ChargerId garage{Uuid{{0x6a}}};
const AccountId asha{Uuid{{0xa5}}};
const AccountId ravi{Uuid{{0x4a}}};

Instant t(int hour) { return *Instant::parse("2026-11-21T00:00:00Z") + Duration::hours(hour); }
Money inr(std::int64_t minor) { return {minor, {'I', 'N', 'R'}}; }

Meta at(int hour) {
  Meta meta;
  meta.stream = garage.value;
  meta.at = t(hour);
  return meta;
}

booking::Reserved reserved() {
  return {id,
          garage,
          1,
          asha,
          ravi,
          t(12),
          t(14),
          120,
          inr(24000),
          inr(2400),
          1000,
          inr(12'000),
          inr(1'850),
          t(12),
          t(12)};
}

booking::Requested requested() {
  const booking::Reserved r = reserved();
  return {r.booking,
          r.charger,
          r.connector,
          r.host,
          r.renter,
          r.start,
          r.end,
          r.minutes,
          r.amount,
          r.fee,
          r.fee_bp,
          r.price_per_hour,
          r.price_per_kwh,
          r.cancel_until,
          t(10)};
}

booking::Approved approved() { return {id, asha, 1, t(12), t(14), 120, t(12), {}}; }

std::string row(std::string_view status,
                std::string_view rest,
                std::string_view hours =
                    R"("start":"2026-11-21T12:00:00Z","end":"2026-11-21T14:00:00Z","minutes":120,)"
                    R"("amount":{"minor":24000,"currency":"INR"},"fee":{"minor":2400,)"
                    R"("currency":"INR"})",
                std::string_view until = "12") {
  return R"({"id":"b0000000-0000-0000-0000-000000000000",)"
         R"("charger":"6a000000-0000-0000-0000-000000000000","connector":1,)"
         R"("host":"a5000000-0000-0000-0000-000000000000",)"
         R"("renter":"4a000000-0000-0000-0000-000000000000","status":")" +
         std::string(status) + R"(",)" + std::string(hours) +
         R"(,"price_per_hour":{"minor":12000,"currency":"INR"},)"
         R"("price_per_kwh":{"minor":1850,"currency":"INR"},"cancel_until":"2026-11-21T)" +
         std::string(until) + R"(:00:00Z",)" + std::string(rest) + "}";
}

TableSpec rows() { return TableSpec(table()); }

}  // namespace

BOOST_AUTO_TEST_SUITE(bookings_tests)

BOOST_AUTO_TEST_CASE(an_instant_booking_is_confirmed_BK10) {
  BOOST_TEST(rows().after(reserved(), at(9)).only() ==
             row("confirmed",
                 R"("revision":1,"created_at":"2026-11-21T09:00:00Z",)"
                 R"("updated_at":"2026-11-21T09:00:00Z")"));
}

BOOST_AUTO_TEST_CASE(a_request_says_until_when_the_host_may_answer_BK2) {
  BOOST_TEST(rows().after(requested(), at(9)).only() ==
             row("requested",
                 R"("hold_until":"2026-11-21T10:00:00Z","revision":1,)"
                 R"("created_at":"2026-11-21T09:00:00Z","updated_at":"2026-11-21T09:00:00Z")"));
  BOOST_TEST(rows().after(requested(), at(9)).after(approved(), at(10)).only() ==
             row("confirmed",
                 R"("revision":2,"created_at":"2026-11-21T09:00:00Z",)"
                 R"("updated_at":"2026-11-21T10:00:00Z")"));
}

BOOST_AUTO_TEST_CASE(a_request_ends_unconfirmed_BK2) {
  const booking::Declined no{id, asha, 1, t(12), t(14), t(10), "broken", {}};
  BOOST_TEST(rows().after(requested(), at(9)).after(no, at(10)).only() ==
             row("declined",
                 R"("ended_at":"2026-11-21T10:00:00Z","reason":"broken","revision":2,)"
                 R"("created_at":"2026-11-21T09:00:00Z","updated_at":"2026-11-21T10:00:00Z")"));
  const booking::Expired late{id, asha, 1, t(12), t(14), t(10), {}};
  BOOST_TEST(rows().after(requested(), at(9)).after(late, at(10)).only() ==
             row("expired",
                 R"("ended_at":"2026-11-21T10:00:00Z","revision":2,)"
                 R"("created_at":"2026-11-21T09:00:00Z","updated_at":"2026-11-21T10:00:00Z")"));
}

BOOST_AUTO_TEST_CASE(a_change_moves_interval_and_price) {
  const booking::Changed moved{id,
                               asha,
                               1,
                               t(15),
                               t(16),
                               60,
                               inr(12000),
                               inr(1200),
                               t(15),
                               t(15),
                               t(12),
                               t(14),
                               120,
                               {},
                               {}};
  BOOST_TEST(
      rows().after(reserved(), at(9)).after(moved, at(10)).only() ==
      row("confirmed",
          R"("revision":2,"created_at":"2026-11-21T09:00:00Z","updated_at":"2026-11-21T10:00:00Z")",
          R"("start":"2026-11-21T15:00:00Z","end":"2026-11-21T16:00:00Z","minutes":60,)"
          R"("amount":{"minor":12000,"currency":"INR"},"fee":{"minor":1200,)"
          R"("currency":"INR"})",
          "15"));
}

BOOST_AUTO_TEST_CASE(a_cancelled_one_says_by_whom_and_why_BK9) {
  const booking::Cancelled gone{
      id, asha, 1, t(12), t(14), t(10), booking::Side::host, "ill", 120, {}, {}, {}};
  BOOST_TEST(rows().after(reserved(), at(9)).after(gone, at(10)).only() ==
             row("cancelled",
                 R"("ended_at":"2026-11-21T10:00:00Z","cancelled_by":"host","reason":"ill",)"
                 R"("revision":2,"created_at":"2026-11-21T09:00:00Z",)"
                 R"("updated_at":"2026-11-21T10:00:00Z")"));
}

BOOST_AUTO_TEST_CASE(one_cancelled_late_says_so_BK9) {
  const booking::Cancelled gone{
      id, asha, 1, t(12), t(14), t(13), booking::Side::renter, {}, 120, {}, true, {}};
  BOOST_TEST(rows().after(reserved(), at(9)).after(gone, at(13)).only() ==
             row("cancelled",
                 R"("ended_at":"2026-11-21T13:00:00Z","cancelled_by":"renter",)"
                 R"("cancelled_late":true,"revision":2,"created_at":"2026-11-21T09:00:00Z",)"
                 R"("updated_at":"2026-11-21T13:00:00Z")"));
}

BOOST_AUTO_TEST_CASE(a_used_one_says_from_when_till_when) {
  TableSpec seen = rows();
  seen.after(reserved(), at(9)).after(booking::CheckedIn{id, t(12), t(26), 1, t(12)}, at(12));
  BOOST_TEST(seen.only() ==
             row("checked_in",
                 R"("checked_in_at":"2026-11-21T12:00:00Z","revision":2,)"
                 R"("created_at":"2026-11-21T09:00:00Z","updated_at":"2026-11-21T12:00:00Z")"));
  seen.after(booking::Completed{id, asha, 1, t(12), t(14), t(13), 60, false, t(12)}, at(13));
  BOOST_TEST(seen.only() ==
             row("completed",
                 R"("checked_in_at":"2026-11-21T12:00:00Z","ended_at":"2026-11-21T13:00:00Z",)"
                 R"("used_minutes":60,"revision":3,"created_at":"2026-11-21T09:00:00Z",)"
                 R"("updated_at":"2026-11-21T13:00:00Z")"));
}

BOOST_AUTO_TEST_CASE(a_missed_one_is_over) {
  BOOST_TEST(rows()
                 .after(reserved(), at(9))
                 .after(booking::Missed{id, asha, 1, t(12), t(14), t(13), {}}, at(13))
                 .only() ==
             row("missed",
                 R"("ended_at":"2026-11-21T13:00:00Z","revision":2,)"
                 R"("created_at":"2026-11-21T09:00:00Z","updated_at":"2026-11-21T13:00:00Z")"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::bookings
