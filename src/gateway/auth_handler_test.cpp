// Registering and sessions over HTTP, against outcomes as the account's decider gives them.
#include "gateway/identifier.h"
#include "gateway/refresh_token.h"
#include "gateway/row_json.h"
#include "gateway/test_app.h"

namespace wf::gateway::auth_handler_test {
namespace {

struct Fixture : test::AppFixture {
  Fixture() {
    table("accounts").set(asha, R"({"id":")" + asha.text() + R"(","roles":["renter"]})");
    know_login("asha@example.org", "correct horse", "false");
    ruling = [this](const Record& command) { return rule(command); };
  }
  Uuid login_of(std::string_view identifier) const {
    return Uuid::v8(secrets.pepper.mac(identifier).view());
  }
  void know_login(std::string_view identifier, std::string_view password, std::string suspended) {
    const auto hash = hash_password(Secret(password), {.passes = 1, .memory_bytes = 8192});
    table("logins").set(login_of(identifier),
                        R"({"account":")" + asha.text() + R"(","hash":")" + *hash +
                            R"(","roles":["renter","host"],"suspended":)" + suspended + "}");
  }
  test::Ruling rule(const Record& command) {
    payload = command.payload;
    principal = command.principal;
    if (command.type == "account.OpenSession") return opening;
    if (command.type == "account.RefreshSession") return refreshing;
    if (command.type == "account.CloseSession") return {Kind::event, "account.SessionClosed"};
    return {Kind::event, "login.Registered"};
  }
  Response post(const std::string& path, const std::string& body, std::vector<Header> more = {}) {
    return ask({Method::post, path, more, body});
  }
  Response log_in(std::string_view identifier, std::string_view password) {
    return post("/auth/login",
                R"({"identifier":")" + std::string(identifier) + R"(","password":")" +
                    std::string(password) + R"("})");
  }
  static std::string field(const Response& response, std::string_view name) {
    return member(response.body, name).value_or("");
  }

  test::Ruling opening{Kind::event, "account.SessionOpened"};
  test::Ruling refreshing{Kind::event, "account.SessionRefreshed"};
  std::string payload;
  AccountId principal;
  const std::string registration =
      R"({"identifier":" Ravi@Example.org","password":"hunter2hunter2","name":"Ravi",)"
      R"("roles":["renter"]})";
};

BOOST_FIXTURE_TEST_SUITE(auth_handler_tests, Fixture)

