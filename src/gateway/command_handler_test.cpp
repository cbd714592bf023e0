// Commands over HTTP, route by route: what is refused before the log, and what its outcomes become.
#include "gateway/test_app.h"

namespace wf::gateway::command_handler_test {
namespace {

const Uuid charger = Uuid::v5({}, "charger");

struct Fixture : test::AppFixture {
  std::string renter = token(asha, role("renter"));
  std::string body = R"({"charger":")" + charger.text() +
                     R"(","connector":1,"start":"2026-12-01T09:00:00Z",)"
                     R"("end":"2026-12-01T10:00:00Z"})";

  Ask book(std::string_view key) const {
    return {Method::post, "/bookings", {{"Authorization", renter}, {"Idempotency-Key", key}}, body};
  }
  void accept_all() {
    ruling = [](const Record&) { return test::Ruling{Kind::event, "booking.Reserved"}; };
  }
  static bool says(const Response& response, std::string_view text) {
    return response.bytes().find(text) != std::string_view::npos;
  }
};

BOOST_FIXTURE_TEST_SUITE(command_handler_tests, Fixture)

BOOST_AUTO_TEST_CASE(an_accepted_command_is_201_with_its_location_and_position) {
  accept_all();
  const Response response = ask(book("k1"));
  BOOST_TEST(response.status == 201);
  const Uuid command = CommandHandler::command_id({asha}, "k1", charger);
  const Uuid booking = Uuid::v5(command, "booking");
  BOOST_TEST(test::header(response, "Location") == "/bookings/" + booking.text());
  BOOST_TEST(says(response, R"("stream_version":1)"));
  BOOST_TEST(says(response, R"("events":["booking.Reserved"])"));
  const auto position = decode_position(test::header(response, "Wayfold-Position"));
  BOOST_REQUIRE(position);
  BOOST_TEST((position->log == log->id()));
  BOOST_REQUIRE(position->offsets.size() == 1U);
  BOOST_TEST(position->offsets[0].offset == 3);  // opened, resumed, the event
}

BOOST_AUTO_TEST_CASE(a_refusal_has_the_status_of_its_schema) {
  ruling = [](const Record&) {
    return test::Ruling{Kind::rejected, "", R"({"command":"x","reason":"not_yours"})"};
  };
  const Response response = ask(book("k1"));
  BOOST_TEST(response.status == 403);
  BOOST_TEST(says(response, R"("code":"not_yours")"));
  BOOST_TEST(response.content_type == "application/problem+json");
}

BOOST_AUTO_TEST_CASE(the_same_key_under_another_body_is_422) {
  ruling = [](const Record&) {
    return test::Ruling{Kind::rejected, "", R"({"command":"x","reason":"key_reused"})"};
  };
  BOOST_TEST(ask(book("k1")).status == 422);
}

BOOST_AUTO_TEST_CASE(a_duplicate_is_answered_as_the_first_was) {
  ruling = [](const Record&) {
    return test::Ruling{Kind::duplicate,
                        "",
                        R"({"command":"x","first":{"kind":"accepted","reason":"",)"
                        R"("stream_version":7}})"};
  };
  const Response again = ask(book("k1"));
  BOOST_TEST(again.status == 201);
  BOOST_TEST(says(again, R"("stream_version":7)"));
  BOOST_TEST(test::has_header(again, "Idempotent-Replayed: true"));
  ruling = [](const Record&) {
    return test::Ruling{Kind::duplicate,
                        "",
                        R"({"command":"x","first":{"kind":"rejected","reason":"not_found",)"
                        R"("stream_version":0}})"};
  };
  BOOST_TEST(ask(book("k2")).status == 404);
}

