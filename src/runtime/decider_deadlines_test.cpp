// When a decider decides deadlines, and how many.
#include <boost/test/unit_test.hpp>

#include "runtime/test_decider.h"

namespace wf::decider_test {

BOOST_AUTO_TEST_SUITE(decider_deadline_tests)

// The clock of whoever woke the stream is ahead of the log's.
BOOST_AUTO_TEST_CASE(a_wake_before_its_time_means_nothing) {
  Bench when;
  when(hold(s60));
  Given early = wake(s60);
  early.appended = s60 - Decider::ahead_max - Duration::millis(1);
  BOOST_TEST(when(early) == "nothing");
  when(at(add(0), s10));
  BOOST_TEST(when.last[0].at.us == (start + s10).us);  // the stream's time stood still
  early.appended = s60 - Decider::ahead_max;
  BOOST_TEST(when(early) == expired(s60));
}

// In a log that was copied from one of an earlier build.
BOOST_AUTO_TEST_CASE(wakes_that_do_not_say_after_which_they_come_decide_what_is_due) {
  Bench when;
  for (const Duration due : {s10, s60}) {
    when(at(hold(due), due - s1));
    Given old = wake(due);
    old.of_earlier_build = true;
    BOOST_TEST(when(old) == expired(due));
  }
}

BOOST_AUTO_TEST_CASE(more_deadlines_than_fit_are_decided_in_portions) {
  Bench when;
  when(hold(s10, 300));
  BOOST_TEST(when(at(add(1), s60)).ends_with("rejected(overdue)"));
  BOOST_TEST(when.last.size() == Decider::records_max + 1);
  when(wake(s10));
  BOOST_TEST(when.last.size() == 44U);
}

// A deadline that cannot be decided must not stand in the way of commands.
BOOST_AUTO_TEST_CASE(a_deadline_that_fails_stands_and_is_told) {
  for (const int n : {404, 405, 406}) {
    Bench when;
    when(hold(s10));
    when(add(n));
    BOOST_TEST(when(at(add(1), s60)) == R"(Added{"n":1})");
    BOOST_TEST(!when.alarms.empty());
    BOOST_TEST(when(wake(s60)) == (n == 406 ? expired(s60) : "nothing"));
  }
}

BOOST_AUTO_TEST_CASE(a_command_behind_deadlines_that_just_fit_is_overdue) {
  for (const int n : {1, 1257}) {
    Bench when;
    when(hold(s10, Decider::records_max));
    BOOST_TEST(when(at(add(n), s60)).ends_with("rejected(overdue)"));
    BOOST_TEST(when.last.size() == Decider::records_max + 1);
    BOOST_TEST(when.alarms.empty());
    BOOST_TEST(when(at(add(n), s60)) == (n == 1 ? R"(Added{"n":1})" : "rejected(too_large)"));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::decider_test
