// Keys of indexes sort as bytes the way their columns sort as values.
#include "base/index_key.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <random>

namespace wf::index_key_test {
namespace {

template <class T>
std::string key(T value, IndexOrder order = IndexOrder::ascending) {
  std::string out;
  append_index_key(out, value, order);
  return out;
}

// Keys order as their values do, and the other way round when descending.
template <class T>
void check_order(const std::vector<T>& ascending) {
  for (std::size_t i = 0; i + 1 < ascending.size(); ++i) {
    BOOST_TEST((key(ascending[i]) < key(ascending[i + 1])), "at " << i);
    BOOST_TEST(
        (key(ascending[i], IndexOrder::descending) > key(ascending[i + 1], IndexOrder::descending)),
        "descending at " << i);
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(index_key_tests)

BOOST_AUTO_TEST_CASE(numbers_and_times_order_as_bytes) {
  check_order<std::int64_t>({INT64_MIN, -256, -1, 0, 1, 255, 256, INT64_MAX});
  check_order<Instant>({{INT64_MIN}, {-1}, {0}, {1'795'251'600'000'000}});
  check_order<std::uint16_t>({0, 1, 255, 256, 65535});
  check_order<bool>({false, true});
}

BOOST_AUTO_TEST_CASE(texts_order_by_bytes_with_zeros_and_prefixes) {
  using namespace std::string_view_literals;
  check_order<std::string_view>({""sv,
                                 "\0"sv,
                                 "\0\0"sv,
                                 "\0\1"sv,
                                 "\0a"sv,
                                 "\1"sv,
                                 "a"sv,
                                 "a\0"sv,
                                 "a\0b"sv,
                                 "aa"sv,
                                 "b"sv,
                                 "\xC3\xA9"sv,
                                 "\xFF"sv});
}

BOOST_AUTO_TEST_CASE(an_id_is_its_sixteen_bytes) {
  const Uuid id = *Uuid::parse("00112233-4455-6677-8899-aabbccddeeff");
  const std::string bytes = key(id);
  BOOST_TEST(bytes.size() == 16U);
  BOOST_TEST(std::equal(bytes.begin(), bytes.end(), id.bytes.begin(), [](char a, std::uint8_t b) {
    return static_cast<std::uint8_t>(a) == b;
  }));
}

BOOST_AUTO_TEST_CASE(columns_after_one_another_order_as_the_tuple) {
  std::mt19937 random(7);
  std::vector<std::tuple<std::string, std::int64_t>> rows;
  for (int i = 0; i < 300; ++i) {
    std::string text;
    for (auto n = random() % 4; n > 0; --n) text += static_cast<char>(random() % 3);
    rows.emplace_back(text, static_cast<std::int64_t>(random() % 5) - 2);
  }
  for (std::size_t i = 0; i + 1 < rows.size(); ++i) {
    const auto& [a_text, a_number] = rows[i];
    const auto& [b_text, b_number] = rows[i + 1];
    const std::string a = key<std::string_view>(a_text) + key(a_number, IndexOrder::descending);
    const std::string b = key<std::string_view>(b_text) + key(b_number, IndexOrder::descending);
    BOOST_TEST((a < b) == (std::tuple(a_text, -a_number) < std::tuple(b_text, -b_number)));
  }
}

BOOST_AUTO_TEST_CASE(a_text_from_a_url_makes_the_same_key) {
  const std::string_view values[] = {"open", "closed"};
  std::string out;
  BOOST_TEST(append_index_text(out, {"status", ColumnType::enumeration, "", values}, "closed"));
  BOOST_TEST(out == key(std::uint16_t{1}));
  out.clear();
  BOOST_TEST(
      append_index_text(out, {"n", ColumnType::integer, "", {}}, "-12", IndexOrder::descending));
  BOOST_TEST(out == key(std::int64_t{-12}, IndexOrder::descending));
  BOOST_TEST(!append_index_text(out, {"status", ColumnType::enumeration, "", values}, "lost"));
  BOOST_TEST(!append_index_text(out, {"n", ColumnType::integer, "", {}}, "12x"));
  BOOST_TEST(!append_index_text(out, {"id", ColumnType::id, "", {}}, "12"));
  BOOST_TEST(!append_index_text(out, {"at", ColumnType::instant, "", {}}, "noon"));
  BOOST_TEST(!append_index_text(out, {"sum", ColumnType::money, "", {}}, "1"));
}

BOOST_AUTO_TEST_CASE(a_key_is_read_back_column_by_column) {
  using namespace std::string_view_literals;
  const std::string_view values[] = {"open", "closed"};
  const std::vector<std::pair<Column, std::string>> columns{
      {{"name", ColumnType::text, "", {}}, std::string("a\0\1b\0"sv)},
      {{"n", ColumnType::integer, "", {}}, "-12"},
      {{"paid", ColumnType::boolean, "", {}}, "true"},
      {{"id", ColumnType::id, "", {}}, "00112233-4455-6677-8899-aabbccddeeff"},
      {{"at", ColumnType::instant, "", {}}, "2026-11-25T10:00:00.000001Z"},
      {{"status", ColumnType::enumeration, "", values}, "closed"},
      {{"empty", ColumnType::text, "", {}}, ""}};
  std::string bytes;
  for (const auto& [column, text] : columns) {
    BOOST_REQUIRE(append_index_text(bytes, column, text));
  }
  std::string_view rest = bytes;
  for (const auto& [column, text] : columns) {
    BOOST_TEST((take_index_text(rest, column) == text), column.name);
  }
  BOOST_TEST(rest.empty());
  for (const auto& [column, text] : columns) BOOST_TEST(!take_index_text(rest, column));
  rest = "\0\7"sv;
  BOOST_TEST(!take_index_text(rest, {"status", ColumnType::enumeration, "", values}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::index_key_test
