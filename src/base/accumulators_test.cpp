// Accumulators: they take their events in any order, and pass through their stored form.
#include "base/accumulators_json.h"

#include <boost/test/unit_test.hpp>

namespace wf::accumulators_test {
namespace {

template <class T>
std::string stored(const T& part) {
  std::string out;
  write_json(out, part);
  T again;
  JsonCursor in(out);
  read_json(in, again);
  BOOST_TEST(in.finished());
  BOOST_TEST((again == part), out);
  return out;
}

Meta meta(std::int64_t at, std::uint8_t id) {
  Meta made;
  made.at = {at};
  made.id.bytes[0] = id;
  return made;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(accumulators_tests)

BOOST_AUTO_TEST_CASE(latest_is_the_same_in_any_order) {
  Latest<std::int64_t> one;
  Latest<std::int64_t> other;
  const std::pair<std::int64_t, Meta> events[] = {
      {1, meta(5, 1)}, {2, meta(9, 1)}, {3, meta(9, 2)}, {4, meta(7, 9)}};
  for (int i = 0; i < 4; ++i) {
    one.add(events[i].first, events[i].second);
    other.add(events[3 - i].first, events[3 - i].second);
  }
  BOOST_TEST((one == other));
  BOOST_TEST(*one.value == 3);
  stored(one);
  stored(Latest<std::string>{});
}

BOOST_AUTO_TEST_CASE(max_min_set_and_count_are_stored_as_json) {
  Max<Instant> max;
  Min<std::int64_t> min;
  Set<std::string> set;
  Count count;
  for (const std::int64_t value : {3, 1, 2, 3}) {
    max.add(Instant{value});
    min.add(value);
    set.add(std::to_string(value));
    count.add();
  }
  BOOST_TEST(stored(max) == R"("1970-01-01T00:00:00.000003Z")");
  BOOST_TEST(stored(min) == "1");
  BOOST_TEST(stored(set) == R"(["1","2","3"])");
  BOOST_TEST(stored(count) == "4");
  BOOST_TEST(stored(Max<bool>{}) == "null");
  BOOST_TEST(stored(Set<std::int64_t>{}) == "[]");
}

BOOST_AUTO_TEST_CASE(a_sum_of_money_keeps_to_its_currency) {
  Sum<Money> sum;
  sum.add({5, {'I', 'N', 'R'}});
  sum.add({-7, {'I', 'N', 'R'}});
  BOOST_TEST(stored(sum) == R"({"minor":-2,"currency":"INR"})");
  BOOST_CHECK_THROW(sum.add({1, {'E', 'U', 'R'}}), std::domain_error);
  Sum<std::int64_t> whole{INT64_MAX};
  BOOST_CHECK_THROW(whole.add(1), std::overflow_error);
}

BOOST_AUTO_TEST_CASE(a_day_is_the_utc_date) {
  BOOST_TEST(utc_day(Instant{1'795'251'600'000'000}) == "2026-11-21");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::accumulators_test
