// Every branch of a decision, without a log: given commands, when one more comes, then its outcome.
#include "runtime/decider.h"

#include <boost/test/unit_test.hpp>
#include <random>

#include "runtime/test_decider.h"

namespace wf::decider_test {

BOOST_AUTO_TEST_SUITE(decider_tests)

BOOST_AUTO_TEST_CASE(events_nothing_and_a_reason) {
  Bench when;
  BOOST_TEST(when(add(1)) == R"(Added{"n":1})");
  BOOST_TEST(when(add(0)) == "nothing");
  BOOST_TEST(when(add(-1)) == "rejected(negative)");
  BOOST_TEST(when.last[0].version == 1U);
}

BOOST_AUTO_TEST_CASE(a_retry_gets_the_first_answer) {
  Bench when;
  when(with_id(add(1), 8));
  when(with_id(add(-1), 9));
  when(add(1));
  BOOST_TEST(when(with_id(add(1), 8)) == "duplicate");
  BOOST_TEST(
      when.last[0].payload ==
      R"({"command":"counter.Add","first":{"kind":"accepted","reason":"","stream_version":1}})");
  BOOST_TEST(when(with_id(add(-1), 9)) == "duplicate");
  BOOST_TEST(when.last[0].payload ==
             R"({"command":"counter.Add",)"
             R"("first":{"kind":"rejected","reason":"negative","stream_version":1}})");
  BOOST_TEST(when.last[0].version == 2U);
}

// The first answer stays the first, across saves and restarts too.
BOOST_AUTO_TEST_CASE(another_body_is_key_reused_and_changes_nothing) {
  Bench when;
  when(with_id(add(1), 8, 70));
  when.restart();
  BOOST_TEST(when(with_id(add(2), 8, 71)) == "rejected(key_reused)");
  when.restart();
  BOOST_TEST(when(with_id(add(2), 8, 71)) == "rejected(key_reused)");
  BOOST_TEST(when(with_id(add(1), 8, 70)) == "duplicate");
}

BOOST_AUTO_TEST_CASE(the_window_is_pruned_by_the_highest_append_time) {
  Bench when;
  when(with_id(add(1), 8));
  BOOST_TEST(when(at(with_id(add(1), 8), day)) == "duplicate");
  when(at({.stream = 2}, day + s1));
  BOOST_TEST(when(at(with_id(add(1), 8), day + s1)) == R"(Added{"n":1})");
  BOOST_TEST(when(at(with_id(add(1), 8), day + s60)) == "duplicate");
  when(at(with_id(add(1), 9), s10));  // a clock that was a day ahead is set right
  BOOST_TEST(when(at(with_id(add(1), 9), s60)) == "duplicate");
}

BOOST_AUTO_TEST_CASE(expired_compares_with_the_append_time) {
  Bench when;
  Given late = add(1);
  late.expires = s10;
  late.appended = s10 + Duration{1};
  BOOST_TEST(when(late) == "expired");
  late.appended = s10;
  BOOST_TEST(when(late) == R"(Added{"n":1})");
}

BOOST_AUTO_TEST_CASE(a_clock_that_runs_ahead_is_refused_and_moves_nothing) {
  Bench when;
  when(hold(s60));
  Given ahead = at(add(1), Duration::seconds(105));
  ahead.appended = Duration::seconds(100) - Duration{1};
  BOOST_TEST(when(ahead) == "rejected(clock)");
  Given import = at(add(1), Duration::seconds(50));
  import.occurred = Duration::seconds(1000);  // an importer's slip of a digit
  BOOST_TEST(when(import) == "rejected(clock)");
  ahead.appended = Duration::seconds(100);
  BOOST_TEST(when(ahead) == expired(s60) + R"( Added{"n":1})");
}

BOOST_AUTO_TEST_CASE(forwarded_commands_are_taken_once_and_in_order) {
  Bench when;
  BOOST_TEST(when(forwarded(add(1), 2)) == "gap");
  BOOST_TEST(when.alarms.size() == 1U);
  BOOST_TEST(when(forwarded(add(1), 1)) == R"(Added{"n":1})");
  BOOST_TEST(when(forwarded(add(1), 1)) == "duplicate");
  when.restart();
  BOOST_TEST(when(forwarded(add(1), 1)) == "duplicate");
  BOOST_TEST(when(forwarded(add(0), 2)) == "nothing");
  BOOST_TEST(when(forwarded(add(1), 3)) == R"(Added{"n":1})");
  BOOST_TEST(when.state.received({"events.followers", 3}) == 3U);
}

BOOST_AUTO_TEST_CASE(deadlines_are_decided_at_their_own_time_before_the_command) {
  Bench when;
  when(hold(s10));
  BOOST_TEST(when(at(add(1), s60)) == expired(s10) + R"( Added{"n":1})");
  BOOST_TEST(when.last[0].at.us == (start + s10).us);
  BOOST_TEST(when.last[1].at.us == (start + s60).us);
  BOOST_CHECK(when.last[0].principal == system_account);
}

BOOST_AUTO_TEST_CASE(a_rejection_keeps_its_deadlines_events) {
  Bench when;
  when(hold(s10, 2));
  BOOST_TEST(when(at(add(-1), s10)) == expired(s10) + " " + expired(s10) + " rejected(negative)");
  BOOST_TEST(when(at(add(-1), s10)) == "rejected(negative)");
}

// What is answered without being decided leaves deadlines their time.
BOOST_AUTO_TEST_CASE(a_duplicate_does_not_make_deadlines_late) {
  Bench when;
  when(with_id(hold(s10), 8));
  BOOST_TEST(when(at(with_id(hold(s10), 8), s60)) == "duplicate");
  BOOST_TEST(when(wake(s10)) == expired(s10));
}

BOOST_AUTO_TEST_CASE(time_never_goes_back) {
  Bench when;
  when(at(hold(s10), s60));
  BOOST_TEST(when(at(add(1), s1)) == expired(s60) + R"( Added{"n":1})");
  BOOST_TEST(when.last[1].at.us == (start + s60).us);
}

BOOST_AUTO_TEST_CASE(a_wake_is_never_a_duplicate_and_means_nothing_by_itself) {
  Bench when;
  when(hold(s10, 1));
  BOOST_TEST(when(with_id(wake(s1), 8)) == "nothing");
  BOOST_TEST(when(with_id(wake(s10), 8)) == expired(s10));
  BOOST_TEST(when(with_id(wake(s10), 8)) == "nothing");
}

BOOST_AUTO_TEST_CASE(imported_streams_wait_for_the_end_of_their_import) {
  Bench when;
  when(imported(hold(s10), 3));
  BOOST_TEST(when.state.due(start + s60, 10).empty());
  BOOST_TEST(when(wake(s10)) == "nothing");  // somebody's, from before the import
  BOOST_TEST(when.state.due(start + s60, 10).empty());
  when.restart();
  BOOST_TEST(when.state.due(start + s60, 10).empty());
  BOOST_TEST(when(import_ended(4)) == "import_ended");
  BOOST_TEST(when.state.due(start + s60, 10).empty());
  when(import_ended(3));
  BOOST_TEST(when.state.due(start + s60, 10).size() == 1U);
  when.restart();
  BOOST_TEST(when.state.due(start + s60, 10).size() == 1U);
  BOOST_TEST(when(wake(s10)) == expired(s10));
}

BOOST_AUTO_TEST_CASE(an_imported_command_is_decided_at_the_time_it_occurred) {
  Bench when;
  Given past = imported(hold(s10), 3);
  past.at = day;
  past.occurred = s1;
  when(past);
  BOOST_TEST(when.last[0].at.us == (start + s1).us);
  past = imported(add(1), 3);
  past.at = day;
  past.occurred = s60;
  BOOST_TEST(when(past) == expired(s10) + R"( Added{"n":1})");
}

BOOST_AUTO_TEST_CASE(a_client_after_an_import_is_woken_again) {
  Bench when;
  when(imported(hold(s10), 3));
  when(add(1));
  BOOST_TEST(when.state.due(start + s60, 10).size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_decision_that_throws_is_internal) {
  Bench when;
  BOOST_TEST(when(add(500)) == "rejected(internal)");
  BOOST_TEST(when(add(501)) == "rejected(invalid)");
  BOOST_TEST(when(add(502)) == "rejected(internal)");  // an event that does not decode
  BOOST_TEST(when(add(99)) == "rejected(internal)");   // a policy that throws
  BOOST_TEST(when.alarms.size() == 3U);
  BOOST_TEST(when(add(1)) == R"(Added{"n":1})");
}

BOOST_AUTO_TEST_CASE(an_answer_too_large_is_refused) {
  Bench when;
  BOOST_TEST(when(add(503)) == "rejected(too_large)");
  BOOST_TEST(when(add(1257)) == "rejected(too_large)");
  BOOST_TEST(when.alarms.size() == 2U);
  when(add(1256));
  BOOST_TEST(when.last.size() == Decider::records_max);
}

BOOST_AUTO_TEST_CASE(sends_are_dense_per_target) {
  Bench when;
  std::map<std::uint32_t, std::uint64_t> sent;
  for (int i = 0; i < 20; ++i) {
    Given given = add(i % 3 == 2 ? -1 : 2 + i);
    given.stream = 1 + static_cast<std::uint64_t>(i) % 4;
    when(given);
    for (const Record& record : when.last) {
      if (record.kind != Kind::send) continue;
      BOOST_TEST(record.link.n == ++sent[record.link.partition]);
      BOOST_TEST(record.link.topic == "commands.followers");
      BOOST_TEST(record.link.partition == partition_of(record.stream, partitions));
      BOOST_TEST(record.hop == 1U);
      BOOST_CHECK(record.origin == uuid_of(given.stream));
      BOOST_TEST(record.origin_type == "counter.Added");
    }
    if (i % 5 == 0) when.restart();
  }
  BOOST_TEST(sent.size() > 1U);
}

BOOST_AUTO_TEST_CASE(a_refused_send_comes_back) {
  Bench when;
  BOOST_TEST(when(forwarded(add(-1), 1)) == "rejected(negative) follower.Refused#1");
  const Record& refused = when.last[1];
  BOOST_CHECK(refused.stream == uuid_of(90));
  BOOST_TEST(refused.link.topic == "commands.followers");
  BOOST_TEST(refused.link.partition == 3U);
  BOOST_TEST(refused.payload.find(R"("command":"counter.Add")") != std::string_view::npos);
  BOOST_TEST(refused.payload.find(R"("reason":"negative")") != std::string_view::npos);
}

BOOST_AUTO_TEST_CASE(a_client_s_refused_command_sends_nothing_back) {
  Bench when;
  BOOST_TEST(when(add(-1)) == "rejected(negative)");
}

BOOST_AUTO_TEST_CASE(policies_that_go_round_are_ended_and_heard_of) {
  Bench when;
  const Given ping{.type = "counter.Ping", .payload = "{}"};
  BOOST_TEST(when(forwarded(ping, 1, 16)) == "Pinged{} follower.Pong#1");
  BOOST_TEST(when.last[1].hop == 17U);
  BOOST_TEST(when(forwarded(ping, 2, 17)) == "rejected(hops) follower.Refused#2");
  const Given refused{.type = "counter.Refused", .payload = "{}"};
  BOOST_TEST(when(forwarded(refused, 3, 18)) == "Bounced{}");
  BOOST_TEST(when(forwarded(refused, 4, 19)) == "rejected(hops)");
}

BOOST_AUTO_TEST_CASE(a_type_of_another_build_stops_before_anything_is_changed) {
  Bench when;
  when(hold(s10));
  Given unknown = at(add(1), s60);
  unknown.type = "counter.Divide";
  BOOST_TEST(when(unknown) == "error: command type counter.Divide is unknown to this build");
  unknown.type = "follower.Follow";  // of another topic
  BOOST_TEST(when(unknown) == "error: command type follower.Follow is unknown to this build");
  BOOST_TEST(when(at(add(1), s60)) == expired(s10) + R"( Added{"n":1})");
}

// Admission goes first: three kills may hit a command that was answered long ago.
BOOST_AUTO_TEST_CASE(an_undecidable_command_is_still_admitted_first) {
  Bench when;
  when(with_id(add(1), 8));
  BOOST_TEST(when.refuse(with_id(add(1), 8)) == "duplicate");
  BOOST_TEST(when.refuse(with_id(add(1), 9)) == "rejected(undecidable)");
  when(forwarded(add(1), 1));
  when(forwarded(add(1), 2));
  BOOST_TEST(when.refuse(forwarded(add(1), 1)) == "duplicate");
  BOOST_TEST(when.refuse(forwarded(add(1), 4)) == "gap");
  BOOST_TEST(when(forwarded(add(1), 2)) == "duplicate");
  BOOST_TEST(when.refuse(forwarded(add(1), 3)) == "rejected(undecidable) follower.Refused#1");
}

BOOST_AUTO_TEST_CASE(a_fold_of_the_outcomes_is_the_decider_s_state) {
  Bench when;
  std::mt19937_64 random(1);
  std::map<std::string, std::uint64_t> forwards;
  for (int i = 0; i < 2'000; ++i) {
    Given given = add(static_cast<std::int64_t>(random() % 30) - 3);
    given.at = Duration::minutes(i) + Duration::seconds(static_cast<std::int64_t>(random() % 90));
    given.appended = Duration::minutes(i);
    if (random() % 8 == 0)
      given = at(hold(given.at + s60, 1 + static_cast<int>(random() % 3)), given.at);
    if (random() % 20 == 0) given = wake(given.at);
    if (random() % 9 == 0) given.id = 50 + random() % 20;
    if (random() % 10 == 0) given.import = 1 + random() % 3;
    if (random() % 200 == 0) given = import_ended(1 + random() % 3);
    if (given.kind == Kind::command && random() % 6 == 0)
      given.n = 1 + random() % 3 + forwards["n"];
    given.stream = 1 + random() % 5;
    given.body = random() % 10 == 0 ? 1 : 0;
    when(given);
    forwards["n"] = when.state.received({"events.followers", 3});
    if (random() % 50 == 0) when.restart();
  }
  when.save();
  BOOST_CHECK(when.content == when.refold());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::decider_test
