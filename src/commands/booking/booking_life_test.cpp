// What becomes of a booking: answered, changed, cancelled, used, or decided by time.
#include "commands/booking/booking_samples.h"

namespace wf::booking {
namespace {

Spec by_host(const std::vector<SpecEvent>& past) { return given(past).by(asha).as(Role::host); }
Spec by_operator(const std::vector<SpecEvent>& past) {
  return given(past).by(otto).as(Role::operator_);
}
Spec by_stranger(const std::vector<SpecEvent>& past) {
  return given(past).by(mira).as(Role::renter);
}

Change to(Instant start, Instant end) { return {made_id, start, end}; }

Changed changed(Instant start, Instant end, Side side = Side::renter) {
  const std::int64_t minutes = (end - start).us / 60'000'000;
  const Instant waited = start + Duration::minutes(15);
  return {made_id,
          asha,
          1,
          start,
          end,
          minutes,
          inr(200 * minutes),
          inr(20 * minutes),
          start,
          std::min(waited, end),
          t(12),
          t(14),
          120,
          side,
          ravi};
}

const std::vector<SpecEvent> asked = {approving(), requested()};
const std::vector<SpecEvent> booked = {listed(), reserved()};
const std::vector<SpecEvent> there = {listed(), reserved(), checked_in()};
const std::vector<SpecEvent> over_by[] = {{approving(), requested(), declined()},
                                          {approving(), requested(), expired()},
                                          {listed(), reserved(), cancelled()},
                                          {listed(), reserved(), missed()},
                                          {listed(), reserved(), checked_in(), completed()}};

}  // namespace

BOOST_AUTO_TEST_SUITE(booking_life_tests)

// ---- the host's answer ----

BOOST_AUTO_TEST_CASE(the_host_approves_BK2) {
  by_host(asked).when(Approve{made_id}).then(approved());
  by_operator(asked).when(Approve{made_id}).then(approved());
}

BOOST_AUTO_TEST_CASE(approving_twice_changes_nothing_BK2) {
  by_host({approving(), requested(), approved()}).when(Approve{made_id}).then_nothing();
}

BOOST_AUTO_TEST_CASE(what_is_over_cannot_be_approved_BK2) {
  for (const auto& past : over_by) by_host(past).when(Approve{made_id}).then(Reason::not_pending);
}

BOOST_AUTO_TEST_CASE(the_host_declines_BK2) {
  by_host(asked).when(Decline{made_id, {}}).then(declined());
  Declined because = declined();
  because.reason = "out of order";
  by_host(asked).when(Decline{made_id, "out of order"}).then(because);
  by_host(over_by[0]).when(Decline{made_id, {}}).then_nothing();
  by_host(over_by[1]).when(Decline{made_id, {}}).then(Reason::not_pending);
  by_host(booked).when(Decline{made_id, {}}).then(Reason::not_pending);
}

BOOST_AUTO_TEST_CASE(only_the_host_answers_BK2) {
  given(asked).when(Approve{made_id}).then(Reason::not_yours);
  given(asked).when(Decline{made_id, {}}).then(Reason::not_yours);
}

// ---- change ----

BOOST_AUTO_TEST_CASE(a_renter_moves_a_booking_in_one_step_BK1) {
  given(booked).when(to(t(15), t(16))).then(changed(t(15), t(16)));
}

BOOST_AUTO_TEST_CASE(its_own_slot_is_no_obstacle_to_it_BK1) {
  given(booked).when(to(t(13), t(15))).then(changed(t(13), t(15)));
  given(booked).when(to(t(12), t(12, 10))).then(changed(t(12), t(12, 10)));
}

BOOST_AUTO_TEST_CASE(anothers_slot_is_BK1) {
  Reserved next = reserved(other_id);
  next.start = t(14);
  next.end = t(15);
  given({listed(), reserved(), next}).when(to(t(13), t(14, 1))).then(Reason::slot_taken);
  given({listed(), reserved(), next}).when(to(t(12), t(16))).then(Reason::slot_taken);
}

BOOST_AUTO_TEST_CASE(the_old_slot_is_free_after_a_change_BK1) {
  Reserved again = reserved(BookingId{Uuid::v5(Uuid{{7}}, "booking")});
  again.renter = mira;
  by_stranger({listed(), reserved(), changed(t(15), t(16))})
      .when(reserve())
      .id(Uuid{{7}})
      .then(again);
}

BOOST_AUTO_TEST_CASE(a_late_retry_makes_no_booking_again_that_was_moved_and_ended_before_BK1) {
  const Instant asked = t(12) + Duration::hours(30 * 24);
  Reserved first = reserved();
  first.start = asked;
  first.end = asked + Duration::hours(2);
  Completed other = completed();  // far later: what may be forgotten is
  other.booking = other_id;
  other.at = t(13) + Duration::hours(4 * 24);
  given({listed(), first, changed(t(12), t(14)), completed(), reserved(other_id), other})
      .when(Reserve{garage, 1, first.start, first.end})
      .at(t(9) + Duration::hours(5 * 24))
      .then_nothing();
}

BOOST_AUTO_TEST_CASE(a_renter_ends_a_bounded_number_of_bookings_to_come) {
  PlatformConfig small = platform;
  small.ended_bookings_max = 1;
  const std::vector<SpecEvent> past{listed(), reserved(), cancelled()};
  const auto again = [&](const AccountId& who) {
    return Specs(aggregate(), small)(past).by(who).as(Role::renter).when(reserve()).id(Uuid{{7}});
  };
  const BookingId id{Uuid::v5(Uuid{{7}}, "booking")};
  again(ravi).then(Reason::too_many_ended);
  Reserved others = reserved(id);
  others.renter = mira;
  again(mira).then(others);
  Completed before = completed();  // its time has passed, though it is not forgotten yet
  before.at = t(14);
  Reserved next = reserved(id);
  next.start = next.cancel_until = t(15);
  next.end = t(17);
  next.no_show_at = t(15, 15);
  Specs(aggregate(), small)({listed(), reserved(), before})
      .by(ravi)
      .as(Role::renter)
      .when(Reserve{garage, 1, t(15), t(17)})
      .at(t(14, 30))
      .id(Uuid{{7}})
      .then(next);
}

BOOST_AUTO_TEST_CASE(changing_to_what_it_is_changes_nothing) {
  given(booked).when(to(t(12), t(14))).then_nothing();
}

BOOST_AUTO_TEST_CASE(a_change_obeys_what_a_booking_obeys) {
  given(booked).when(to(t(15), t(15))).then(Reason::empty_interval);
  given(booked).when(to(t(16), t(15))).then(Reason::reversed_interval);
  given(booked).when(to(t(7), t(8))).then(Reason::in_the_past);
  given({listed(), reserved(), charger::Paused{}})
      .when(to(t(15), t(16)))
      .then(Reason::not_bookable);
}

// Time given back is in nobody's way.
BOOST_AUTO_TEST_CASE(whatever_the_host_did_meanwhile_a_booking_may_be_shortened) {
  charger::ScheduleSet closed{"Asia/Kolkata", {}};
  const charger::Blocked blocked{BlockId{Uuid{{1}}}, t(12), t(14), spec_now};
  for (const SpecEvent& done :
       {SpecEvent(charger::Paused{}), SpecEvent(closed), SpecEvent(blocked)}) {
    given({listed(), reserved(), done}).when(to(t(12), t(13))).then(changed(t(12), t(13)));
  }
  charger::Edited longer;
  longer.min_minutes = 90;
  given({listed(), reserved(), longer}).when(to(t(12), t(13))).then(Reason::too_short);
}

BOOST_AUTO_TEST_CASE(a_change_comes_in_time) {
  given(booked).when(to(t(15), t(16))).at(t(12)).then(changed(t(15), t(16)));
  given(booked).when(to(t(15), t(16))).at(t(12) + Duration::millis(1)).then(Reason::too_late);
  given(there).when(to(t(15), t(16))).then(Reason::too_late);
  for (const auto& past : over_by) given(past).when(to(t(15), t(16))).then(Reason::too_late);
}

BOOST_AUTO_TEST_CASE(what_a_host_approved_only_shrinks_BK2) {
  const std::vector<SpecEvent> past = {approving(), requested(), approved()};
  given(past).when(to(t(13), t(15))).then(Reason::needs_approval);
  given(past).when(to(t(12), t(13))).then(changed(t(12), t(13)));
  given(asked).when(to(t(13), t(15))).then(Reason::not_confirmed);
}

BOOST_AUTO_TEST_CASE(the_price_agreed_holds_for_a_change) {
  charger::Edited dear;
  dear.price_per_hour = inr(99'000);
  given({listed(), reserved(), dear}).when(to(t(15), t(16))).then(changed(t(15), t(16)));
  charger::Listed free = listed();
  free.price_per_hour = {};
  Reserved gift = reserved();
  gift.price_per_hour = {};
  Changed moved = changed(t(15), t(16));
  moved.amount = moved.fee = inr(0);
  given({free, gift}).when(to(t(15), t(16))).then(moved);
}

BOOST_AUTO_TEST_CASE(a_change_says_who_made_it) {
  by_operator(booked).when(to(t(15), t(16))).then(changed(t(15), t(16), Side::operator_));
}

BOOST_AUTO_TEST_CASE(the_host_does_not_move_a_renter) {
  by_host(booked).when(to(t(15), t(16))).then(Reason::not_yours);
}

// ---- cancel ----

BOOST_AUTO_TEST_CASE(either_side_cancels_BK9) {
  given(booked).when(Cancel{made_id, {}}).then(cancelled());
  by_host(booked).when(Cancel{made_id, {}}).then(cancelled(Side::host));
  by_operator(booked).when(Cancel{made_id, {}}).then(cancelled(Side::operator_));
  by_stranger(booked).when(Cancel{made_id, {}}).then(Reason::not_yours);
}

BOOST_AUTO_TEST_CASE(a_request_gives_no_booked_minutes_back_BK9) {
  given(asked).when(Cancel{made_id, {}}).then(cancelled(Side::renter, 0));
}

BOOST_AUTO_TEST_CASE(cancelling_comes_in_time_BK9) {
  Cancelled gone = cancelled(Side::host);
  gone.at = t(12);
  by_host(booked).when(Cancel{made_id, {}}).at(t(12)).then(gone);
  by_host(booked).when(Cancel{made_id, {}}).at(t(12, 1)).then(Reason::too_late);
  by_host(there).when(Cancel{made_id, {}}).then(Reason::too_late);
}

BOOST_AUTO_TEST_CASE(a_renter_may_still_cancel_late_BK9) {
  Cancelled late = cancelled();
  late.at = t(12);
  given(booked).when(Cancel{made_id, {}}).at(t(12)).then(late);
  late.at = t(12, 1);
  late.late = true;
  given(booked).when(Cancel{made_id, {}}).at(t(12, 1)).then(late);
  given(there).when(Cancel{made_id, {}}).then(Reason::too_late);
  given(over_by[3]).when(Cancel{made_id, {}}).at(t(12, 15)).then(Reason::too_late);
  Reserved now = reserved();  // for an interval that has begun: there never was a time before
  now.cancel_until = t(8, 55);
  late.at = t(9);
  given({listed(), now}).when(Cancel{made_id, {}}).at(t(9)).then(late);
}

BOOST_AUTO_TEST_CASE(staff_always_cancels_BK9) {
  Cancelled late = cancelled(Side::operator_);
  late.at = t(12, 1);
  late.late = true;
  by_operator(booked).when(Cancel{made_id, {}}).at(t(12, 1)).then(late);
  late.checked_in_at = t(12);
  by_operator(there).when(Cancel{made_id, {}}).at(t(12, 1)).then(late);
}

BOOST_AUTO_TEST_CASE(cancelling_twice_changes_nothing_BK9) {
  given(over_by[2]).when(Cancel{made_id, {}}).then_nothing();
  for (const int other : {0, 1, 3, 4})
    given(over_by[other]).when(Cancel{made_id, {}}).then(Reason::too_late);
}

// ---- check in, complete ----

BOOST_AUTO_TEST_CASE(the_renter_checks_in) {
  given(booked).when(CheckIn{made_id}).at(t(12)).then(checked_in());
  given(booked).when(CheckIn{made_id}).at(t(11, 45)).then(checked_in(t(11, 45)));
  given(booked).when(CheckIn{made_id}).at(t(11, 44)).then(Reason::too_early);
  given(there).when(CheckIn{made_id}).at(t(12)).then_nothing();
  given(asked).when(CheckIn{made_id}).at(t(12)).then(Reason::not_confirmed);
  for (const auto& past : over_by) given(past).when(CheckIn{made_id}).then(Reason::too_late);
  by_stranger(booked).when(CheckIn{made_id}).at(t(12)).then(Reason::not_yours);
}

BOOST_AUTO_TEST_CASE(completing_ends_it_and_frees_the_rest_of_the_slot) {
  given(there).when(Complete{made_id}).at(t(13)).then(completed());
  Reserved rest = reserved(BookingId{Uuid::v5(Uuid{{7}}, "booking")});
  rest.start = t(13);
  rest.minutes = 60;
  rest.amount = inr(12'000);
  rest.fee = inr(1'200);
  rest.cancel_until = t(13);
  rest.no_show_at = t(13, 15);
  given(over_by[4]).when(Reserve{garage, 1, t(13), t(14)}).at(t(13)).id(Uuid{{7}}).then(rest);
}

// An interval may begin up to an hour ago, but not with what another has had and paid for.
BOOST_AUTO_TEST_CASE(what_was_used_is_not_sold_again_BK1) {
  const auto again = [](const std::vector<SpecEvent>& past, Instant start) {
    return by_stranger(past).when(Reserve{garage, 1, start, t(14)}).at(t(13)).id(Uuid{{7}});
  };
  const auto sold = [](Instant start, std::int64_t minutes) {
    Reserved e = reserved(BookingId{Uuid::v5(Uuid{{7}}, "booking")});
    e.renter = mira;
    e.start = e.cancel_until = start;
    e.minutes = minutes;
    e.amount = inr(200 * minutes);
    e.fee = inr(20 * minutes);
    e.no_show_at = t(13, 15);
    return e;
  };
  again(over_by[4], t(12)).then(Reason::slot_taken);
  again(over_by[4], t(12, 59)).then(Reason::slot_taken);
  again(over_by[4], t(13)).then(sold(t(13), 60));
  const std::vector<SpecEvent> never_came{listed(), reserved(), missed()};
  again(never_came, t(12, 30)).then(sold(t(12, 30), 90));
  std::vector<SpecEvent> cancelled_there = there;
  Cancelled by_staff = cancelled(Side::operator_);
  by_staff.checked_in_at = t(12);
  by_staff.at = t(12, 50);
  cancelled_there.emplace_back(by_staff);
  again(cancelled_there, t(12)).then(Reason::slot_taken);
}

BOOST_AUTO_TEST_CASE(who_comes_early_has_the_connector_if_nobody_else_has_BK1) {
  Reserved before = reserved(other_id);
  before.start = t(11);
  before.end = t(12);
  const std::vector<SpecEvent> both{listed(), before, reserved()};
  given(both).when(CheckIn{made_id}).at(t(11, 45)).then(Reason::too_early);
  given(both).when(CheckIn{made_id}).at(t(12)).then(checked_in());
  before.end = t(11, 45);
  given({listed(), before, reserved()})
      .when(CheckIn{made_id})
      .at(t(11, 45))
      .then(checked_in(t(11, 45)));
  by_stranger({listed(), reserved(), checked_in(t(11, 45))})
      .when(Reserve{garage, 1, t(11, 30), t(12)})
      .at(t(11, 50))
      .id(Uuid{{7}})
      .then(Reason::slot_taken);
}

BOOST_AUTO_TEST_CASE(completing_twice_changes_nothing) {
  given(over_by[4]).when(Complete{made_id}).then_nothing();
  for (const int other : {0, 1, 2, 3})
    given(over_by[other]).when(Complete{made_id}).then(Reason::too_late);
  given(booked).when(Complete{made_id}).then(Reason::not_checked_in);
  by_stranger(there).when(Complete{made_id}).then(Reason::not_yours);
}

BOOST_AUTO_TEST_CASE(overstaying_is_used_time) {
  given(there).when(Complete{made_id}).at(t(15)).then(completed(t(15), 180));
}

// ---- decided by time ----

BOOST_AUTO_TEST_CASE(a_request_nobody_answers_expires_BK2) {
  given(asked).deadline(t(10), Expire{made_id});
  given(asked).when(Expire{made_id}).at(t(10)).then(expired());
  given(booked).when(Expire{made_id}).at(t(10)).then_nothing();
  given(over_by[1]).when(Expire{made_id}).at(t(10)).then_nothing();
}

BOOST_AUTO_TEST_CASE(a_renter_who_does_not_come_has_missed_it) {
  given(booked).deadline(t(12, 15), Miss{made_id});
  given({approving(), requested(), approved()}).deadline(t(12, 15), Miss{made_id});
  given(booked).when(Miss{made_id}).at(t(12, 15)).then(missed());
  given(there).when(Miss{made_id}).at(t(12, 15)).then_nothing();
  given(over_by[2]).when(Miss{made_id}).at(t(12, 15)).then_nothing();
}

BOOST_AUTO_TEST_CASE(no_booking_lives_for_ever) {
  given(there).deadline(t(26), Finish{made_id});
  given(there).when(Finish{made_id}).at(t(26)).then(completed(t(14), 120, true));
  given({listed(), reserved(), checked_in(t(11, 50))})
      .when(Finish{made_id})
      .at(t(26))
      .then(completed(t(14), 130, true));
  given(booked).when(Finish{made_id}).at(t(26)).then_nothing();
  given(over_by[4]).when(Finish{made_id}).at(t(26)).then_nothing();
  for (const auto& past : over_by) given(past).no_deadline();
}

BOOST_AUTO_TEST_CASE(the_earliest_deadline_is_first) {
  Reserved early = reserved(other_id);
  early.connector = 2;
  early.no_show_at = t(11);
  given({listed(), reserved(), early}).deadline(t(11), Miss{other_id});
  given({listed(), early, reserved()}).deadline(t(11), Miss{other_id});
  given({listed(), reserved(), early, checked_in()}).deadline(t(11), Miss{other_id});
}

// ---- what holds for all ----

BOOST_AUTO_TEST_CASE(an_unknown_booking_is_not_found) {
  given({listed()}).when(Approve{made_id}).then(Reason::not_found);
  given({listed()}).when(Decline{made_id, {}}).then(Reason::not_found);
  given({listed()}).when(to(t(15), t(16))).then(Reason::not_found);
  given({listed()}).when(Cancel{made_id, {}}).then(Reason::not_found);
  given({listed()}).when(CheckIn{made_id}).then(Reason::not_found);
  given({listed()}).when(Complete{made_id}).then(Reason::not_found);
}

BOOST_AUTO_TEST_CASE(if_match_compares_the_bookings_own_version) {
  by_host(asked).when(Approve{made_id}).if_match(1).then(approved());
  by_host(asked).when(Approve{made_id}).if_match(2).then(Reason::version_changed);
  given(there).when(Complete{made_id}).if_match(1).at(t(13)).then(Reason::version_changed);
  given(there).when(Complete{made_id}).if_match(2).at(t(13)).then(completed());
}

BOOST_AUTO_TEST_CASE(what_is_over_is_forgotten_a_day_after_its_interval) {
  Reserved next = reserved(other_id);
  next.start = t(40);
  next.end = t(41);
  Cancelled then = cancelled();
  then.booking = other_id;
  then.at = t(38) - Duration::millis(1);
  given({listed(), reserved(), cancelled(), next, then}).when(Cancel{made_id, {}}).then_nothing();
  then.at = t(38);
  given({listed(), reserved(), cancelled(), next, then})
      .when(Cancel{made_id, {}})
      .then(Reason::not_found);
  given({listed(), reserved(), cancelled(), next, then})
      .when(reserve())
      .at(t(38))
      .then(Reason::in_the_past);
}

BOOST_AUTO_TEST_CASE(of_bookings_whose_time_has_passed_the_newest_are_remembered) {
  State s = evolve(State{}, listed());
  Reserved coming = reserved(other_id);
  coming.start = t(1'000);
  coming.end = t(1'001);
  Cancelled never = cancelled();
  never.booking = other_id;
  s = evolve(evolve(std::move(s), coming), never);
  const auto nth = [](std::int64_t n) { return BookingId{Uuid::v5({}, std::to_string(n))}; };
  for (int n = 0; n < 1'400; ++n) {  // less than the day that each is remembered
    Reserved one = reserved(nth(n));
    one.start = t(12, n);
    one.end = t(12, n + 1);
    Missed gone = missed();
    gone.booking = one.booking;
    gone.at = one.end;
    s = evolve(evolve(std::move(s), one), gone);
  }
  BOOST_TEST(s.ended.size() <= 1'002U);
  const auto has = [&](const BookingId& id) {
    return std::ranges::find(s.ended, id, &Ended::id) != s.ended.end();
  };
  BOOST_TEST(has(other_id));  // its time is still to come: a late retry could make it again
  BOOST_TEST(has(nth(1'399)));
  BOOST_TEST(has(nth(400)));
  BOOST_TEST(!has(nth(300)));
  const Context late{.platform = platform, .now = t(12, 1'400), .principal = ravi, .command = {}};
  const Decision again = decide(s, Reserve{garage, 1, t(12, 300), t(12, 301)}, late);
  BOOST_TEST((again.refused() && again.reason() == Reason::in_the_past));
}

BOOST_AUTO_TEST_CASE(a_refused_send_is_only_recorded) {
  given(booked)
      .when(Command{Refused{"inbox.Deliver", Uuid{{1}}, "hops", Uuid{{2}}}})
      .then(SendRefused{"inbox.Deliver", "hops"});
  given({listed(), reserved(), SendRefused{"inbox.Deliver", "hops"}})
      .when(Cancel{made_id, {}})
      .then(cancelled());
}

BOOST_AUTO_TEST_CASE(an_event_about_a_forgotten_booking_changes_nothing) {
  given({listed(), approved(), changed(t(15), t(16)), checked_in(), missed()}).no_deadline();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::booking
