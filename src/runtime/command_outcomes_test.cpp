// What GET /commands/{id} answers of an outcome.
#include "runtime/command_outcomes.h"

#include <fmt/format.h>

#include <boost/test/unit_test.hpp>

#include "support/temp_dir.h"

namespace wf::command_outcomes_test {
namespace {

const Uuid command{{1}};

struct Fixture {
  Record record(Kind kind, std::uint64_t version, std::string_view type, std::string_view payload) {
    Record record;
    record.kind = kind;
    record.causation = command;
    record.stream = Uuid{{2}};
    record.commanded = *Instant::parse("2026-11-21T09:00:00Z");
    record.at = record.commanded;
    record.version = version;
    record.type = type;
    record.payload = payload;
    return record;
  }
  std::string fold(const std::vector<Record>& outcome) {
    outcomes->fold(outcome);
    BOOST_REQUIRE(outcomes->save({}));
    const auto known = outcomes->get(command);
    BOOST_REQUIRE(known);
    return *known ? (*known)->json : "nothing";
  }
  static bool says(const std::string& json, std::string_view part) {
    return json.find(part) != std::string::npos;
  }

  TempDir dir;
  std::unique_ptr<CommandOutcomes> outcomes =
      std::move(*CommandOutcomes::open(dir.path() / "outcomes", Uuid{{9}}, Duration::hours(24)));
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(command_outcomes_tests, Fixture)

BOOST_AUTO_TEST_CASE(the_version_is_that_of_the_events_whatever_is_sent_on) {
  const std::string json = fold({record(Kind::event, 5, "lamp.Lit", "{}"),
                                 record(Kind::event, 6, "lamp.Dimmed", "{}"),
                                 record(Kind::send, 4, "meter.Tick", "{}")});
  BOOST_TEST(says(json, R"("outcome":"accepted")"));
  BOOST_TEST(says(json, R"("stream_version":6)"));
  BOOST_TEST(says(json, R"("events":["lamp.Lit","lamp.Dimmed"])"));
}

BOOST_AUTO_TEST_CASE(a_reused_key_does_not_hide_what_became_of_the_first_command) {
  fold({record(Kind::event, 1, "lamp.Lit", "{}")});
  const std::string json =
      fold({record(Kind::rejected, 1, "rejected", R"({"command":"x","reason":"key_reused"})")});
  BOOST_TEST(says(json, R"("outcome":"accepted")"));
}

BOOST_AUTO_TEST_CASE(what_policies_send_has_no_outcome_here) {
  Record forwarded = record(Kind::event, 1, "meter.Ticked", "{}");
  forwarded.link = {"events.lamps", 0, 1};
  BOOST_TEST(fold({forwarded}) == "nothing");
}

// Seed 7 of the simulator: a retry was told of deadlines that the first answer kept to itself.
BOOST_AUTO_TEST_CASE(a_deadline_that_was_due_before_is_not_of_the_command) {
  Record expired = record(Kind::event, 1, "lamp.Expired", "{}");
  expired.principal = system_account;
  Record lit = record(Kind::event, 2, "lamp.Lit", "{}");
  lit.principal = {Uuid{{3}}};
  BOOST_TEST(says(fold({expired, lit}), R"("events":["lamp.Lit"])"));
  BOOST_TEST(((*outcomes->get(command))->principal == lit.principal));  // who may see it
}

BOOST_AUTO_TEST_CASE(a_refusal_is_told_whole) {
  BOOST_TEST(fold({record(Kind::rejected, 3, "rejected", R"({"reason":"dark"})")}) ==
             R"({"id":"01000000-0000-0000-0000-000000000000","outcome":"rejected",)"
             R"("stream":"02000000-0000-0000-0000-000000000000","stream_version":3,)"
             R"("at":"2026-11-21T09:00:00Z","events":[],"rejected":{"reason":"dark"}})");
}

BOOST_AUTO_TEST_CASE(written_and_unwritten_outcomes_are_found_and_outlast_a_restart) {
  const std::string path = dir.path() / "few";
  const auto open = [&] {
    return CommandOutcomes::open(path, Uuid{{9}}, Duration::hours(24), 2).value();
  };
  outcomes = open();
  for (std::uint8_t n = 1; n <= 5; ++n) {
    Record refused = record(Kind::rejected, n, "rejected", "{}");
    refused.causation = Uuid{{n}};
    outcomes->fold(std::vector{refused});
    BOOST_REQUIRE(outcomes->save({{"events.lamps", 0, n, "fence"}}));
  }
  const auto all_are_there = [&] {
    for (std::uint8_t n = 1; n <= 5; ++n) {
      const auto known = outcomes->get(Uuid{{n}});
      BOOST_REQUIRE((known && *known));
      BOOST_TEST(says((*known)->json, fmt::format(R"("stream_version":{})", n)));
    }
    BOOST_TEST(outcomes->positions().at(0).offset == 5);
  };
  all_are_there();
  outcomes.reset();
  outcomes = open();
  all_are_there();
}

BOOST_AUTO_TEST_CASE(a_command_is_unknown_only_where_all_that_was_read_is_folded) {
  const auto is_known_to_be_none = [&] {
    const auto known = outcomes->find(command, {{"events.lamps", 0, 7}});
    BOOST_TEST((known || known.error().code == Code::unavailable));
    return known.has_value();
  };
  outcomes->mark_live();
  BOOST_TEST(!is_known_to_be_none());
  BOOST_REQUIRE(outcomes->save({{"events.lamps", 0, 6, "fence"}, {"events.lamps", 1, 9, "fence"}}));
  BOOST_TEST(!is_known_to_be_none());
  BOOST_REQUIRE(outcomes->save({{"events.lamps", 0, 7, "fence"}}));
  BOOST_TEST(is_known_to_be_none());
}

BOOST_AUTO_TEST_CASE(while_its_store_does_not_open_again_nothing_is_known_to_be_none) {
  int opened = 0;
  const auto open = [&]() -> Result<std::unique_ptr<KvStore>> {
    if (++opened == 2) return fail(Code::io, "not now");
    return KvStore::open({.path = dir.path() / "again", .expiring_prefix = 'c'});
  };
  outcomes = CommandOutcomes::open(open, Uuid{{9}}, Duration::hours(24), 1).value();
  outcomes->mark_live();
  for (std::uint8_t n = 1; n <= 2; ++n) {
    Record refused = record(Kind::rejected, n, "rejected", "{}");
    refused.causation = Uuid{{n}};
    outcomes->fold(std::vector{refused});
    BOOST_REQUIRE(outcomes->save({{"events.lamps", 0, n, "fence"}}));
  }
  const auto find = [&](std::uint8_t n) {
    return outcomes->find(Uuid{{n}}, {{"events.lamps", 0, n}});
  };
  BOOST_TEST(!outcomes->reopen().has_value());
  BOOST_TEST((find(1).error().code == Code::closed));
  BOOST_TEST(find(2).value().has_value());  // it is in memory
  BOOST_TEST((find(3).error().code == Code::closed));
  BOOST_REQUIRE(outcomes->reopen());
  BOOST_TEST(find(1).value().has_value());
  BOOST_TEST(outcomes->positions().at(0).offset == 1);  // what was in memory is folded again
  BOOST_TEST((find(3).error().code == Code::unavailable));
}

BOOST_AUTO_TEST_CASE(a_store_of_an_earlier_format_is_not_opened) {
  outcomes.reset();
  const std::string path = dir.path() / "old";
  {
    const auto store = KvStore::open({.path = path, .expiring_prefix = 'c'}).value();
    KvBatch batch;
    batch.puts.emplace_back("l", Uuid{{9}}.text());
    BOOST_REQUIRE(store->write(batch));
    BOOST_REQUIRE(store->flush());
  }
  for (int n = 0; n < 2; ++n) {  // the first try leaves it as it was
    const auto opened = CommandOutcomes::open(path, Uuid{{9}}, Duration::hours(24));
    BOOST_REQUIRE(!opened);
    BOOST_TEST((opened.error().code == Code::mismatch));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::command_outcomes_test
