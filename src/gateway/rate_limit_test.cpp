// Buckets empty, fill again with time, and are few.
#include "gateway/rate_limit.h"

#include <boost/test/unit_test.hpp>

namespace wf::gateway::rate_limit_test {
namespace {

const Rate two_a_second{.per_minute = 120, .burst = 3};
const Instant start{1'000'000'000};

BOOST_AUTO_TEST_SUITE(rate_limit_tests)

BOOST_AUTO_TEST_CASE(a_burst_passes_and_the_next_is_told_when) {
  RateLimit limit(10);
  for (int i = 0; i < 3; ++i) BOOST_TEST(limit.take(1, two_a_second, start).us == 0);
  BOOST_TEST(limit.take(1, two_a_second, start).us == 500'000);
  BOOST_TEST(limit.take(2, two_a_second, start).us == 0);  // another asks
}

BOOST_AUTO_TEST_CASE(tokens_come_back_with_time_but_never_more_than_the_burst) {
  RateLimit limit(10);
  for (int i = 0; i < 3; ++i) limit.take(1, two_a_second, start);
  BOOST_TEST(limit.take(1, two_a_second, start + Duration::millis(500)).us == 0);
  BOOST_TEST(limit.take(1, two_a_second, start + Duration::millis(500)).us > 0);
  const Instant later = start + Duration::hours(1);
  for (int i = 0; i < 3; ++i) BOOST_TEST(limit.take(1, two_a_second, later).us == 0);
  BOOST_TEST(limit.take(1, two_a_second, later).us > 0);
}

// Seed 252 of the simulator: everybody was turned away for as long as the clock was set back.
BOOST_AUTO_TEST_CASE(a_clock_set_back_costs_one_token) {
  RateLimit limit(10);
  for (int i = 0; i < 3; ++i) limit.take(1, two_a_second, start);
  const Instant earlier = start - Duration::hours(1);
  BOOST_TEST(limit.take(1, two_a_second, earlier).us == 500'000);
  BOOST_TEST(limit.take(1, two_a_second, earlier + Duration::millis(500)).us == 0);
}

BOOST_AUTO_TEST_CASE(newcomers_share_one_bucket_when_all_are_taken) {
  RateLimit limit(2);
  limit.take(1, two_a_second, start);
  limit.take(2, two_a_second, start);
  int passed = 0;
  for (std::uint64_t key = 3; key < 100; ++key) {
    passed += limit.take(key, two_a_second, start).us == 0 ? 1 : 0;
  }
  BOOST_TEST(passed == 3);
  BOOST_TEST(limit.size() == 2U);
  BOOST_TEST(limit.take(200, two_a_second, start + Duration::minutes(1)).us == 0);
  BOOST_TEST(limit.size() == 1U);  // the full ones were forgotten
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace wf::gateway::rate_limit_test
