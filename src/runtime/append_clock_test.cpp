// The time by a log's records, when a clock is set right too.
#include "runtime/append_clock.h"

#include <boost/test/unit_test.hpp>

namespace wf::append_clock_test {
namespace {

constexpr Instant noon{1'000'000'000'000};

}  // namespace

BOOST_AUTO_TEST_SUITE(append_clock_tests)

BOOST_AUTO_TEST_CASE(small_steps_back_do_not_count_and_large_ones_do) {
  BOOST_TEST(is_newest(noon + Duration::seconds(1), noon));
  BOOST_TEST(!is_newest(noon, noon));
  BOOST_TEST(!is_newest(noon - Duration::minutes(1), noon));
  BOOST_TEST(is_newest(noon - Duration::hours(72), noon));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::append_clock_test