BOOST_AUTO_TEST_CASE(registering_seals_what_the_log_must_not_show) {
  const Response response = post("/auth/register", registration, {{"Idempotency-Key", "r1"}});
  BOOST_TEST(response.status == 201);
  BOOST_TEST(payload.find("hunter2") == std::string::npos);
  BOOST_TEST(payload.find("ravi") == std::string::npos);
  BOOST_TEST(payload.find("Ravi") == std::string::npos);
  BOOST_TEST(payload.find("$argon2id$") != std::string::npos);
  BOOST_TEST((principal == guest));
  const auto sealed = member(payload, "identifier");
  BOOST_REQUIRE(sealed);
  BOOST_TEST(*backend->keys.open(*sealed) == "ravi@example.org");
  BOOST_TEST(field(response, "id") == *member(payload, "account"));
  BOOST_TEST(response.body.find("token") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(every_fault_of_a_registration_is_told_at_once) {
  const Response response =
      post("/auth/register", R"({"identifier":"hello","password":"x","roles":["admin"],"name":7})");
  BOOST_TEST(response.status == 422);
  for (const char* pointer : {"/identifier", "/password", "/roles/0", "/name"}) {
    BOOST_TEST(response.body.find(std::string("\"") + pointer + "\"") != std::string::npos,
               pointer);
  }
  BOOST_TEST(post("/auth/register", "[]").status == 422);
  std::string many = R"({"identifier":"","password":"long enough","name":"v","roles":["x")";
  for (int i = 0; i < 10'000; ++i) many += R"(,"x")";
  BOOST_TEST(post("/auth/register", many + "]}").body.size() < 1000U);
  std::string unknown = "{";  // more than faults are told
  for (int i = 0; i < 100; ++i) unknown += fmt::format(R"("x{}":0,)", i);
  for (const char* roles : {"7", "[7]", "[[]]"}) {
    const std::string body = unknown + R"("identifier":7,"roles":)" + roles + "}";
    BOOST_TEST(post("/auth/register", body).status == 422);
  }
}

BOOST_AUTO_TEST_CASE(a_retried_registration_makes_the_same_account) {
  const std::string first =
      field(post("/auth/register", registration, {{"Idempotency-Key", "r1"}}), "id");
  BOOST_TEST(field(post("/auth/register", registration, {{"Idempotency-Key", "r1"}}), "id") ==
             first);
  BOOST_TEST(field(post("/auth/register", registration, {{"Idempotency-Key", "r2"}}), "id") !=
             first);
}

BOOST_AUTO_TEST_CASE(a_retried_registration_gets_the_first_answer) {
  command_outcome = [&](const Uuid&, const Offsets&) -> Result<std::optional<KnownOutcome>> {
    return KnownOutcome{{asha}, R"({"events":["login.Registered"]})"};
  };
  ruling = [](const Record&) {
    return test::Ruling{Kind::duplicate, "", R"({"first":{"kind":"accepted","stream_version":1}})"};
  };
  const Response again = post("/auth/register", registration, {{"Idempotency-Key", "r1"}});
  BOOST_TEST(again.status == 201);
  BOOST_TEST(field(again, "events") == R"(["login.Registered"])");
}

// A key is for ever: who cannot register leaves none that is nobody's.
BOOST_AUTO_TEST_CASE(a_taken_identifier_is_refused_before_a_key_is_made) {
  know_login("ravi@example.org", "another's", "false");
  const Offset keys = *log->end({"keys", 0});
  const Response response = post("/auth/register", registration, {{"Idempotency-Key", "r1"}});
  BOOST_TEST(response.status == 409);
  BOOST_TEST(field(response, "code") == "taken");
  BOOST_TEST(seen.empty());
  BOOST_TEST(*log->end({"keys", 0}) == keys);
}

BOOST_AUTO_TEST_CASE(whose_login_is_there_already_is_answered_by_its_decider) {
  const std::vector<Header> key{{"Idempotency-Key", "r1"}};
  const std::string account = field(post("/auth/register", registration, key), "id");
  table("logins").set(login_of("ravi@example.org"), R"({"account":")" + account + R"("})");
  BOOST_TEST(field(post("/auth/register", registration, key), "id") == account);
  BOOST_TEST(seen.size() == 2U);
}

BOOST_AUTO_TEST_CASE(only_open_roles_and_real_identifiers_register) {
  for (const char* body :
       {R"({"identifier":"a@b.c","password":"long enough","name":"A","roles":["admin"]})",
        R"({"identifier":"nobody","password":"long enough","name":"A","roles":["renter"]})",
        R"({"identifier":"a@b.c","password":"short","name":"A","roles":["renter"]})",
        R"({"identifier":"a@b.c","password":"long enough","name":"A","roles":["renter"],"x":1})"}) {
    BOOST_TEST(post("/auth/register", body).status == 422, body);
  }
  BOOST_TEST(seen.empty());
}

BOOST_AUTO_TEST_CASE(the_right_password_opens_a_session) {
  const Response response = log_in("Asha@Example.org", "correct horse");
  BOOST_TEST(response.status == 200);
  const auto claims = backend->tokens.verify(field(response, "access_token"), now);
  BOOST_REQUIRE(claims);
  BOOST_TEST((claims->caller.account.value == asha));
  BOOST_TEST(claims->caller.roles == (role("renter") | role("host")));
  BOOST_TEST(claims->caller.session.text() == *member(payload, "session"));
  BOOST_TEST(test::has_header(response, "Cache-Control: no-store"));
}

// Whatever the client says of itself, and also where a session is open.
BOOST_AUTO_TEST_CASE(who_was_forgotten_logs_in_no_more) {
  const Response before = log_in("asha@example.org", "correct horse");
  BOOST_REQUIRE(backend->keys.forget(asha));
  BOOST_TEST(log_in("asha@example.org", "correct horse").status == 410);
  const std::string body = R"({"identifier":"asha@example.org","password":"correct horse"})";
  BOOST_TEST(post("/auth/login", body, {{"User-Agent", "phone"}}).status == 410);
  BOOST_TEST(log_in("asha@example.org", "wrong horse").status == 401);
  const std::string refresh = R"({"refresh_token":")" + field(before, "refresh_token") + R"("})";
  BOOST_TEST(post("/auth/refresh", refresh).status == 410);
}

// What its rows said last may be long past: an old password, a role that was taken away.
BOOST_AUTO_TEST_CASE(what_is_not_folded_lets_nobody_in) {
  const Response before = log_in("asha@example.org", "correct horse");
  const std::string refresh = R"({"refresh_token":")" + field(before, "refresh_token") + R"("})";
  table("accounts").stop_folding(now);
  BOOST_TEST(post("/auth/refresh", refresh).status == 503);
  BOOST_TEST(log_in("asha@example.org", "correct horse").status == 200);
  table("logins").stop_folding(now);
  BOOST_TEST(log_in("asha@example.org", "correct horse").status == 503);
}

// The row was read before the table came to what it lacked.
BOOST_AUTO_TEST_CASE(a_table_that_recovers_after_the_read_lets_nobody_in) {
  const Response before = log_in("asha@example.org", "correct horse");
  const std::string refresh = R"({"refresh_token":")" + field(before, "refresh_token") + R"("})";
  for (const char* name : {"accounts", "logins"}) {
    table(name).stop_folding(now);
    table(name).recover_after_read();
  }
  BOOST_TEST(post("/auth/refresh", refresh).status == 503);
  BOOST_TEST(post("/auth/refresh", refresh).status == 200);
  BOOST_TEST(log_in("asha@example.org", "correct horse").status == 503);
  BOOST_TEST(log_in("asha@example.org", "correct horse").status == 200);
  table("logins").set_live(false);
  BOOST_TEST(log_in("nobody@example.org", "correct horse").status == 503);
  BOOST_TEST(log_in("nobody@example.org", "correct horse").status == 401);
}

BOOST_AUTO_TEST_CASE(a_login_right_after_its_registration_waits_for_its_row) {
  const Response registered = post("/auth/register", registration);
  const auto position = decode_position(test::header(registered, "Wayfold-Position"));
  BOOST_REQUIRE(position);
  Offsets before = position->offsets;
  for (SlotOffset& slot : before) --slot.offset;
  table("logins").reach(before);
  const std::string body = R"({"identifier":"ravi@example.org","password":"hunter2hunter2"})";
  const Ticket ticket{500, 0};
  BOOST_TEST(!begin({Method::post, "/auth/login", {}, body}, ticket));
  know_login("ravi@example.org", "hunter2hunter2", "false");
  table("logins").reach(position->offsets);
  app->rows_changed(table("logins").type().info(), {});
  BOOST_TEST(finish(ticket).status == 200);
}

BOOST_AUTO_TEST_CASE(a_body_is_needed_and_it_is_json) {
  BOOST_TEST(post("/auth/login", "").status == 400);
  BOOST_TEST(post("/auth/login", "{}", {{"Content-Type", "text/plain"}}).status == 415);
}

BOOST_AUTO_TEST_CASE(a_body_is_not_compressed) {
  const auto with = [this](std::string_view coding) {
    return post("/auth/login", "{}", {{"Content-Encoding", std::string(coding)}});
  };
  for (const std::string_view coding : {"gzip", "br", "identity, gzip", "x", ""}) {
    BOOST_TEST(with(coding).status == 415, coding);
    BOOST_TEST(test::header(with(coding), "Accept-Encoding") == "identity");
  }
  BOOST_TEST(with("Identity").status == 422);
}

BOOST_AUTO_TEST_CASE(a_wrong_password_and_an_unknown_login_look_the_same) {
  const Response wrong = log_in("asha@example.org", "wrong horse");
  const Response unknown = log_in("nobody@example.org", "correct horse");
  const Response nonsense = log_in("not an identifier", "correct horse");
  BOOST_TEST(wrong.status == 401);
  BOOST_TEST(wrong.body == unknown.body);
  BOOST_TEST(wrong.body == nonsense.body);
  BOOST_TEST(wrong.headers.size() == unknown.headers.size());
  BOOST_TEST(seen.empty());
}

BOOST_AUTO_TEST_CASE(a_suspended_account_is_told_so_only_with_its_password) {
  know_login("asha@example.org", "correct horse", "true");
  BOOST_TEST(log_in("asha@example.org", "wrong horse").status == 401);
  BOOST_TEST(log_in("asha@example.org", "correct horse").status == 403);
}

BOOST_AUTO_TEST_CASE(a_refresh_token_is_changed_for_the_next) {
  const Response first = log_in("asha@example.org", "correct horse");
  const std::string token = field(first, "refresh_token");
  const auto refresh = [&](const std::string& with) {
    return post("/auth/refresh", R"({"refresh_token":")" + with + R"("})");
  };
  const Response second = refresh(token);
  BOOST_TEST(second.status == 200);
  BOOST_TEST(*member(payload, "n") == "0");
  const auto next = read_refresh_token(secrets.refresh, field(second, "refresh_token"));
  BOOST_REQUIRE(next);
  BOOST_TEST(next->n == 1U);
  refreshing = {Kind::nothing};  // within the grace: the one that is good now, again
  BOOST_TEST(field(refresh(token), "refresh_token") == field(second, "refresh_token"));
  refreshing = {Kind::event, "account.SessionRevoked"};
  const Response reused = refresh(token);
  BOOST_TEST(reused.status == 401);
  BOOST_TEST(field(reused, "code") == "token_reused");
  const std::string bearer = "Bearer " + field(first, "access_token");
  BOOST_TEST(post("/auth/logout", "", {{"Authorization", bearer}}).status == 401);
  refreshing = {Kind::rejected, "", R"({"command":"x","reason":"not_found"})"};
  BOOST_TEST(refresh(token).status == 401);
  std::string forged = token;
  forged[3] = forged[3] == 'A' ? 'B' : 'A';
  BOOST_TEST(refresh(forged).status == 401);
}

BOOST_AUTO_TEST_CASE(a_refusal_that_is_not_the_accounts_says_nothing_of_it) {
  const std::string token = field(log_in("asha@example.org", "correct horse"), "refresh_token");
  const test::Ruling clock{Kind::rejected, "", R"({"command":"x","reason":"clock"})"};
  const test::Ruling suspended{Kind::rejected, "", R"({"command":"x","reason":"suspended"})"};
  for (const auto& [refusal, login, refresh] :
       {std::tuple{clock, 503, 503}, std::tuple{suspended, 403, 401}}) {
    opening = refreshing = refusal;
    BOOST_TEST(log_in("asha@example.org", "correct horse").status == login);
    BOOST_TEST(post("/auth/refresh", R"({"refresh_token":")" + token + R"("})").status == refresh);
  }
}

BOOST_AUTO_TEST_CASE(a_token_ends_with_its_session) {
  const Uuid session = Uuid::v5({}, "session");
  const std::string bearer = token(asha, role("renter"), session);
  const auto accounts = [&] {
    return ask({Method::get, "/accounts/" + asha.text(), {{"Authorization", bearer}}}).status;
  };
  BOOST_TEST(accounts() == 200);  // opened a moment ago, not folded yet
  table("sessions").set(session, R"({"status":"live"})");
  BOOST_TEST(accounts() == 200);
  table("sessions").set(session, R"({"status":"revoked"})");
  BOOST_TEST(accounts() == 401);
  const std::string ghost = token(asha, role("renter"), Uuid::v5({}, "ghost"));
  now = now + Duration::minutes(2);  // its session was opened, so the table is behind
  BOOST_TEST(ask({Method::get, "/accounts/" + asha.text(), {{"Authorization", ghost}}}).status ==
             503);
  table("sessions").stop_folding(now);  // whoever logs in meanwhile has a row only later
  BOOST_TEST(ask({Method::get, "/accounts/" + asha.text(), {{"Authorization", ghost}}}).status ==
             200);
  table("sessions").quarantine(Uuid::v5({}, "ghost"), now);  // there, and not to be read
  BOOST_TEST(ask({Method::get, "/accounts/" + asha.text(), {{"Authorization", ghost}}}).status ==
             503);
}

BOOST_AUTO_TEST_CASE(logging_out_closes_the_session_of_the_token) {
  const Uuid session = Uuid::v5({}, "session");
  const std::string bearer = token(asha, role("renter"), session);
  table("sessions").set(session, R"({"status":"live"})");
  BOOST_TEST(post("/auth/logout", "", {{"Authorization", bearer}}).status == 200);
  BOOST_TEST(*member(payload, "session") == session.text());
  BOOST_TEST((principal.value == asha));
  BOOST_TEST(post("/auth/logout", "").status == 401);
  BOOST_TEST(post("/auth/logout", "", {{"Authorization", bearer}}).status == 401,
             "its token has ended, though the table has not folded that yet");
}

BOOST_AUTO_TEST_CASE(identifiers_have_one_text) {
  BOOST_TEST(*normal_identifier(" Asha@Example.org ") == "asha@example.org");
  BOOST_TEST(*normal_identifier("+91 (98) 76-543210") == "+919876543210");
  for (const char* text : {"", "asha", "@", "a@", "@b", "a b@c", "12345", "+1234567890123456"}) {
    BOOST_TEST(!normal_identifier(text), text);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace wf::gateway::auth_handler_test