BOOST_AUTO_TEST_CASE(a_retry_in_flight_waits_for_the_one_command) {
  accept_all();
  const Ticket first{101, 0};
  const Ticket second{102, 0};
  BOOST_TEST(!begin(book("k1"), first));
  BOOST_TEST(!begin(book("k1"), second));
  const Response one = finish(first);
  const Response two = finish(second);
  BOOST_TEST(one.body == two.body);
  BOOST_TEST(seen.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_client_whose_patience_ends_is_told_where_to_ask) {
  const Ticket ticket{101, 0};
  Ask patient = book("k1");
  patient.headers.push_back({"Prefer", "wait=1"});
  BOOST_TEST(!begin(patient, ticket));
  app->turn_ended();
  now = now + Duration::seconds(2);
  app->tick();
  std::deque<std::function<void()>> work;
  while (answers.empty()) {  // nobody decides: only what is posted runs
    std::unique_lock lock(mutex);
    BOOST_REQUIRE(
        posted_some.wait_for(lock, std::chrono::seconds(10), [this] { return !posted.empty(); }));
    work.swap(posted);
    lock.unlock();
    for (const auto& fn : work) fn();
    work.clear();
  }
  const Response response = answers.at(101);
  BOOST_TEST(response.status == 202);
  const Uuid command = CommandHandler::command_id({asha}, "k1", charger);
  BOOST_TEST(test::header(response, "Location") == "/commands/" + command.text());
}

BOOST_AUTO_TEST_CASE(nobody_is_told_pending_before_the_command_is_on_the_log) {
  Ask hasty = book("k1");
  hasty.headers.push_back({"Prefer", "wait=0"});
  BOOST_TEST(!begin(hasty, {101, 0}));
  now = now + Duration::seconds(1);
  app->tick();  // between the request and the end of its turn
  BOOST_TEST(backend->waiting.size() == 1U);
  app->turn_ended();
  app->tick();
  BOOST_TEST(backend->waiting.size() == 0U);
  const auto on_log = [&] {
    return *log->end({"commands.bookings", 0}) + *log->end({"commands.bookings", 1});
  };
  std::unique_lock lock(mutex);
  BOOST_REQUIRE(
      posted_some.wait_for(lock, std::chrono::seconds(10), [this] { return !posted.empty(); }));
  BOOST_TEST(on_log() == 1);
  lock.unlock();

  // And whoever asks at once is not told that there is none.
  const Uuid command = CommandHandler::command_id({asha}, "k1", charger);
  const Ask asked{Method::get, "/commands/" + command.text(), {{"Authorization", renter}}};
  BOOST_TEST(begin(asked, {102, 0})->status == 503);
}

BOOST_AUTO_TEST_CASE(what_was_asked_below_api_is_found_below_api) {
  accept_all();
  Ask booked = book("k1");
  booked.target = "/api" + booked.target;
  BOOST_TEST(test::header(ask(booked), "Location").starts_with("/api/bookings/"));
}

BOOST_AUTO_TEST_CASE(every_fault_is_listed_and_nothing_is_written) {
  Ask wrong = book("k1");
  wrong.body = R"({"connector":"one","start":"yesterday","colour":"red"})";
  const Response response = ask(wrong);
  BOOST_TEST(response.status == 422);
  for (const char* pointer : {"/charger", "/connector", "/start", "/end", "/colour"}) {
    BOOST_TEST(says(response, std::string(R"("pointer":")") + pointer + '"'), pointer);
  }
  BOOST_TEST(*log->end({"commands.bookings", 0}) + *log->end({"commands.bookings", 1}) == 0);
}

BOOST_AUTO_TEST_CASE(what_is_not_json_is_malformed) {
  for (const char* text : {"", "{", "{\"a\":1,}", "\xff", "{} {}", "\xEF\xBB\xBF{}"}) {
    Ask wrong = book("k1");
    wrong.body = text;
    const Response response = ask(wrong);
    BOOST_TEST(response.status == 400, text);
    BOOST_TEST(says(response, "malformed_json"), text);
  }
  Ask twice = book("k1");
  twice.body.insert(1, R"("connector":2,)");
  BOOST_TEST(ask(twice).status == 422);
}

BOOST_AUTO_TEST_CASE(who_may_not_send_it_is_told_so) {
  Ask guest = book("k1");
  guest.headers.erase(guest.headers.begin());
  BOOST_TEST(ask(guest).status == 401);
  Ask host = book("k1");
  const std::string other = token(ravi, role("host"));
  host.headers[0].value = other;
  BOOST_TEST(ask(host).status == 403);
  Ask keyless = book("");
  keyless.headers.pop_back();
  const Response response = ask(keyless);
  BOOST_TEST(response.status == 400);
  BOOST_TEST(says(response, "missing_idempotency_key"));
}

BOOST_AUTO_TEST_CASE(only_importers_act_for_others) {
  Ask as = book("k1");
  const std::string account = ravi.text();
  as.headers.push_back({"Wayfold-As", account});
  BOOST_TEST(ask(as).status == 403);
  // Whom the command is closed to as well: an import with his token stops, as with any other.
  const std::string host = token(ravi, role("host"));
  Ask closed = as;
  closed.headers[0].value = host;
  BOOST_TEST(says(ask(closed), "importer_only"));
  accept_all();
  const std::string importer = token(asha, role("importer"));
  as.headers[0].value = importer;
  as.headers.push_back({"Wayfold-Occurred-At", "2025-01-01T00:00:00Z"});
  AccountId principal;
  Instant occurred;
  ruling = [&](const Record& command) {
    principal = command.principal;
    occurred = command.occurred_at;
    return test::Ruling{Kind::event, "booking.Reserved"};
  };
  BOOST_TEST(ask(as).status == 201);
  BOOST_TEST((principal.value == ravi));
  BOOST_TEST(occurred.text() == "2025-01-01T00:00:00Z");
  const std::string later = (now + Duration::hours(1)).text();
  as.headers.back().value = later;
  BOOST_TEST(ask(as).status == 400);
}

BOOST_AUTO_TEST_CASE(what_is_imported_does_not_expire) {
  Instant expires;
  ruling = [&](const Record& command) {
    expires = command.expires;
    return test::Ruling{Kind::event, "booking.Reserved"};
  };
  BOOST_TEST(ask(book("k1")).status == 201);
  BOOST_TEST((expires == now + Duration::millis(process.gateway.command_ttl_ms)));
  Ask imported = book("k2");
  const std::string importer = token(asha, role("importer"));
  const std::string import = ravi.text();
  imported.headers[0].value = importer;
  imported.headers.push_back({"Wayfold-Import", import});
  BOOST_TEST(ask(imported).status == 201);
  BOOST_TEST((expires == Instant{}));
}

BOOST_AUTO_TEST_CASE(a_thing_inside_a_stream_is_found_through_its_table) {
  const Uuid booking = Uuid::v5({}, "booking");
  const Ask cancel{Method::post,
                   "/api/bookings/" + booking.text() + "/cancel",
                   {{"Authorization", renter}},
                   R"({"reason":"rain"})"};
  BOOST_TEST(ask(cancel).status == 404);
  table("bookings").set_live(false);
  BOOST_TEST(ask(cancel).status == 503);
  table("bookings").recover_after_read();
  BOOST_TEST(ask(cancel).status == 503);
  BOOST_TEST(ask(cancel).status == 404);
  table("bookings").set(booking, R"({"charger":")" + charger.text() + R"("})");
  std::string payload;
  Uuid stream;
  ruling = [&](const Record& command) {
    payload = command.payload;
    stream = command.stream;
    return test::Ruling{Kind::event, "booking.Cancelled"};
  };
  BOOST_TEST(ask(cancel).status == 200);
  BOOST_TEST((stream == charger));
  BOOST_TEST(payload == R"({"booking":")" + booking.text() + R"(","reason":"rain"})");
}

BOOST_AUTO_TEST_CASE(the_wait_for_a_position_is_part_of_the_whole) {
  const Uuid booking = Uuid::v5({}, "booking");
  table("bookings").set(booking, R"({"charger":")" + charger.text() + R"("})");
  table("bookings").reach({{"events.bookings", 0, 5}});
  const std::string position = encode_position(log->id(), {{"events.bookings", 0, 6}});
  const Ask cancel{
      Method::post,
      "/bookings/" + booking.text() + "/cancel",
      {{"Authorization", renter}, {"Wayfold-Position", position}, {"Prefer", "wait=3"}},
      "{}"};
  BOOST_REQUIRE(!begin(cancel, {101, 0}));
  now = now + Duration::seconds(2);
  table("bookings").reach({{"events.bookings", 0, 6}});
  app->tick();  // now it is submitted
  app->turn_ended();
  BOOST_TEST(backend->waiting.size() == 1U);
  now = now + Duration::seconds(1);
  app->tick();
  BOOST_TEST(backend->waiting.size() == 0U);
}

BOOST_AUTO_TEST_CASE(if_match_carries_the_version_of_the_etag) {
  Ask matched = book("k1");
  matched.headers.push_back({"If-Match", "\"42-00000000000000aa\""});
  std::int64_t version = 0;
  ruling = [&](const Record& command) {
    version = command.if_match;
    return test::Ruling{Kind::event, "booking.Reserved"};
  };
  BOOST_TEST(ask(matched).status == 201);
  BOOST_TEST(version == 42);
  matched.headers.back().value = "nonsense";
  BOOST_TEST(ask(matched).status == 412);
  matched.headers.back().value = "\"41-aa\", \"42-aa\"";  // the first alone would be compared
  BOOST_TEST(ask(matched).status == 400);
  matched.headers.back().value = "";
  BOOST_TEST(ask(matched).status == 400);
}

BOOST_AUTO_TEST_CASE(two_spellings_of_one_request_have_one_fingerprint) {
  const CommandType& type = *catalogue().command("booking.Reserve");
  const auto one = parse_json(R"({"a":1,"b":[1.0]})");
  const auto two = parse_json(R"({ "b":[1], "a":1 })");
  const auto other = parse_json(R"({"a":1,"b":[2]})");
  const Uuid print = CommandHandler::fingerprint(secrets, type, one->root());
  BOOST_TEST((print == CommandHandler::fingerprint(secrets, type, two->root())));
  BOOST_TEST((print != CommandHandler::fingerprint(secrets, type, other->root())));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace wf::gateway::command_handler_test
