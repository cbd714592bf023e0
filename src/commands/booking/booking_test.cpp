// What may be booked, and why not.
#include "commands/booking/booking_samples.h"

namespace wf::booking {
namespace {

Reserve at(Instant start, Instant end, std::int64_t connector = 1) {
  return {garage, connector, start, end};
}

// The same booking, with another interval's times in it.
Reserved reserved_at(Instant start, Instant end) {
  Reserved e = reserved();
  e.start = start;
  e.end = end;
  e.minutes = (end - start).us / 60'000'000;
  e.amount = inr(12'000 * e.minutes / 60);
  e.fee = inr(e.amount.minor / 10);
  e.cancel_until = start;
  e.no_show_at = std::min(std::max(start, spec_now) + Duration::minutes(15), end);
  return e;
}

charger::Listed open_from_to(std::int64_t from, std::int64_t to) {
  charger::Listed e = listed();
  e.schedule = every_day(from, to);
  return e;
}

charger::Listed limited(std::optional<std::int64_t> min, std::optional<std::int64_t> max) {
  charger::Listed e = listed();
  e.min_minutes = min;
  e.max_minutes = max;
  return e;
}

charger::Blocked blocked(Instant start, Instant end) {
  return {BlockId{Uuid{{1}}}, start, end, spec_now};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(booking_tests)

// ---- reserve ----

BOOST_AUTO_TEST_CASE(an_instant_charger_books_at_once_BK1) {
  given({listed()}).when(reserve()).then(reserved());
}

BOOST_AUTO_TEST_CASE(another_charger_asks_its_host_BK2) {
  given({approving()}).when(reserve()).then(requested());
}

BOOST_AUTO_TEST_CASE(a_request_is_held_no_longer_than_its_interval_BK2) {
  Requested e = requested();
  e.start = t(9);
  e.end = t(9, 30);
  e.minutes = 30;
  e.amount = inr(6'000);
  e.fee = inr(600);
  e.cancel_until = t(9);
  e.hold_until = t(9, 30);
  given({approving()}).when(at(t(9), t(9, 30))).then(e);
}

BOOST_AUTO_TEST_CASE(a_request_is_answered_before_its_start_or_never_BK2) {
  Requested e = requested();
  e.hold_until = t(12);
  given({approving()}).when(reserve()).at(t(11, 30)).then(e);
}

BOOST_AUTO_TEST_CASE(a_free_charger_costs_nothing_in_the_platforms_currency) {
  charger::Listed free = listed();
  free.price_per_hour = {};
  free.price_per_kwh = {};
  Reserved e = reserved();
  e.amount = e.fee = inr(0);
  e.price_per_hour = e.price_per_kwh = {};
  given({free}).when(reserve()).then(e);
}

BOOST_AUTO_TEST_CASE(a_charger_nobody_listed_is_not_found) {
  given({}).when(reserve()).then(Reason::not_found);
}

BOOST_AUTO_TEST_CASE(a_connector_must_be_there) {
  given({listed()}).when(at(t(12), t(14), 3)).then(Reason::unknown_connector);
}

BOOST_AUTO_TEST_CASE(an_interval_has_a_length) {
  given({listed()}).when(at(t(12), t(12))).then(Reason::empty_interval);
  given({listed()}).when(at(t(14), t(12))).then(Reason::reversed_interval);
}

BOOST_AUTO_TEST_CASE(what_is_over_cannot_be_booked_so_a_late_retry_cannot_double_BK1) {
  given({listed()}).when(at(t(7), t(9))).then(Reason::in_the_past);
  given({listed()}).when(at(t(8), t(9, 1))).then(reserved_at(t(8), t(9, 1)));
  given({listed()}).when(at(t(8) - Duration::millis(1), t(12))).then(Reason::in_the_past);
  given({listed()}).when(reserve()).at(t(14)).then(Reason::in_the_past);
  given({listed()}).when(at(Instant{-1}, t(12))).at(Instant{-2}).then(Reason::in_the_past);
}

BOOST_AUTO_TEST_CASE(bookings_start_within_the_window) {
  const Instant last = spec_now + Duration::hours(90 * 24);
  given({listed()})
      .when(at(last, last + Duration::hours(1)))
      .then(reserved_at(last, last + Duration::hours(1)));
  given({listed()})
      .when(at(last + Duration::millis(1), last + Duration::hours(1)))
      .then(Reason::too_far_ahead);
}

BOOST_AUTO_TEST_CASE(lengths_have_the_chargers_limits) {
  given({limited(120, 120)}).when(reserve()).then(reserved());
  given({limited(121, {})}).when(reserve()).then(Reason::too_short);
  given({limited({}, 119)}).when(reserve()).then(Reason::too_long);
  const Instant year_later = t(12) + Duration::hours(366 * 24);
  given({listed()}).when(at(t(12), year_later)).then(reserved_at(t(12), year_later));
  given({listed()}).when(at(t(12), year_later + Duration::millis(1))).then(Reason::too_long);
}

BOOST_AUTO_TEST_CASE(nothing_but_what_is_imported_is_shorter_than_a_minute) {
  const Instant almost = t(12) + Duration::seconds(59);
  Reserved real = reserved_at(t(12), almost);
  real.amount = inr(197);
  real.fee = inr(20);
  given({listed()}).when(at(t(12), t(12, 1))).then(reserved_at(t(12), t(12, 1)));
  given({listed()}).when(at(t(12), almost)).then(Reason::too_short);
  given({listed()}).when(at(t(12), almost)).imported().then(real);
  given({limited(1, {})}).when(at(t(12), almost)).imported().then(Reason::too_short);
  given({listed(), reserved()}).when(Change{made_id, t(12), almost}).then(Reason::too_short);
}

BOOST_AUTO_TEST_CASE(a_paused_or_retired_charger_takes_no_booking) {
  given({listed(), charger::Paused{}}).when(reserve()).then(Reason::not_bookable);
  given({listed(), charger::Paused{}, charger::Resumed{}}).when(reserve()).then(reserved());
  given({listed(), charger::Retired{}}).when(reserve()).then(Reason::not_bookable);
}

BOOST_AUTO_TEST_CASE(
    opening_hours_are_the_chargers_own_AS3) {  // Kolkata is UTC+5:30: 17:30 to 19:30
  given({open_from_to(1050, 1170)}).when(reserve()).then(reserved());
  given({open_from_to(1051, 1170)}).when(reserve()).then(Reason::outside_schedule);
  given({open_from_to(1050, 1169)}).when(reserve()).then(Reason::outside_schedule);
  given({listed(), charger::ScheduleSet{"Europe/London", every_day(720, 840)}})
      .when(reserve())
      .then(reserved());
  given({listed(), charger::ScheduleSet{"Europe/London", {}}})
      .when(reserve())
      .then(Reason::outside_schedule);
}

BOOST_AUTO_TEST_CASE(a_block_takes_no_booking_until_it_is_lifted_AS3) {
  given({listed(), blocked(t(13), t(15))}).when(reserve()).then(Reason::blocked);
  given({listed(), blocked(t(14), t(15))}).when(reserve()).then(reserved());
  given({listed(), blocked(t(13), t(15)), charger::Unblocked{BlockId{Uuid{{1}}}}})
      .when(reserve())
      .then(reserved());
}

BOOST_AUTO_TEST_CASE(a_slot_is_sold_once_BK1) {
  const Reserved taken = reserved(other_id);
  for (const auto& [start, end] : {std::pair{t(12), t(14)},
                                   {t(11), t(12, 1)},
                                   {t(13, 59), t(15)},
                                   {t(12, 30), t(13)},
                                   {t(11), t(15)}}) {
    given({listed(), taken}).when(at(start, end)).by(mira).then(Reason::slot_taken);
  }
}

BOOST_AUTO_TEST_CASE(intervals_are_half_open_and_connectors_apart_BK1) {
  const Reserved taken = reserved(other_id);
  given({listed(), taken}).when(at(t(10), t(12))).then(reserved_at(t(10), t(12)));
  given({listed(), taken}).when(at(t(14), t(16))).then(reserved_at(t(14), t(16)));
  Reserved beside = reserved();
  beside.connector = 2;
  given({listed(), taken}).when(at(t(12), t(14), 2)).then(beside);
}

BOOST_AUTO_TEST_CASE(a_request_holds_its_slot_BK2) {
  Requested held = requested();
  held.booking = other_id;
  given({approving(), held}).when(reserve()).by(mira).then(Reason::slot_taken);
}

BOOST_AUTO_TEST_CASE(a_slot_given_back_can_be_sold_again_BK1) {
  Cancelled gone = cancelled();
  gone.booking = other_id;
  given({listed(), reserved(other_id), gone}).when(reserve()).then(reserved());
}

BOOST_AUTO_TEST_CASE(making_it_again_changes_nothing_BK1) {
  given({listed(), reserved()}).when(reserve()).then_nothing();
  given({listed(), reserved(), cancelled()}).when(reserve()).then_nothing();
}

BOOST_AUTO_TEST_CASE(a_charger_has_a_bound) {
  PlatformConfig small = platform;
  small.live_bookings_max = 1;
  Specs(aggregate(), small)({listed(), reserved(other_id)})
      .when(at(t(15), t(16)))
      .by(mira)
      .then(Reason::charger_full);
}

BOOST_AUTO_TEST_CASE(an_edit_holds_for_the_next_booking_only) {
  charger::Edited e;
  e.connectors = {{{2, ConnectorType::ccs2, 60'000}}};
  given({listed(), e}).when(reserve()).then(Reason::unknown_connector);
  charger::Edited asks;
  asks.instant = false;
  given({listed(), asks}).when(reserve()).then(requested());
  charger::Edited dear;
  dear.price_per_hour = inr(24'000);
  dear.price_per_kwh = inr(2'000);
  Reserved more = reserved();
  more.amount = inr(48'000);
  more.fee = inr(4'800);
  more.price_per_hour = inr(24'000);
  more.price_per_kwh = inr(2'000);
  given({listed(), dear}).when(reserve()).then(more);
  charger::Edited shorter;
  shorter.min_minutes = 10;
  shorter.max_minutes = 60;
  given({listed(), shorter}).when(reserve()).then(Reason::too_long);
  charger::Edited anything;
  anything.min_minutes = anything.max_minutes = std::optional<std::int64_t>();
  anything.price_per_hour = anything.price_per_kwh = std::optional<Money>();
  Reserved free = reserved();
  free.amount = free.fee = inr(0);
  free.price_per_hour = free.price_per_kwh = {};
  given({listed(), shorter, anything}).when(reserve()).then(free);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::booking
