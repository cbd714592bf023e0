// Blocks keep bytes where they are; many edits sort as their keys do.
#include "storage/edits.h"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <random>
#include <string>

namespace wf::edits_test {
namespace {

std::vector<std::string> keys(const std::vector<Edit>& edits) {
  std::vector<std::string> all;
  for (const Edit& edit : edits) all.emplace_back(edit.key);
  return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(edits_tests)

BOOST_AUTO_TEST_CASE(bytes_stay_where_they_are_when_more_come_and_when_moved) {
  Blocks blocks;
  std::vector<std::pair<std::string, std::string_view>> kept;
  for (std::size_t i = 0; i < 3000; ++i) {
    const std::string text(i % 17 * i % 5000, static_cast<char>('a' + i % 26));
    kept.emplace_back(text, blocks.keep(text));
  }
  const Blocks moved = std::move(blocks);
  for (const auto& [text, view] : kept) BOOST_TEST((text == view));
  BOOST_TEST(moved.bytes() > 0U);
  BOOST_TEST(blocks.bytes() == 0U);
  BOOST_TEST((blocks.keep("new") == "new"));
  for (const auto& [text, view] : kept) BOOST_TEST((text == view));
}

BOOST_AUTO_TEST_CASE(keys_sort_by_all_their_bytes) {
  std::mt19937 random(3);
  for (int round = 0; round < 200; ++round) {
    const std::string common(random() % 12, '\x80');
    Changes changes;
    for (std::size_t i = random() % 300; i > 0; --i) {
      std::string key = common;
      for (std::size_t size = random() % 40; size > 0; --size) {
        key.push_back(static_cast<char>(random() % 8 == 0 ? random() % 3 * 127 : 0));
      }
      changes.put(key, "value");
    }
    std::vector<std::string> expected = keys(changes.others);
    std::ranges::sort(expected);
    sort_by_key(changes.others);
    BOOST_TEST((keys(changes.others) == expected));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::edits_test
