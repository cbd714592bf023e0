// Whom a booking's events are told, and what.
#include <boost/test/unit_test.hpp>

#include "gen/inbox.h"

namespace wf::inbox {
namespace {

const AccountId asha{Uuid{{0xa5}}};  // the host
const AccountId ravi{Uuid{{0x4a}}};  // the renter
const BookingId booking_id{Uuid{{0xb0}}};
const ChargerId garage{Uuid{{0x6a}}};
const Instant start{1'000'000};
const Instant end{2'000'000};

template <class E>
E of_booking() {
  E e;
  e.booking = booking_id;
  e.host = asha;
  if constexpr (requires { e.renter; }) e.renter = ravi;
  e.start = start;
  e.end = end;
  return e;
}

template <class E>
void tells(const E& e, const std::vector<AccountId>& whom, What what) {
  Meta meta;
  meta.stream = garage.value;
  Commands expected;
  for (const AccountId& one : whom) {
    expected.push_back(To{one.value, Deliver{one, what, booking_id, garage, start, end}});
  }
  const Commands sent = react(e, meta);
  BOOST_REQUIRE(sent.size() == expected.size());
  for (std::size_t i = 0; i < sent.size(); ++i) {
    BOOST_TEST((sent[i].stream == expected[i].stream));
    BOOST_TEST((sent[i].command == expected[i].command));
  }
}

template <class E>
E by(booking::Side side) {
  E e = of_booking<E>();
  e.side = side;
  return e;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(inbox_policy_tests)

BOOST_AUTO_TEST_CASE(a_host_is_told_of_every_booking_NO1) {
  tells(of_booking<booking::Requested>(), {asha}, What::requested);
  tells(of_booking<booking::Reserved>(), {asha}, What::reserved);
  tells(by<booking::Changed>(booking::Side::renter), {asha}, What::changed);
  tells(by<booking::Cancelled>(booking::Side::renter), {asha}, What::cancelled);
}

BOOST_AUTO_TEST_CASE(a_renter_is_told_what_others_or_time_did_NO1) {
  tells(of_booking<booking::Approved>(), {ravi}, What::approved);
  tells(of_booking<booking::Declined>(), {ravi}, What::declined);
  tells(of_booking<booking::Expired>(), {ravi}, What::expired);
  tells(of_booking<booking::Missed>(), {asha, ravi}, What::missed);
  tells(by<booking::Cancelled>(booking::Side::host), {ravi}, What::cancelled);
}

BOOST_AUTO_TEST_CASE(both_are_told_what_staff_did_NO1) {
  tells(by<booking::Changed>(booking::Side::operator_), {asha, ravi}, What::changed);
  tells(by<booking::Changed>(booking::Side::host), {ravi}, What::changed);
  tells(by<booking::Cancelled>(booking::Side::operator_), {asha, ravi}, What::cancelled);
}

BOOST_AUTO_TEST_CASE(who_rents_from_himself_is_told_once_NO1) {
  booking::Approved approved = of_booking<booking::Approved>();
  approved.renter = asha;
  tells(approved, {}, What::approved);
  booking::Missed missed = of_booking<booking::Missed>();
  missed.renter = asha;
  tells(missed, {asha}, What::missed);
}

BOOST_AUTO_TEST_CASE(older_records_name_no_renter_NO1) {
  booking::Declined declined = of_booking<booking::Declined>();
  declined.renter.reset();
  tells(declined, {}, What::declined);
  booking::Changed changed = of_booking<booking::Changed>();
  changed.renter.reset();
  tells(changed, {asha}, What::changed);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::inbox
