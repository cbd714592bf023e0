// Which of a table's replicas is read, told by hand and at times of the test's own.
#include "storage/remote/remote_table.h"

#include <boost/test/unit_test.hpp>

#include "support/sample_tables.h"

namespace wf::sample::remote_table_test {
namespace {

constexpr Duration silence_max = Duration::seconds(1);

struct Fixture {
  Bookings type;
  int all = 0;  // how often any row may have changed
  const OnRows on_rows = [this](const TableInfo&, const std::vector<std::string>& keys) {
    if (keys.empty()) ++all;
  };
  remote::RemoteNode one{{"unix:one", {"bookings"}}, {}};
  remote::RemoteNode two{{"unix:two", {"bookings"}}, {}};
  remote::RemoteTable table{type, Duration::seconds(1), silence_max, on_rows};
  remote::Deadline now{};

  Fixture() {
    table.add(one);
    table.add(two);
    stands(one, {5, 5}, true);
    stands(two, {5, 5}, true);
  }
  void stands(const remote::RemoteNode& node,
              const std::vector<std::int64_t>& at,
              bool first = false) {
    remote::Moved moved;
    moved.state.live = true;
    moved.state.generation = &node == &one ? "one" : "two";
    for (std::size_t slot = 0; slot < at.size(); ++slot) {
      moved.state.positions.push_back(
          {"events.bookings", static_cast<std::uint32_t>(slot), at[slot]});
    }
    table.heard(node, &moved, first, now);
  }
  // Both beat, and nothing moves.
  void pass(std::int64_t ms) {
    for (; ms > 0; ms -= 100) {
      now += std::chrono::milliseconds(100);
      table.heard(one, nullptr, false, now);
      table.heard(two, nullptr, false, now);
    }
  }
  std::string current() const { return table.state().generation; }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(remote_table_tests, Fixture)

BOOST_AUTO_TEST_CASE(a_replica_that_stands_still_is_left_for_one_that_goes_on) {
  stands(two, {10, 5});
  pass(900);
  BOOST_TEST(current() == "one");
  pass(200);
  BOOST_TEST(current() == "two");
  BOOST_TEST(all == 2);
  stands(one, {10, 5});
  pass(5'000);
  BOOST_TEST(current() == "two");  // as good is no reason
  BOOST_TEST(all == 2);
}

BOOST_AUTO_TEST_CASE(replicas_that_are_ahead_by_turns_do_not_take_turns) {
  for (std::int64_t n = 6; n < 100; n += 2) {
    stands(two, {n, n});
    pass(300);
    stands(one, {n + 1, n + 1});
    pass(300);
  }
  BOOST_TEST(current() == "one");
  BOOST_TEST(all == 1);
}

BOOST_AUTO_TEST_CASE(one_that_is_a_little_behind_all_the_time_is_kept) {
  for (std::int64_t n = 6; n < 100; ++n) {
    stands(two, {n + 1, n + 1});
    stands(one, {n, n});
    pass(300);
  }
  BOOST_TEST(current() == "one");
  BOOST_TEST(all == 1);
}

BOOST_AUTO_TEST_CASE(one_that_falls_ever_further_behind_is_left) {
  for (std::int64_t n = 1; n < 10; ++n) {
    stands(two, {5 + n * 100, 5});
    stands(one, {5 + n, 5});
    pass(300);
  }
  BOOST_TEST(current() == "two");
}

BOOST_AUTO_TEST_CASE(one_that_is_ahead_anywhere_is_kept) {
  stands(two, {10, 4});
  pass(5'000);
  BOOST_TEST(current() == "one");
  stands(two, {10, 5});
  pass(900);
  now += std::chrono::milliseconds(200);
  stands(one, {5, 6});  // a break: what follows is counted anew
  stands(two, {10, 6});
  pass(900);
  BOOST_TEST(current() == "one");
  pass(200);
  BOOST_TEST(current() == "two");
}

BOOST_AUTO_TEST_CASE(one_that_was_lost_meanwhile_is_ahead_from_its_return_only) {
  stands(two, {10, 5});
  pass(900);
  table.lost(two);
  stands(two, {10, 5}, true);
  pass(900);
  BOOST_TEST(current() == "one");
  pass(200);
  BOOST_TEST(current() == "two");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::sample::remote_table_test
