// Row channels: the latest row, once, to those who may see it, until their session ends.
#include "gateway/channels.h"

#include <algorithm>

#include "gateway/test_app.h"

namespace wf::gateway::channels_test {
namespace {

const Uuid charger = Uuid::v5({}, "charger");

struct Client : WebSocket {
  void send(std::shared_ptr<const Message> message) override {
    messages.emplace_back(message->text());
  }
  void close(std::uint16_t code, std::string_view) override { closed = code; }
  std::vector<std::string> messages;
  std::uint16_t closed = 0;
};

struct Fixture : test::AppFixture {
  Fixture() { set(1); }
  ~Fixture() {
    for (const auto& listener : listeners) listener->on_close(1000);
  }
  void set(std::uint64_t version) {
    table("chargers").set(charger, R"({"revision":)" + std::to_string(version) + "}", version);
  }
  void mark(std::uint64_t version) {
    set(version);
    std::string key;
    append_index_key(key, charger);
    app->rows_changed(table("chargers").type().info(), {key});
  }
  void change(std::uint64_t version) {
    mark(version);
    run_posted();
  }
  bool run_posted() {
    std::deque<std::function<void()>> work;
    {
      const std::lock_guard lock(mutex);
      work.swap(posted);
    }
    for (const auto& fn : work) fn();
    return !work.empty();
  }
  int connect(Client& to,
              std::string_view target,
              std::string_view query = {},
              std::vector<Header> headers = {}) {
    Request request;
    request.path = target;
    request.query = query;
    request.headers = Headers(headers);
    const Ticket ticket{++tickets, 0};
    auto decided = app->upgrade(request, ticket);
    if (!decided) return 0;  // it waits
    if (auto* const refused = std::get_if<Response>(&*decided)) return refused->status;
    Accept& accept = std::get<Accept>(*decided);
    open(to, accept);
    subprotocol = accept.subprotocol;
    if (!accept.events) return 101;
    events = std::move(*accept.events);
    return events.status;
  }
  void open(Client& client_of, Accept& accept) {
    listeners.push_back(std::move(accept.listener));
    table("chargers").set_failing(failing_at_open);
    listeners.back()->on_open(client_of);
  }
  // What the last one that waited is answered.
  int finish_waiting(Client& to) {
    pump_until([&] { return answers.contains(tickets) || accepted.contains(tickets); });
    if (answers.contains(tickets)) return answers.at(tickets).status;
    open(to, accepted.at(tickets));
    return 101;
  }
  std::string seen(Offset offset) {
    return encode_position(log->id(), {{"events.chargers", 0, offset}});
  }
  void connect_in_session() {
    table("sessions").set(session, R"({"status":"live"})");
    const std::string bearer = token(asha, role("renter"), session);
    const std::string offer = "wayfold, bearer." + bearer.substr(7);
    BOOST_TEST(connect(client, path, "", {{"Sec-WebSocket-Protocol", offer}}) == 101);
  }
  std::vector<std::unique_ptr<Listener>> listeners;
  Response events;          // the head of the last event stream
  std::string subprotocol;  // the last socket's
  const Uuid session = Uuid::v5({}, "session");
  const std::string path = "/ws/chargers/" + charger.text();
  Client client;
  int failing_at_open = 0;  // reads that fail then
};

BOOST_FIXTURE_TEST_SUITE(channels_tests, Fixture)

BOOST_AUTO_TEST_CASE(a_subscriber_gets_the_row_and_each_change) {
  BOOST_TEST(connect(client, path) == 101);
  change(2);
  change(2);
  BOOST_REQUIRE(client.messages.size() == 2U);
  BOOST_TEST(client.messages[0] == R"({"sequence":1,"row":{"revision":1}})");
  BOOST_TEST(client.messages[1] == R"({"sequence":2,"row":{"revision":2}})");
}

BOOST_AUTO_TEST_CASE(a_subprotocol_is_answered_only_as_it_was_offered) {
  table("sessions").set(session, R"({"status":"live"})");
  const std::string bearer = token(asha, role("renter"), session);
  const auto answered = [&](std::string name) {
    const std::string offer = std::move(name) + ", bearer." + bearer.substr(7);
    connect(client, path, "", {{"Sec-WebSocket-Protocol", offer}});
    return subprotocol;
  };
  BOOST_TEST(answered("wayfold") == "wayfold");
  BOOST_TEST(answered("Wayfold") == "");
}

BOOST_AUTO_TEST_CASE(it_is_an_event_stream_for_who_accepts_one) {
  Request request;
  request.path = path;
  const auto wants = [&](std::vector<Header> headers) {
    request.headers = Headers(headers);
    return app->wants_events(request);
  };
  BOOST_TEST(wants({{"Accept", "text/html, Text/Event-Stream;q=0.9"}}));
  BOOST_TEST(!wants({{"Accept", "*/*"}}));
  BOOST_TEST(!wants({{"Accept", "text/event-stream"}, {"Upgrade", "websocket"}}));
  BOOST_TEST(wants({{"Accept", "text/event-stream"}, {"Upgrade", "h2c"}}));  // it may be ignored
  request.path = "/chargers";
  BOOST_TEST(!wants({{"Accept", "text/event-stream"}}));

  set(3);
  const Header accept{"Accept", "text/event-stream"};
  BOOST_TEST(connect(client, path, "since=1", {accept, {"Last-Event-ID", "3"}}) == 200);
  BOOST_TEST(events.endless);
  BOOST_TEST(events.content_type == "text/event-stream");
  BOOST_TEST(test::header(events, "Cache-Control") == "no-store");
  BOOST_TEST(test::header(events, "X-Content-Type-Options") == "nosniff");
  BOOST_TEST(client.messages.empty());
  change(4);
  BOOST_REQUIRE(client.messages.size() == 1U);
  BOOST_TEST(connect(client, path, "", {accept, {"Last-Event-ID", "x"}}) == 400);
}

BOOST_AUTO_TEST_CASE(when_any_row_may_have_changed_only_those_that_did_are_sent) {
  BOOST_TEST(connect(client, path) == 101);
  for (const std::uint64_t revision : {1U, 2U}) {
    set(revision);
    app->rows_changed(table("chargers").type().info(), {});
    run_posted();
  }
  BOOST_REQUIRE(client.messages.size() == 2U);
  BOOST_TEST(client.messages[1] == R"({"sequence":2,"row":{"revision":2}})");
}

// As when code that shows the same events otherwise has built the table anew.
BOOST_AUTO_TEST_CASE(another_row_of_the_same_sequence_is_sent_once) {
  set(3);
  BOOST_TEST(connect(client, path) == 101);
  Client late;
  BOOST_TEST(connect(late, path, "since=3") == 101);
  table("chargers").set(charger, R"({"revision":3,"title":"Garage"})", 3);
  for (int i = 0; i < 2; ++i) {
    app->rows_changed(table("chargers").type().info(), {});
    run_posted();
  }
  const std::string shown = R"({"sequence":3,"row":{"revision":3,"title":"Garage"}})";
  BOOST_REQUIRE(client.messages.size() == 2U);
  BOOST_TEST(client.messages[1] == shown);
  BOOST_TEST((late.messages == std::vector{shown}));
  table("chargers").set(charger, R"({"revision":2})", 2);
  app->rows_changed(table("chargers").type().info(), {});
  run_posted();
  BOOST_TEST(client.messages.size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_row_that_comes_back_is_sent_again) {
  BOOST_TEST(connect(client, path) == 101);
  for (const char* const json : {"", R"({"revision":1})"}) {
    table("chargers").set(charger, json, 1);
    app->rows_changed(table("chargers").type().info(), {});
    run_posted();
  }
  BOOST_REQUIRE(client.messages.size() == 3U);
  BOOST_TEST(client.messages[1] == R"({"sequence":1,"row":null})");
  BOOST_TEST(client.messages[2] == client.messages[0]);
}

BOOST_AUTO_TEST_CASE(a_change_that_could_not_be_read_is_sent_when_it_can_be) {
  BOOST_TEST(connect(client, path) == 101);
  table("chargers").set_failing(2);
  change(2);
  while (run_posted()) {
  }
  BOOST_TEST(client.messages.size() == 1U);
  for (int ticks = 0; ticks < 2; ++ticks) {
    app->tick();
    while (run_posted()) {
    }
  }
  BOOST_REQUIRE(client.messages.size() == 2U);
  BOOST_TEST(client.messages[1] == R"({"sequence":2,"row":{"revision":2}})");
}

BOOST_AUTO_TEST_CASE(a_first_row_that_could_not_be_read_is_sent_when_it_can_be) {
  failing_at_open = 2;
  BOOST_TEST(connect(client, path) == 101);
  BOOST_TEST(client.messages.empty());
  for (int ticks = 0; ticks < 3; ++ticks) {
    app->tick();
    while (run_posted()) {
    }
  }
  BOOST_REQUIRE(client.messages.size() == 1U);
  BOOST_TEST(client.messages[0] == R"({"sequence":1,"row":{"revision":1}})");
}

BOOST_AUTO_TEST_CASE(a_quarantined_row_is_not_absent) {
  const Uuid parked = Uuid::v5({}, "parked");
  table("chargers").quarantine(parked, now);
  BOOST_TEST(connect(client, "/ws/chargers/" + parked.text()) == 503);
  BOOST_TEST(connect(client, "/ws/chargers/" + Uuid::v5({}, "none").text()) == 404);
}

BOOST_AUTO_TEST_CASE(one_who_comes_back_gets_only_what_is_newer) {
  set(5);
  BOOST_TEST(connect(client, path, "since=5") == 101);
  BOOST_TEST(client.messages.empty());
  Client late;
  BOOST_TEST(connect(late, path, "since=4") == 101);
  BOOST_TEST(late.messages.size() == 1U);
  BOOST_TEST(connect(late, path, "since=x") == 400);
}

// The log was restored from before, or the code folds fewer events.
BOOST_AUTO_TEST_CASE(one_who_has_seen_more_than_there_is_gets_what_there_is) {
  set(3);
  BOOST_TEST(connect(client, path, "since=10") == 101);
  change(4);
  BOOST_REQUIRE(client.messages.size() == 2U);
  BOOST_TEST(client.messages[0] == R"({"sequence":3,"row":{"revision":3}})");
  BOOST_TEST(client.messages[1] == R"({"sequence":4,"row":{"revision":4}})");
  set(2);
  app->rows_changed(table("chargers").type().info(), {});
  run_posted();
  BOOST_TEST(client.messages.size() == 2U);  // within a channel they only grow
}

BOOST_AUTO_TEST_CASE(a_table_that_became_live_after_the_read_does_not_tell_of_absence) {
  const std::string nothing = "/ws/chargers/" + ravi.text();
  table("chargers").set_live(false);
  table("chargers").recover_after_read();
  BOOST_TEST(connect(client, nothing) == 503);
  BOOST_TEST(connect(client, nothing) == 404);
}

BOOST_AUTO_TEST_CASE(a_table_that_is_not_read_to_its_end_shows_nobody_what_is_older) {
  set(3);
  table("chargers").set_live(false);
  BOOST_TEST(connect(client, path, "since=10") == 101);
  Client behind;
  BOOST_TEST(connect(behind, path, "since=20") == 101);
  change(4);
  BOOST_TEST(client.messages.empty());
  change(11);
  BOOST_TEST(client.messages.size() == 1U);
  BOOST_TEST(behind.messages.empty());
  table("chargers").set_live(true);
  app->rows_changed(table("chargers").type().info(), {});
  run_posted();
  BOOST_TEST(client.messages.size() == 1U);
  BOOST_TEST(behind.messages.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_row_that_goes_is_told_once) {
  BOOST_TEST(connect(client, path) == 101);
  table("chargers").set(charger, "", 2);
  std::string key;
  append_index_key(key, charger);
  for (int i = 0; i < 2; ++i) {
    app->rows_changed(table("chargers").type().info(), {key});
    run_posted();
  }
  BOOST_REQUIRE(client.messages.size() == 2U);
  BOOST_TEST(client.messages[1] == R"({"sequence":1,"row":null})");
}

BOOST_AUTO_TEST_CASE(many_subscribers_are_told_in_turns) {
  std::deque<Client> many(1300);
  for (Client& one : many) {
    now = now + Duration::millis(100);  // slower than the limit of an address
    BOOST_REQUIRE(connect(one, path, "since=1") == 101);
  }
  const auto told = [&] {
    return std::ranges::count_if(many, [](const Client& one) { return !one.messages.empty(); });
  };
  change(2);
  const auto first = told();
  BOOST_TEST(first > 0);
  BOOST_TEST(first < 650);
  mark(3);                           // it waits until all have been told of 2
  listeners.back()->on_close(1000);  // the last one is not told any more
  listeners.pop_back();
  while (run_posted()) {
  }
  BOOST_TEST(many.back().messages.empty());
  many.pop_back();
  const std::vector<std::string> both = {R"({"sequence":2,"row":{"revision":2}})",
                                         R"({"sequence":3,"row":{"revision":3}})"};
  for (const Client& one : many) BOOST_REQUIRE(one.messages == both);
}

// As right after POST /chargers, where the charger is not folded yet.
BOOST_AUTO_TEST_CASE(a_channel_waits_for_what_its_client_has_seen) {
  const Uuid fresh = Uuid::v5({}, "fresh");
  const std::string target = "/ws/chargers/" + fresh.text();
  const std::string position = seen(6);
  table("chargers").reach({{"events.chargers", 0, 5}});
  const auto fold = [&](Offset offset) {
    table("chargers").reach({{"events.chargers", 0, offset}});
    app->rows_changed(table("chargers").type().info(), {});
  };
  BOOST_TEST(connect(client, target, "since=0&position=" + position) == 0);
  table("chargers").set(fresh, R"({"revision":1})");
  fold(6);
  BOOST_TEST(finish_waiting(client) == 101);
  BOOST_TEST(client.messages.size() == 1U);
  BOOST_TEST(connect(client, target, "position=" + position) == 101);

  Client by_header;
  table("chargers").set(fresh, "");
  fold(5);
  BOOST_TEST(connect(by_header, target, "", {{"Wayfold-Position", position}}) == 0);
  fold(6);
  BOOST_TEST(finish_waiting(by_header) == 404);  // at or past it, there is no such row
  BOOST_TEST(connect(by_header, target, "position=x") == 400);
  BOOST_TEST(connect(by_header, target, "position=" + encode_position(ravi, {})) == 400);
  BOOST_TEST(connect(by_header, target, "", {{"Wayfold-Position", "x"}}) == 400);
}

BOOST_AUTO_TEST_CASE(a_channel_does_not_wait_for_ever) {
  table("chargers").reach({{"events.chargers", 0, 5}});
  BOOST_TEST(connect(client, path, "position=" + seen(6)) == 0);
  now = now + Duration::minutes(1);
  app->tick();
  BOOST_TEST(finish_waiting(client) == 503);
  BOOST_TEST(test::has_header(answers.at(tickets), "Retry-After: 1"));
}

BOOST_AUTO_TEST_CASE(nobody_subscribes_to_what_is_not_theirs) {
  BOOST_TEST(connect(client, "/ws/chargers/" + ravi.text()) == 404);
  BOOST_TEST(connect(client, "/ws/bookings/" + ravi.text()) == 404);  // has no channel
  BOOST_TEST(connect(client, "/ws/logins/" + ravi.text()) == 404);
  BOOST_TEST(connect(client, path, "", {{"Authorization", "Bearer x"}}) == 401);
  const std::string good = token(asha, role("renter")).substr(7);
  BOOST_TEST(connect(client, path, "", {{"Authorization", "Digest " + good}}) == 401);
  BOOST_TEST(connect(client, path, "", {{"Authorization", "bearer " + good}}) == 101);
}

BOOST_AUTO_TEST_CASE(a_channel_ends_with_its_session) {
  connect_in_session();
  app->tick();
  BOOST_TEST(client.closed == 0);
  table("sessions").set(session, R"({"status":"revoked"})");
  app->tick();
  BOOST_TEST(client.closed == 1008);
}

BOOST_AUTO_TEST_CASE(a_channel_outlives_a_moment_without_sessions) {
  connect_in_session();
  table("sessions").set(session, "");
  table("sessions").set_live(false);
  now = now + Duration::seconds(61);
  app->tick();
  BOOST_TEST(client.closed == 0);
  table("sessions").set_live(true);
  app->tick();
  BOOST_TEST(client.closed == 0);  // what is behind tells nothing of the session
  table("sessions").set(session, R"({"status":"closed"})");
  app->tick();
  BOOST_TEST(client.closed == 1008);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace wf::gateway::channels_test
