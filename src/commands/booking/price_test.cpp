// What an interval costs.
#include "commands/booking/price.h"

#include <boost/test/unit_test.hpp>

namespace wf::booking {

BOOST_AUTO_TEST_SUITE(price_tests)

BOOST_AUTO_TEST_CASE(an_amount_is_for_the_seconds_booked_and_rounds_half_up) {
  const Money hour{1'000, {'I', 'N', 'R'}};
  const auto cost = [&hour](std::int64_t seconds) {
    return amount_for(hour, {{}, Instant{} + Duration::seconds(seconds)}).minor;
  };
  BOOST_TEST(cost(3600) == 1'000);
  BOOST_TEST(cost(5400) == 1'500);
  BOOST_TEST(cost(1) == 0);
  BOOST_TEST(cost(2) == 1);
  BOOST_TEST(cost(9) == 3);  // 2.5
  BOOST_TEST(cost(0) == 0);
}

BOOST_AUTO_TEST_CASE(a_share_rounds_half_up) {
  const auto share = [](std::int64_t minor, std::int64_t points) {
    return share_of({minor, {'I', 'N', 'R'}}, points).minor;
  };
  BOOST_TEST(share(10'000, 1'000) == 1'000);
  BOOST_TEST(share(5, 1'000) == 1);
  BOOST_TEST(share(4, 1'000) == 0);
  BOOST_TEST(share(123'456'789, 10'000) == 123'456'789);
  BOOST_TEST(share(1, 0) == 0);
}

BOOST_AUTO_TEST_CASE(the_dearest_century_is_in_range) {
  const Money dear{1'000'000'000, {'I', 'N', 'R'}};
  const Money sum = amount_for(dear, {{}, Instant{} + Duration::hours(24 * 366 * 8'000LL)});
  BOOST_TEST(sum.minor == 1'000'000'000LL * 24 * 366 * 8'000);
  BOOST_TEST(share_of(sum, 10'000).minor == sum.minor);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::booking
