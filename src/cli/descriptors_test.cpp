// Connections leave files their descriptors.
#include "cli/descriptors.h"

#include <sys/resource.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>

namespace wf::cli {

BOOST_AUTO_TEST_SUITE(descriptors_tests)

BOOST_AUTO_TEST_CASE(the_soft_limit_is_raised_to_the_hard_one) {
  rlimit before{};
  BOOST_REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  rlimit low = before;
  low.rlim_cur = std::min<rlim_t>(low.rlim_max, 512);
  BOOST_REQUIRE(setrlimit(RLIMIT_NOFILE, &low) == 0);
  BOOST_TEST(raise_descriptor_limit() == static_cast<std::int64_t>(before.rlim_max));
  rlimit now{};
  BOOST_REQUIRE(getrlimit(RLIMIT_NOFILE, &now) == 0);
  BOOST_TEST(now.rlim_cur == before.rlim_max);
  BOOST_TEST(setrlimit(RLIMIT_NOFILE, &before) == 0);
}

BOOST_AUTO_TEST_CASE(connections_are_fewer_where_descriptors_are_few) {
  BOOST_TEST(connections_within(16'384, 1'000'000, 4'000) == 16'384);
  BOOST_TEST(connections_within(16'384, 20'384, 4'000) == 16'384);
  BOOST_TEST(connections_within(16'384, 20'000, 4'000) == 16'000);
  BOOST_TEST(connections_within(16'384, 1'024, 4'000) == 512);
  BOOST_TEST(connections_within(100, 1'024, 4'000) == 100);
  BOOST_TEST(connections_within(100, 1, 4'000) == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::cli
