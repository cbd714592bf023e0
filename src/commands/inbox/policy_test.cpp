// Whom a booking's events are told, and what.
#include <boost/test/unit_test.hpp>

#include "gen/inbox.h"

namespace wf::inbox {
namespace {

const AccountId asha{Uuid{{0xa5}}};  // the host
const AccountId ravi{Uuid{{0x4a}}};  // the renter
const AccountId otto{Uuid{{0x07}}};  // an operator
const BookingId booking_id{Uuid{{0xb0}}};
const ChargerId garage{Uuid{{0x6a}}};
const Instant start{1'000'000};
const Instant end{2'000'000};

template <class E>
E of_booking() {
  E e;
  e.booking = booking_id;
  e.host = asha;
  e.renter = ravi;
  e.start = start;
  e.end = end;
  return e;
}

template <class E>
E of_host_as_renter() {
  E e = of_booking<E>();
  e.renter = asha;
  return e;
}

template <class E>
void tells(const E& e, const AccountId& by, const std::vector<AccountId>& whom, What what) {
  Meta meta;
  meta.stream = garage.value;
  meta.by = by;
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

}  // namespace

BOOST_AUTO_TEST_SUITE(inbox_policy_tests)

BOOST_AUTO_TEST_CASE(a_host_is_told_of_every_booking_NO1) {
  tells(of_booking<booking::Requested>(), ravi, {asha}, What::requested);
  tells(of_booking<booking::Reserved>(), ravi, {asha}, What::reserved);
  tells(of_booking<booking::Changed>(), ravi, {asha}, What::changed);
  tells(of_booking<booking::Cancelled>(), ravi, {asha}, What::cancelled);
}

BOOST_AUTO_TEST_CASE(a_renter_is_told_what_others_or_time_did_NO1) {
  tells(of_booking<booking::Approved>(), asha, {ravi}, What::approved);
  tells(of_booking<booking::Declined>(), asha, {ravi}, What::declined);
  tells(of_booking<booking::Expired>(), system_account, {ravi}, What::expired);
  tells(of_booking<booking::Missed>(), system_account, {asha, ravi}, What::missed);
  tells(of_booking<booking::Changed>(), asha, {ravi}, What::changed);
  tells(of_booking<booking::Cancelled>(), asha, {ravi}, What::cancelled);
}

BOOST_AUTO_TEST_CASE(both_are_told_what_staff_did_NO1) {
  tells(of_booking<booking::Changed>(), otto, {asha, ravi}, What::changed);
  tells(of_booking<booking::Cancelled>(), otto, {asha, ravi}, What::cancelled);
}

BOOST_AUTO_TEST_CASE(who_rents_from_himself_is_not_told_what_he_did_NO1) {
  tells(of_host_as_renter<booking::Requested>(), asha, {}, What::requested);
  tells(of_host_as_renter<booking::Reserved>(), asha, {}, What::reserved);
  tells(of_host_as_renter<booking::Changed>(), asha, {}, What::changed);
  tells(of_host_as_renter<booking::Approved>(), asha, {}, What::approved);
  tells(of_host_as_renter<booking::Declined>(), asha, {}, What::declined);
  tells(of_host_as_renter<booking::Cancelled>(), asha, {}, What::cancelled);
}

BOOST_AUTO_TEST_CASE(who_rents_from_himself_is_told_once_what_staff_or_time_did_NO1) {
  tells(of_host_as_renter<booking::Changed>(), otto, {asha}, What::changed);
  tells(of_host_as_renter<booking::Approved>(), otto, {asha}, What::approved);
  tells(of_host_as_renter<booking::Declined>(), otto, {asha}, What::declined);
  tells(of_host_as_renter<booking::Cancelled>(), otto, {asha}, What::cancelled);
  tells(of_host_as_renter<booking::Expired>(), system_account, {asha}, What::expired);
  tells(of_host_as_renter<booking::Missed>(), system_account, {asha}, What::missed);
}

BOOST_AUTO_TEST_CASE(staff_is_not_told_what_it_did_with_a_booking_of_its_own_NO1) {
  tells(of_booking<booking::Approved>(), ravi, {}, What::approved);
  tells(of_booking<booking::Declined>(), ravi, {}, What::declined);
}

BOOST_AUTO_TEST_CASE(older_records_name_no_renter_NO1) {
  booking::Declined declined = of_booking<booking::Declined>();
  declined.renter.reset();
  tells(declined, asha, {}, What::declined);
  booking::Changed changed = of_booking<booking::Changed>();
  changed.renter.reset();
  tells(changed, ravi, {asha}, What::changed);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::inbox
