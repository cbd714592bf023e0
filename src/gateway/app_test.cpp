// What every request goes through: routes, tokens, limits, origins, and the gateway's own pages.
#include "gateway/app.h"

#include <absl/hash/hash.h>

#include "base/json.h"
#include "gateway/test_app.h"

namespace wf::gateway::app_test {
namespace {

struct Fixture : test::AppFixture {
  Response get(const std::string& target, std::vector<Header> headers = {}) {
    return ask({Method::get, target, headers});
  }
};

BOOST_FIXTURE_TEST_SUITE(app_tests, Fixture)

BOOST_AUTO_TEST_CASE(an_unknown_path_is_404_and_an_unknown_method_405) {
  BOOST_TEST(get("/nothing/here").status == 404);
  BOOST_TEST(get("/auth/login").status == 405);
  BOOST_TEST(test::has_header(get("/auth/login"), "Allow: POST"));
  BOOST_TEST(get("/bookings/%zz").status == 404);
  BOOST_TEST(get("/api/healthz").status == 200);
  for (const std::string path : {"/ws/chargers/x", "/api/ws/chargers/x"}) {
    const Response plain = get(path);  // nobody asked for an upgrade
    BOOST_TEST(plain.status == 426);
    BOOST_TEST(test::has_header(plain, "Upgrade: websocket"));
    const Response put = ask({Method::put, path});
    BOOST_TEST(put.status == 405);
    BOOST_TEST(test::has_header(put, "Allow: GET"));
  }
}

BOOST_AUTO_TEST_CASE(who_may_not_ask_hears_that_before_what_is_wrong_with_the_question) {
  const std::vector<Header> bad{{"Wayfold-Position", "x"}};
  BOOST_TEST(get("/bookings", bad).status == 401);
  BOOST_TEST(ask({Method::post, "/bookings", bad, "{}"}).status == 401);
  BOOST_TEST(get("/chargers", bad).status == 400);
  const std::string bearer = token(asha, role("renter"));
  BOOST_TEST(get("/bookings", {bad[0], {"Authorization", bearer}}).status == 400);
}

BOOST_AUTO_TEST_CASE(a_bad_token_is_401_wherever_one_is_read) {
  for (const char* value : {"Bearer x", "Basic dXNlcjpwYXNz", "Bearer ", "x"}) {
    BOOST_TEST(get("/chargers", {{"Authorization", value}}).status == 401, value);
  }
  BOOST_TEST(get("/healthz", {{"Authorization", "Bearer x"}}).status == 200);
}

BOOST_AUTO_TEST_CASE(an_account_that_asks_too_often_is_429) {
  process.rate.per_principal_per_s = 1;  // the app keeps a reference
  process.rate.per_principal_burst = 3;
  const std::string bearer = token(asha, role("renter"));
  const auto ask_once = [&] { return get("/chargers", {{"Authorization", bearer}}); };
  for (int i = 0; i < 3; ++i) BOOST_TEST(ask_once().status == 200);
  const Response refused = ask_once();
  BOOST_TEST(refused.status == 429);
  BOOST_TEST(!test::header(refused, "Retry-After").empty());
  BOOST_TEST(get("/chargers").status == 200);
  now = now + Duration::seconds(2);
  BOOST_TEST(ask_once().status == 200);
}

BOOST_AUTO_TEST_CASE(a_flood_of_forged_tokens_is_stopped_before_they_are_verified) {
  process.rate.per_ip_per_s = 1;
  process.rate.per_ip_burst = 3;
  const auto verified = [&] {  // a page that looks at no token
    const std::string metrics(get("/metrics").bytes());
    const std::string name = "\nwayfold_tokens_verified_total ";
    return std::stoi(metrics.substr(metrics.find(name) + name.size()));
  };
  const std::string good = token(asha, role("renter"));
  for (int i = 0; i < 9; ++i) {
    std::string forged = good;  // what would have to be verified
    char& changed = forged[forged.size() - 9];
    changed = static_cast<char>(changed == '0' + i ? 'x' : '0' + i);
    BOOST_TEST(get("/chargers", {{"Authorization", forged}}).status == (i < 3 ? 401 : 429));
  }
  now = now + Duration::minutes(1);
  BOOST_TEST(verified() == 3);
}

BOOST_AUTO_TEST_CASE(an_importer_does_not_use_up_its_address) {
  process.rate.per_ip_per_s = 1;
  process.rate.per_ip_burst = 3;
  const std::string importer = token(asha, role("importer"));
  for (int i = 0; i < 9; ++i) {
    BOOST_TEST(get("/chargers", {{"Authorization", importer}}).status == 200);
  }
  BOOST_TEST(get("/chargers").status == 200);
}

// Whoever watches it asks from where all of its traffic comes: busy is not dead.
BOOST_AUTO_TEST_CASE(a_busy_address_may_still_ask_whether_it_lives) {
  process.rate.per_ip_per_s = 1;
  process.rate.per_ip_burst = 3;
  while (get("/chargers").status == 200) continue;
  BOOST_TEST(get("/chargers").status == 429);
  BOOST_TEST(get("/healthz").status == 200);
  BOOST_TEST(get("/readyz").status != 429);
}

BOOST_AUTO_TEST_CASE(guessing_passwords_is_slow_from_one_address) {
  process.rate.auth_per_ip_per_min = 2;
  const Ask guess{Method::post, "/auth/refresh", {}, R"({"refresh_token":"x"})"};
  BOOST_TEST(ask(guess).status == 401);
  BOOST_TEST(ask(guess).status == 401);
  BOOST_TEST(ask(guess).status == 429);
}

BOOST_AUTO_TEST_CASE(every_answer_tells_browsers_to_be_careful) {
  const Response response = get("/chargers");
  BOOST_TEST(test::has_header(response, "X-Content-Type-Options: nosniff"));
  BOOST_TEST(test::has_header(
      response, "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'"));
  BOOST_TEST(test::header(response, "Access-Control-Allow-Origin").empty());
}

BOOST_AUTO_TEST_CASE(what_one_address_leaves_unread_is_no_matter_to_another) {
  table("chargers").set(asha, R"({"title":")" + std::string(20'000, 't') + R"("})");
  const auto leave = [&](std::string_view address) {
    Response unread;
    unread.body.reserve(static_cast<std::size_t>(process.http.unwritten_bytes_per_ip_max));
    unread.body.assign(20'000, 'u');
    return backend->unwritten.count(absl::HashOf(address), std::move(unread));
  };
  const Response of_another = leave("192.0.2.1");
  BOOST_TEST(get("/chargers").status == 200);
  const Response own = leave("127.0.0.1");  // where get() comes from
  const Response refused = get("/chargers");
  BOOST_TEST(refused.status == 503);
  BOOST_TEST(refused.bytes().find("of your address") != std::string_view::npos);
}

BOOST_AUTO_TEST_CASE(too_much_that_is_unread_is_told_as_any_answer_is) {
  table("chargers").set(asha, R"({"title":")" + std::string(20'000, 't') + R"("})");
  std::optional<Response> unread = Response();
  unread->body.reserve(static_cast<std::size_t>(process.http.unwritten_bytes_max));
  unread->body.assign(20'000, 'u');
  unread = backend->unwritten.count(1, std::move(*unread));
  BOOST_TEST(unread->status == 200);  // however large, for it is the only one
  const Response refused = get("/chargers");
  BOOST_TEST(refused.status == 503);
  BOOST_TEST(!test::header(refused, "Retry-After").empty());
  BOOST_TEST(test::has_header(refused, "X-Content-Type-Options: nosniff"));
  BOOST_TEST(get("/metrics").bytes().find(R"(route="/chargers",status="503"} 1)") !=
             std::string_view::npos);
  unread.reset();
  BOOST_TEST(get("/chargers").status == 200);
}

BOOST_AUTO_TEST_CASE(a_request_id_comes_back) {
  const std::string id = Uuid::v5({}, "request").text();
  BOOST_TEST(test::header(get("/chargers", {{"X-Request-Id", id}}), "X-Request-Id") == id);
  BOOST_TEST(!test::header(ask({Method::post, "/bookings"}), "X-Request-Id").empty());
}

BOOST_AUTO_TEST_CASE(the_pages_of_the_gateway) {
  BOOST_TEST(get("/.well-known/jwks.json").body.find(secrets.kid) != std::string::npos);
  const Response api = get("/openapi.json");
  BOOST_TEST(api.bytes().starts_with("{"));
  BOOST_TEST(parse_json(api.bytes()).has_value());
  pump_until([&] { return backend->ready(); });
  BOOST_TEST(get("/readyz").status == 200);
  table("bookings").set_live(false);
  BOOST_TEST(get("/readyz").status == 503);
  BOOST_TEST(get("/docs").status == 404);  // no directory was given
  const std::string metrics(get("/metrics").bytes());
  BOOST_TEST(metrics.find(R"(wayfold_http_requests_total{method="GET",route="/openapi.json",)"
                          R"(status="200"} 1)") != std::string::npos);
  BOOST_TEST(metrics.find("wayfold_commands_waiting 0\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_command_that_nobody_knows_is_404) {
  const std::string bearer = token(asha, role("renter"));
  const auto early =
      begin({Method::get, "/commands/" + ravi.text(), {{"Authorization", bearer}}}, {101, 0});
  BOOST_TEST((!early || early->status == 503 || backend->tail.answered()));  // it may be faster
  pump_until([&] { return backend->ready() && backend->tail.answered(); });
  for (const std::string& id : {ravi.text(), std::string("x")}) {
    const Response response = get("/commands/" + id, {{"Authorization", bearer}});
    BOOST_TEST(response.status == 404);
    BOOST_TEST(response.body.find(R"("code":"unknown_command")") != std::string::npos);
  }
}

// As one that another gateway has told of a moment ago.
BOOST_AUTO_TEST_CASE(a_command_that_came_before_the_question_is_not_404) {
  process.gateway.read_wait_ms_max = 0;  // of tables
  process.gateway.log_answer_ms_max = 500;
  pump_until([&] { return backend->ready() && backend->tail.answered(); });
  Record command;
  command.id = ravi;
  command.stream = asha;
  command.type = "booking.Reserve";
  command.payload = "{}";
  const auto another = log->writer("gateway 2");
  BOOST_REQUIRE((*another)->append({"commands.bookings", 0}, {&command, 1}, Durability::now));
  const std::string bearer = token(asha, role("renter"));
  const Ask question{Method::get, "/commands/" + ravi.text(), {{"Authorization", bearer}}};
  const auto status = [&] {
    now = wall_clock();
    auto response = begin(question, {101, 0});
    for (; !response && answers.empty(); std::this_thread::yield()) {
      now = wall_clock();
      app->tick();
    }
    return response ? response->status : answers.extract(101).mapped().status;
  };
  BOOST_TEST(status() == 503);
  now = wall_clock();
  BOOST_REQUIRE(!begin(question, {102, 0}));
  pump_until([&] { return backend->tail.lag("bookings", 0) == 1; });
  app->tick();
  BOOST_TEST(answers.empty());  // it waits for what was on the log when that was asked
  BOOST_TEST(decider->decide(ruling) == 1U);
  pump_until([&] {
    app->tick();
    return answers.contains(102);
  });
  BOOST_TEST(answers.at(102).status == 404);  // no outcomes are kept
}

// The table of outcomes is a moment behind what answered the command.
BOOST_AUTO_TEST_CASE(an_outcome_that_is_not_in_its_table_yet_is_waited_for) {
  bool folded = false;
  command_outcome = [&](const Uuid&, const Offsets&) -> Result<std::optional<KnownOutcome>> {
    if (!folded) return fail(Code::unavailable, "not yet");
    return KnownOutcome{{asha}, "{}"};
  };
  pump_until([&] { return backend->ready() && backend->tail.answered(); });
  const std::string bearer = token(asha, role("renter"));
  const Ask question{Method::get, "/commands/" + ravi.text(), {{"Authorization", bearer}}};
  const auto answered = [&](Ticket ticket) {
    pump_until([&] {
      app->tick();
      return answers.contains(ticket.slot);
    });
    return answers.at(ticket.slot);
  };
  for (const bool in_time : {true, false}) {
    const Ticket ticket{in_time ? 101U : 102U, 0};
    now = wall_clock();
    folded = false;
    BOOST_REQUIRE(!begin(question, ticket));
    folded = in_time;
    BOOST_TEST(answered(ticket).status == (in_time ? 200 : 503));
  }
  BOOST_TEST(answers.at(102).body.find("not_yet") != std::string::npos);
  command_outcome = [](const Uuid&, const Offsets&) -> Result<std::optional<KnownOutcome>> {
    return fail(Code::io, "its disk fails");
  };
  BOOST_TEST(get(question.target, question.headers).body.find("unavailable") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_question_that_the_log_does_not_answer_in_time_is_503) {
  pump_until([&] { return backend->ready() && backend->tail.answered(); });
  process.gateway.log_answer_ms_max = 5'000;
  now = wall_clock() + Duration::hours(1);  // the log is not asked after that
  const std::string bearer = token(asha, role("renter"));
  const Ask question{Method::get, "/commands/" + ravi.text(), {{"Authorization", bearer}}};
  BOOST_REQUIRE(!begin(question, {101, 0}));
  now = now + Duration::millis(4'999);
  app->tick();
  BOOST_TEST(answers.empty());
  now = now + Duration::millis(1);
  app->tick();
  BOOST_REQUIRE(answers.contains(101));
  BOOST_TEST(answers.at(101).status == 503);
}

BOOST_AUTO_TEST_CASE(so_many_ended_sessions_are_remembered) {
  process.gateway.ended_sessions_max = 100;
  const auto small = another(*log);
  const auto session = [](int n) { return Uuid::v5({}, std::to_string(n)); };
  for (int n = 0; n <= 200; ++n) small->ended_sessions.add(session(n));
  BOOST_TEST(!small->ended_sessions.contains(session(0)));
  for (int n = 101; n <= 200; ++n) BOOST_TEST(small->ended_sessions.contains(session(n)));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(cors_tests)

BOOST_AUTO_TEST_CASE(only_listed_origins_may_call) {
  const Cors cors({"https://app.example.org"});
  const Header asked[] = {{"Origin", "https://app.example.org"},
                          {"Access-Control-Request-Method", "POST"}};
  Request request;
  request.method = Method::options;
  request.headers = Headers(asked);
  const auto allowed = cors.preflight(request);
  BOOST_REQUIRE(allowed);
  BOOST_TEST(allowed->status == 204);
  BOOST_TEST(test::header(*allowed, "Access-Control-Allow-Origin") == "https://app.example.org");
  const Header other[] = {{"Origin", "https://app.example.org.evil.org"},
                          {"Access-Control-Request-Method", "POST"}};
  request.headers = Headers(other);
  BOOST_TEST(test::header(*cors.preflight(request), "Access-Control-Allow-Origin").empty());
  BOOST_TEST(cors.allowed(request) == nullptr);
}

// Browsers hide the others from the app.
BOOST_AUTO_TEST_CASE(an_app_may_read_what_answers_say) {
  Response response;
  const std::string origin = "https://app.example.org";
  Cors::decorate(response, &origin);
  const std::string exposed = test::header(response, "Access-Control-Expose-Headers") + ",";
  for (const char* name : {"Age",
                           "Allow",
                           "ETag",
                           "Idempotent-Replayed",
                           "Link",
                           "Location",
                           "Retry-After",
                           "Wayfold-As-Of",
                           "Wayfold-Position",
                           "Wayfold-Quarantined-Since",
                           "WWW-Authenticate",
                           "X-Request-Id"}) {
    BOOST_TEST(exposed.find(std::string(name) + ",") != std::string::npos, name);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace wf::gateway::app_test
