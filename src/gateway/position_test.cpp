// The position token: what goes in comes out, and nothing else is taken.
#include "gateway/position.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "gateway/limits.h"

namespace wf::gateway::position_test {
namespace {

const Uuid log_id = Uuid::v5({}, "log");
const Offsets some{{"events.bookings", 3, 1'234'567}, {"events.accounts", 0, 0}};

BOOST_AUTO_TEST_SUITE(position_tests)

BOOST_AUTO_TEST_CASE(a_token_carries_the_log_and_every_slot) {
  const auto token = decode_position(encode_position(log_id, some));
  BOOST_REQUIRE(token);
  BOOST_TEST((token->log == log_id));
  BOOST_TEST((token->offsets == some));
}

BOOST_AUTO_TEST_CASE(a_token_that_lost_a_byte_is_refused) {
  const std::string text = encode_position(log_id, some);
  for (std::size_t size = 0; size + 1 < text.size(); ++size) {
    const auto token = decode_position(std::string_view(text).substr(0, size));
    BOOST_TEST((!token || token->offsets.size() < some.size()));
  }
  BOOST_TEST(!decode_position("not a token"));
  BOOST_TEST(!decode_position(""));
}

// As many partitions as the configuration takes (schemas/config/process.json), of four families.
BOOST_AUTO_TEST_CASE(the_largest_deployments_own_token_is_taken) {
  Offsets offsets;
  for (const std::string topic : {"events.accounts", "events.bookings", "events.c", "events.d"}) {
    for (std::uint32_t p = 0; p < 256; ++p) offsets.push_back({topic, p, 3'000'000'000});
  }
  const std::string text = encode_position(log_id, offsets);
  BOOST_TEST(text.size() < Limits{}.header_bytes_max);
  const auto token = decode_position(text);
  BOOST_REQUIRE(token);
  BOOST_TEST((token->offsets == offsets));
  std::ranges::reverse(offsets);
  BOOST_TEST(covers(offsets, token->offsets));
  ++offsets.back().offset;
  BOOST_TEST(!covers(token->offsets, offsets));
}

BOOST_AUTO_TEST_CASE(merging_keeps_the_furthest_of_each_slot) {
  Offsets offsets = some;
  merge_offsets(offsets, {{"events.bookings", 3, 9}, {"events.bookings", 4, 7}});
  BOOST_TEST(offsets.size() == 3U);
  BOOST_TEST(offsets[0].offset == 1'234'567);
  BOOST_TEST(offsets[2].offset == 7);
}

BOOST_AUTO_TEST_CASE(a_table_owes_only_the_slots_it_folds) {
  const Offsets reached{{"events.bookings", 3, 1'234'567}};
  BOOST_TEST(covers(reached, some));
  BOOST_TEST(!covers(reached, {{"events.bookings", 3, 1'234'568}}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace wf::gateway::position_test
