// Blocks go both ways, and damaged ones are `corrupt` or shorter, never a crash.
#include "log/rocks_block.h"

#include <boost/test/unit_test.hpp>
#include <deque>

#include "log/test_records.h"

namespace wf::rocks::rocks_block_test {
namespace {

std::string packed(std::mt19937_64& random, std::deque<test::OwnedRecord>& in) {
  std::vector<Record> records;
  for (const auto& one : in) records.push_back(one.record);
  std::string block = pack(records);
  stamp(block, Instant{static_cast<std::int64_t>(random() % 1'000'000)});
  return block;
}

void fill(std::mt19937_64& random, std::deque<test::OwnedRecord>& in) {
  const std::size_t count = 1 + random() % 20;
  while (in.size() < count) test::fill_randomly(in.emplace_back(), random, 100);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rocks_block_tests)

BOOST_AUTO_TEST_CASE(blocks_go_both_ways_from_any_offset) {
  std::mt19937_64 random(5);
  for (int i = 0; i < 300; ++i) {
    std::deque<test::OwnedRecord> in;
    fill(random, in);
    const std::string block = packed(random, in);
    const Offset first = 1'000;
    const auto skip = static_cast<Offset>(random() % (in.size() + 1));
    auto walk = BlockWalk::open(block, first);
    BOOST_REQUIRE(walk);
    BOOST_REQUIRE_EQUAL(walk->end(), first + static_cast<Offset>(in.size()));
    BOOST_REQUIRE(walk->skip_to(first + skip));
    for (auto n = static_cast<std::size_t>(skip); n < in.size(); ++n) {
      Record out;
      const auto read = walk->next(out);
      BOOST_REQUIRE(read && *read);
      BOOST_REQUIRE_EQUAL(test::difference(in[n].record, out), "");
      BOOST_REQUIRE_EQUAL(out.offset, first + static_cast<Offset>(n));
    }
    BOOST_REQUIRE(walk->at_end());
  }
}

BOOST_AUTO_TEST_CASE(damage_never_crashes) {
  std::mt19937_64 random(6);
  for (int i = 0; i < 5'000; ++i) {
    std::deque<test::OwnedRecord> in;
    fill(random, in);
    std::string block = packed(random, in);
    if (random() % 2 == 0) {
      block.resize(random() % block.size());
    } else {
      block[random() % block.size()] = static_cast<char>(random());
    }
    auto walk = BlockWalk::open(block, 0);
    Record out;
    while (walk && !walk->at_end()) {
      const auto read = walk->next(out);
      if (read) continue;
      BOOST_REQUIRE((read.error().code == Code::corrupt));
      break;
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::rocks::rocks_block_test
