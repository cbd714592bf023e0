// Which of the requests that wait are asked again.
#include "gateway/parked.h"

#include <boost/test/unit_test.hpp>

namespace wf::gateway::parked_test {
namespace {

ParkedRequest came(Instant began, Instant patience) {
  ParkedRequest one{StoredRequest(Request{}), {}, {}};
  one.exchange.began = began;
  one.exchange.patience = patience;
  return one;
}

BOOST_AUTO_TEST_SUITE(parked_tests)

BOOST_AUTO_TEST_CASE(who_waits_for_the_log_to_be_asked_is_not_asked_again_before) {
  Parked parked(2);
  BOOST_REQUIRE(parked.add(came({10}, {100})));
  BOOST_REQUIRE(parked.add(came({20}, {30})));
  BOOST_TEST(!parked.add(came({20}, {30})));
  BOOST_TEST(parked.take_due({20}, {10}).empty());
  BOOST_REQUIRE(parked.take_due({21}, {11}).size() == 1U);
  BOOST_TEST(parked.take_due({29}, {20}).empty());
  BOOST_REQUIRE(parked.take_due({30}, {20}).size() == 1U);  // its patience ends
  BOOST_TEST(parked.size() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace wf::gateway::parked_test
