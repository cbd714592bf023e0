// Whom a booking's events are told, and what.
#include <boost/test/unit_test.hpp>

#include "gen/inbox.h"

namespace wf::inbox {
namespace {

const AccountId asha{Uuid{{0xa5}}};
const BookingId booking_id{Uuid{{0xb0}}};
const ChargerId garage{Uuid{{0x6a}}};
const Instant start{1'000'000};
const Instant end{2'000'000};

template <class E>
void tells_the_host(What what) {
  E e;
  e.booking = booking_id;
  e.host = asha;
  e.start = start;
  e.end = end;
  Meta meta;
  meta.stream = garage.value;
  const Commands sent = react(e, meta);
  BOOST_REQUIRE(sent.size() == 1U);
  BOOST_TEST((sent[0].stream == asha.value));
  BOOST_TEST((sent[0].command == Command{Deliver{asha, what, booking_id, garage, start, end}}));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(inbox_policy_tests)

BOOST_AUTO_TEST_CASE(a_host_is_told_of_every_booking_NO1) {
  tells_the_host<booking::Requested>(What::requested);
  tells_the_host<booking::Reserved>(What::reserved);
  tells_the_host<booking::Changed>(What::changed);
  tells_the_host<booking::Cancelled>(What::cancelled);
  tells_the_host<booking::Missed>(What::missed);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::inbox
