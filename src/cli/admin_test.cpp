// Accounts, tokens and keys made from the command line.
#include "base/json.h"
#include "cli/engine_fixture.h"
#include "gateway/key_ring.h"
#include "gateway/token.h"

namespace wf::cli {
namespace {

std::string member(const std::string& json, std::string_view name) {
  const auto document = parse_json(json);
  BOOST_REQUIRE_MESSAGE(document, json);
  const auto value = document->root().find(name);
  BOOST_REQUIRE_MESSAGE(value, json);
  return std::string(value->as_string());
}

struct Fixture {
  Fixture() {
    deployment.start();
    auto made = gateway::load_or_make_secrets(deployment.var() + "/secrets.json");
    BOOST_REQUIRE(made);
    secrets = std::make_unique<gateway::Secrets>(std::move(*made));
  }
  Ran admin(std::vector<std::string> arguments, const std::string& input = "") {
    arguments.insert(arguments.end(), {"--var", deployment.var(), "--json"});
    return run("admin", declare_admin, arguments, input);
  }

  Deployment deployment;
  std::unique_ptr<gateway::Secrets> secrets;
};

BOOST_FIXTURE_TEST_SUITE(admin_tests, Fixture)

BOOST_AUTO_TEST_CASE(a_token_is_one_the_gateway_takes) {
  const Ran ran = admin({"token", "--role", "importer", "--hours", "2"});
  BOOST_REQUIRE_MESSAGE(ran.exit == Exit::ok, ran.err);
  const gateway::Tokens tokens(*secrets, catalogue().roles, "wayfold");
  const std::string token = member(ran.out, "token");
  const auto claims = tokens.verify(token, wall_clock());
  BOOST_REQUIRE(claims);
  BOOST_TEST(catalogue().roles[static_cast<std::size_t>(__builtin_ctz(claims->caller.roles))] ==
             "importer");
  BOOST_TEST(!tokens.verify(token, wall_clock() + Duration::hours(3)));
  BOOST_TEST((admin({"token", "--role", "system"}).exit == Exit::usage));
  BOOST_TEST((admin({"token", "--role", "nobody"}).exit == Exit::usage));
}

BOOST_AUTO_TEST_CASE(an_account_is_made_suspended_and_forgotten) {
  const std::string password = "correct horse battery staple";
  const std::vector<std::string> make{"account", "--email", " Ops@Example.org", "--role", "admin"};
  const Ran made = admin(make, password + "\n");
  BOOST_REQUIRE_MESSAGE(made.exit == Exit::ok, made.err);
  const std::string account = member(made.out, "account");
  BOOST_TEST((admin(make, password + "\n").exit == Exit::ok));  // already so

  const Ran replayed = run("replay", declare_replay, {"--var", deployment.var()});
  BOOST_TEST(replayed.out.find(account) != std::string::npos);
  BOOST_TEST(replayed.out.find(password) == std::string::npos);
  BOOST_TEST(replayed.out.find("example.org") == std::string::npos);

  // The account's own stream follows its login by a policy.
  Exit exit = Exit::refused;
  while (exit == Exit::refused) {
    exit = admin({"suspend", account, "--reason", "a test"}).exit;
  }
  BOOST_TEST((exit == Exit::ok));
  BOOST_TEST((admin({"reinstate", account}).exit == Exit::ok));
  const Ran unknown = admin({"suspend", Uuid::v5({}, "nobody").text()});
  BOOST_TEST((unknown.exit == Exit::refused));
  BOOST_TEST(unknown.err == "wayfold: refused: not_found\n");

  BOOST_TEST((admin({"rotate-key"}).out == "{\"rewrapped\":1}\n"));
  BOOST_TEST((admin({"forget", account}).exit == Exit::ok));
  gateway::KeyRing keys(deployment.engine().log(), *secrets);
  BOOST_REQUIRE(keys.start());
  BOOST_TEST(!keys.ensure_key(*Uuid::parse(account)));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_an_account_is_refused_before_it_is_sent) {
  BOOST_TEST(
      (admin({"account", "--email", "nonsense", "--role", "admin"}, "x\n").exit == Exit::usage));
  const Ran weak = admin({"account", "--email", "a@b.org", "--role", "admin"}, "short\n");
  BOOST_TEST((weak.exit == Exit::usage));
  BOOST_TEST(weak.err.find("password") != std::string::npos);
  BOOST_TEST((admin({"account", "--email", "a@b.org", "--role", "admin"}, "").exit == Exit::usage));
}

BOOST_AUTO_TEST_CASE(an_operator_says_where_a_decider_goes_on) {
  const auto outcomes = [&] {
    return run("replay", declare_replay, {"--all", "--var", deployment.var()}).out;
  };
  BOOST_TEST((admin({"resume", "bookings", "--next", "0", "--reason", "x"}).exit == Exit::usage));
  const Ran beyond = admin({"resume", "bookings/0", "--next", "7", "--reason", "x"});
  BOOST_TEST((beyond.exit == Exit::usage));
  BOOST_TEST(beyond.err.find("ends at 0") != std::string::npos);
  const Ran done = admin({"resume", "bookings/0", "--next", "0", "--reason", "the disk was lost"});
  BOOST_REQUIRE_MESSAGE(done.exit == Exit::ok, done.err);
  BOOST_TEST(outcomes().find("the disk was lost") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace wf::cli
