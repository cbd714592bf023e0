// What a new owner makes of the records before its own `opened`.
#include "runtime/owner_history.h"

#include <boost/test/unit_test.hpp>

#include "log/test_records.h"

namespace wf::owner_history_test {
namespace {

using test::uuid_of;

const Uuid mine = uuid_of(9);

// The records of a partition one by one, through the fence as the owner reads them.
struct Partition {
  void opened(std::uint64_t nonce) {
    Record record;
    record.kind = Kind::opened;
    record.id = uuid_of(nonce);
    feed(record);
  }
  void resumed(Offset epoch, Offset after, Offset next, std::string_view payload = "{}") {
    Record record;
    record.kind = Kind::resumed;
    record.payload = payload;
    record.epoch = epoch;
    record.cause = after;
    record.next = next;
    feed(record);
  }
  void trying(Offset cause) {
    Record record;
    record.kind = Kind::trying;
    record.cause = cause;
    feed(record);
  }
  void outcome(Offset epoch, Offset cause) {
    Record record;
    record.kind = Kind::nothing;
    record.epoch = epoch;
    record.cause = cause;
    record.count = 1;
    feed(record);
  }

  Offset end = 0;
  Fence fence;
  OwnerHistory history{Position{}, mine};

 private:
  void feed(Record record) {
    record.offset = end++;
    const Fence::Verdict verdict = fence.feed(record);
    if (verdict == Fence::Verdict::control) history.control(record, fence.position());
    if (verdict == Fence::Verdict::complete) history.outcome(fence.position());
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(owner_history_tests, Partition)

BOOST_AUTO_TEST_CASE(the_first_owner_has_nobody_before_it) {
  BOOST_TEST(history.epoch() == -1);
  opened(9);
  BOOST_TEST(history.epoch() == 0);
  BOOST_TEST(history.next() == -1);
  BOOST_TEST(!history.cautious());
  BOOST_TEST(!history.foreign());
}

BOOST_AUTO_TEST_CASE(an_owner_that_resumed_and_left_no_outcome_makes_the_next_cautious) {
  for (const bool answered : {false, true}) {
    Partition one;
    one.opened(1);
    one.resumed(0, -1, 0);
    if (answered) one.outcome(0, 0);
    one.opened(9);
    BOOST_TEST(one.history.cautious() == !answered);
    BOOST_TEST(one.history.next() == (answered ? 1 : 0));
  }
}

BOOST_AUTO_TEST_CASE(an_owner_that_never_resumed_decided_nothing) {
  opened(1);
  resumed(0, -1, 0);
  opened(2);
  opened(9);
  BOOST_TEST(!history.cautious());
}

BOOST_AUTO_TEST_CASE(the_tries_of_several_owners_count_until_an_outcome) {
  for (const std::uint64_t owner : {1U, 2U, 3U}) {
    opened(owner);
    resumed(end - 1, -1, 0);
    trying(0);
  }
  BOOST_TEST(history.tries(0) == 3U);
  BOOST_TEST(history.tries(1) == 0U);
  outcome(end - 3, 0);
  BOOST_TEST(!history.tried());
  BOOST_TEST(history.tries(0) == 0U);
}

BOOST_AUTO_TEST_CASE(what_an_operator_said_stands_until_an_outcome) {
  opened(1);
  resumed(0, -1, 5, R"({"reason":"the disk was lost"})");
  BOOST_TEST(history.by_hand());
  BOOST_TEST(history.next() == 5);
  opened(2);
  resumed(2, -1, 5);
  BOOST_TEST(history.by_hand());
  outcome(2, 5);
  BOOST_TEST(!history.by_hand());
  BOOST_TEST(history.next() == 6);
}

BOOST_AUTO_TEST_CASE(a_zombie_that_resumes_says_nothing) {
  opened(1);
  opened(2);
  resumed(0, -1, 7, R"({"reason":"late"})");
  BOOST_TEST(!history.by_hand());
  BOOST_TEST(history.next() == -1);
}

BOOST_AUTO_TEST_CASE(whoever_opens_later_is_foreign) {
  opened(9);
  resumed(0, -1, 0);
  BOOST_TEST(!history.foreign());
  opened(1);
  BOOST_TEST(history.foreign());
  BOOST_TEST(history.epoch() == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::owner_history_test
