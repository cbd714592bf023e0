// Every verdict of the fence, by hand. A history is written one record per line, offsets from 0.
#include "log/fence.h"

#include <boost/test/unit_test.hpp>

#include "log/test_records.h"

namespace wf::fence_test {
namespace {

using Verdict = Fence::Verdict;

Record opened() {
  Record record;
  record.kind = Kind::opened;
  return record;
}

Record resumed(Offset epoch, Offset after, Offset next) {
  Record record;
  record.kind = Kind::resumed;
  record.epoch = epoch;
  record.cause = after;
  record.next = next;
  return record;
}

Record trying(Offset epoch, Offset cause) {
  Record record;
  record.kind = Kind::trying;
  record.epoch = epoch;
  record.cause = cause;
  return record;
}

Record event(Offset epoch, Offset cause, std::uint32_t index = 0, std::uint32_t count = 1) {
  Record record;
  record.kind = Kind::event;
  record.id = test::uuid_of(static_cast<std::uint64_t>(cause) * 100 + index + 1);
  record.epoch = epoch;
  record.cause = cause;
  record.index = index;
  record.count = count;
  return record;
}

// One letter per record: s(kipped) . (control) p(artial) C(omplete) D(iverged).
std::string verdicts(Fence& fence, std::vector<Record> history, Offset first = 0) {
  std::string letters;
  for (Record& record : history) {
    record.offset = first++;
    switch (fence.feed(record)) {
      case Verdict::skipped:
        letters += 's';
        break;
      case Verdict::control:
        letters += '.';
        break;
      case Verdict::partial:
        letters += 'p';
        break;
      case Verdict::complete:
        letters += 'C';
        break;
      case Verdict::diverged:
        letters += 'D';
        break;
    }
  }
  return letters;
}

std::string verdicts(const std::vector<Record>& history) {
  Fence fence;
  return verdicts(fence, history);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fence_tests)

BOOST_AUTO_TEST_CASE(outcomes_come_one_after_another) {
  BOOST_TEST(verdicts({opened(),
                       resumed(0, -1, 0),
                       event(0, 0),
                       event(0, 1, 0, 3),
                       event(0, 1, 1, 3),
                       event(0, 1, 2, 3),
                       event(0, 2)}) == "..CppCC");
}

BOOST_AUTO_TEST_CASE(every_closing_kind_is_an_outcome) {
  std::vector<Record> history{opened(), resumed(0, -1, 0)};
  Offset cause = 0;
  for (const Kind kind : {Kind::event,
                          Kind::send,
                          Kind::rejected,
                          Kind::nothing,
                          Kind::duplicate,
                          Kind::gap,
                          Kind::expired}) {
    history.push_back(event(0, cause++));
    history.back().kind = kind;
  }
  BOOST_TEST(verdicts(history) == "..CCCCCCC");
}

BOOST_AUTO_TEST_CASE(nothing_counts_before_resumed) {
  BOOST_TEST(verdicts({event(-1, 0), opened(), event(1, 0), resumed(1, -1, 0), event(1, 0)}) ==
             "s.s.C");
}

BOOST_AUTO_TEST_CASE(doubles_gaps_and_other_orders_are_skipped) {
  Fence fence;
  BOOST_TEST(verdicts(fence,
                      {opened(),
                       resumed(0, -1, 0),
                       event(0, 0),
                       event(0, 0),        // a double
                       event(0, 2),        // a gap
                       event(0, 1, 1, 2),  // not the first of its outcome
                       event(0, 1, 0, 2),
                       event(0, 1, 0, 2),  // a double inside an outcome
                       event(0, 2),        // the next before this one is whole
                       event(0, 1, 1, 2)}) == "..CssspssC");
  BOOST_TEST(fence.skipped() == 5u);
}

BOOST_AUTO_TEST_CASE(an_index_at_or_past_its_count_is_skipped) {
  BOOST_TEST(verdicts({opened(), resumed(0, -1, 0), event(0, 0, 0, 0), event(0, 0, 0, 1)}) ==
             "..sC");
}

BOOST_AUTO_TEST_CASE(a_zombie_is_skipped_and_its_half_outcome_dropped) {
  Fence fence;
  BOOST_TEST(verdicts(fence,
                      {opened(),           // 0: A
                       resumed(0, -1, 0),  //
                       event(0, 0, 0, 2),  // A's first half
                       opened(),           // 3: B
                       event(0, 0, 1, 2),  // A's second half, too late
                       resumed(3, -1, 0),  //
                       event(0, 0, 0, 2),  // A once more
                       event(3, 0, 0, 2),  // B decides it anew
                       event(0, 0, 1, 2),  // A's cannot finish B's
                       event(3, 0, 1, 2)}) == "..p.s.spsC");
  BOOST_TEST(fence.position().last_cause == 0);
}

BOOST_AUTO_TEST_CASE(a_zombies_resumed_does_not_count) {
  BOOST_TEST(verdicts({opened(),
                       opened(),
                       resumed(0, -1, 0),  // of the epoch that is over
                       event(0, 0),
                       event(1, 0),
                       resumed(1, -1, 0),
                       event(1, 0)}) == "...ss.C");
}

BOOST_AUTO_TEST_CASE(a_second_resumed_changes_nothing) {
  Fence fence;
  BOOST_TEST(verdicts(fence,
                      {opened(),
                       resumed(0, -1, 0),
                       event(0, 0),
                       resumed(0, -1, 0),  // the double of the first: would decide 0 again
                       event(0, 0),
                       resumed(0, 7, 8),  // nor may it jump
                       event(0, 8),
                       event(0, 1)}) == "..C.s.sC");
}

BOOST_AUTO_TEST_CASE(the_double_of_opened_ends_its_own_epoch) {
  BOOST_TEST(verdicts({opened(), opened(), resumed(0, -1, 0), event(0, 0)}) == "...s");
}

BOOST_AUTO_TEST_CASE(an_operator_may_jump) {  // admin resume: next is not after + 1
  Fence fence;
  BOOST_TEST(verdicts(fence,
                      {opened(),
                       resumed(0, -1, 0),
                       event(0, 0),
                       opened(),          // 3
                       resumed(3, 0, 5),  // 1 to 4 were lost
                       event(3, 1),
                       event(3, 5),
                       event(3, 6)}) == "..C..sCC");
  BOOST_TEST(fence.position().last_cause == 6);
}

BOOST_AUTO_TEST_CASE(a_reader_may_start_at_any_opened) {
  const std::vector<Record> history{opened(),
                                    resumed(0, -1, 0),
                                    event(0, 0),
                                    event(0, 1, 0, 2),
                                    opened(),  // 4
                                    resumed(4, 0, 1),
                                    event(0, 1, 1, 2),
                                    event(4, 1)};
  Fence late(Position{.offset = 4});
  BOOST_TEST(verdicts(late, {history.begin() + 4, history.end()}, 4) == "..sC");
  Fence whole;
  BOOST_TEST(verdicts(whole, history) == "..Cp..sC");
  BOOST_TEST((late.position() == whole.position()));
}

BOOST_AUTO_TEST_CASE(a_store_of_another_log_is_noticed) {
  Fence fence;
  BOOST_TEST(verdicts(fence, {opened(), resumed(0, -1, 0), event(0, 0), event(0, 1)}) == "..CC");
  Fence other(fence.position());
  BOOST_TEST(verdicts(other, {opened(), resumed(4, 0, 1)}, 4) == ".D");
  BOOST_TEST(other.position().offset == 5);  // not past the contradiction
  Fence same(fence.position());
  BOOST_TEST(verdicts(same, {opened(), resumed(4, 1, 2), event(4, 2)}, 4) == "..C");
}

BOOST_AUTO_TEST_CASE(a_reader_that_has_accepted_nothing_is_compared_too) {
  Fence fence;  // it knows that nothing was accepted: `resumed` said so
  BOOST_TEST(verdicts(fence, {opened(), resumed(0, -1, 0), opened(), resumed(2, 5, 6)}) == "...D");
}

BOOST_AUTO_TEST_CASE(a_position_inside_an_outcome_is_its_beginning) {
  const std::vector<Record> history{opened(),
                                    resumed(0, -1, 0),
                                    event(0, 0),
                                    event(0, 1, 0, 3),
                                    event(0, 0),  // skipped, while 1 is half read
                                    event(0, 1, 1, 3),
                                    event(0, 1, 2, 3),
                                    event(0, 2)};
  Fence fence;
  BOOST_TEST(verdicts(fence, {history.begin(), history.begin() + 6}) == "..Cpsp");
  BOOST_TEST(fence.pending() == 2u);
  BOOST_TEST(fence.position().offset == 3);
  BOOST_TEST(fence.position().last_offset == 2);
  BOOST_TEST((fence.position().last_id == history[2].id));

  Fence restarted(fence.position());
  BOOST_TEST(verdicts(restarted, {history.begin() + 3, history.end()}, 3) == "pspCC");
  BOOST_TEST(restarted.position().offset == 8);
  BOOST_TEST(restarted.position().last_offset == 7);
}

BOOST_AUTO_TEST_CASE(trying_steers_nothing) {
  Fence fence;
  BOOST_TEST(
      verdicts(fence, {opened(), resumed(0, -1, 0), trying(0, 0), event(0, 0), trying(0, 1)}) ==
      "...C.");
  BOOST_TEST(fence.position().offset == 5);
  BOOST_TEST(fence.skipped() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::fence_test
