// Accounts, tokens and keys made from the command line.
#include <fstream>

#include "base/json.h"
#include "cli/engine_fixture.h"
#include "gateway/key_payload.h"
#include "gateway/key_ring.h"
#include "gateway/token.h"

namespace wf::cli::admin_test {
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
  BOOST_TEST(made.out.ends_with("\"role\":\"admin\",\"made\":true}\n"));

  const Ran replayed = run("replay", declare_replay, {"--var", deployment.var()});
  BOOST_TEST(replayed.out.find(account) != std::string::npos);
  BOOST_TEST(replayed.out.find(password) == std::string::npos);
  BOOST_TEST(replayed.out.find("example.org") == std::string::npos);
  BOOST_TEST(replayed.out.find("login.Registered") != std::string::npos);
  const Ran asked = run("replay", declare_replay, {"--commands", "--var", deployment.var()});
  for (const std::string& out : {replayed.out, asked.out}) {
    BOOST_TEST(out.find("argon2id") == std::string::npos);
    BOOST_TEST(out.find(R"(":null,"roles")") != std::string::npos);
  }

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
  BOOST_TEST((admin({"forget", Uuid::v5({}, "nobody").text()}).exit == Exit::usage));
  for (int twice = 0; twice < 2; ++twice) {
    BOOST_TEST((admin({"forget", account}).exit == Exit::ok));
  }
  gateway::KeyRing keys(deployment.engine().log(), *secrets);
  BOOST_REQUIRE(keys.start());
  BOOST_TEST(!keys.ensure_key(*Uuid::parse(account)));
}

BOOST_AUTO_TEST_CASE(an_account_that_exists_stays_as_it_is) {
  const auto make = [this](const std::string& role) {
    return admin({"account", "--email", "ops@example.org", "--role", role},
                 "a password of " + role + "\n");
  };
  const std::string account = member(make("admin").out, "account");
  const Ran again = make("admin");
  BOOST_TEST((again.exit == Exit::ok));
  BOOST_TEST(again.out == R"({"account":")" + account + R"(","role":"admin","made":false})" + "\n");
  const Ran other = make("operator");
  BOOST_TEST((other.exit == Exit::refused));
  BOOST_TEST(other.out.empty());
  BOOST_TEST(other.err == "wayfold: account " + account +
                              " exists already, with role admin: its password and roles stand\n");
  const Ran text =
      run("admin",
          declare_admin,
          {"account", "--email", "ops@example.org", "--role", "admin", "--var", deployment.var()},
          "another password\n");
  BOOST_TEST(text.out == "account " + account + " exists already: its password and roles stand\n");
}

// A file from before the last rotation, as out of a backup.
BOOST_AUTO_TEST_CASE(a_stale_secrets_file_rotates_nothing_and_forgets_still) {
  namespace fs = std::filesystem;
  const fs::path file = deployment.var() + "/secrets.json";
  const Ran made =
      admin({"account", "--email", "ops@example.org", "--role", "admin"}, "correct horse\n");
  BOOST_REQUIRE_MESSAGE(made.exit == Exit::ok, made.err);
  const std::string account = member(made.out, "account");
  fs::copy_file(file, file.string() + ".old");
  BOOST_REQUIRE((admin({"rotate-key"}).exit == Exit::ok));
  fs::rename(file.string() + ".old", file);
  const auto size = fs::file_size(file);
  const Ran refused = admin({"rotate-key"});
  BOOST_TEST((refused.exit == Exit::refused));
  BOOST_TEST(refused.err.find("put the deployment's own file back") != std::string::npos);
  BOOST_TEST(fs::file_size(file) == size);
  BOOST_TEST((admin({"forget", account}).exit == Exit::ok));
  BOOST_TEST((admin({"rotate-key"}).exit == Exit::ok));  // nothing is left that it cannot unwrap
}

// What a person's data was sealed with is in no file any more, whoever compacts.
BOOST_AUTO_TEST_CASE(the_keys_of_a_forgotten_person_leave_the_disk) {
  const auto files_have = [&](const std::string& bytes) {
    for (const auto& file : std::filesystem::directory_iterator(deployment.var() + "/log")) {
      std::ifstream in(file.path(), std::ios::binary);
      const std::string all(std::istreambuf_iterator<char>(in), {});
      if (all.find(bytes) != std::string::npos) return true;
    }
    return false;
  };
  const auto wrapped_keys = [&] {
    std::map<std::string, std::string> wrapped;  // by subject
    auto reader = deployment.engine().log().reader();
    BOOST_REQUIRE((*reader)->seek({"keys", 0}, 0));
    for (auto batch = (*reader)->read({"keys", 0}, {}); batch && !batch->records.empty();
         batch = (*reader)->read({"keys", 0}, {})) {
      for (const Record& record : batch->records) {
        if (record.kind != Kind::key) continue;
        const auto payload = gateway::parse_key_payload(record.payload);
        wrapped[payload->subject.text()] = payload->wrapped;
      }
    }
    return wrapped;
  };
  for (const bool running : {true, false}) {
    const Uuid stays = Uuid::random();
    const Uuid goes = Uuid::random();
    {
      gateway::KeyRing keys(deployment.engine().log(), *secrets);
      BOOST_REQUIRE(keys.start());
      BOOST_REQUIRE(keys.ensure_key(stays));
      BOOST_REQUIRE(keys.ensure_key(goes));
    }
    const auto wrapped = wrapped_keys();
    BOOST_TEST(files_have(wrapped.at(goes.text())));
    BOOST_TEST((admin({"forget", goes.text()}).exit == Exit::ok));
    if (!running) deployment.stop();
    const Ran ran = admin({"compact-keys"});
    BOOST_TEST(ran.out == "{\"dropped\":1}\n", ran.err);
    BOOST_TEST(!files_have(wrapped.at(goes.text())));
    if (running) BOOST_TEST((wrapped_keys().at(stays.text()) == wrapped.at(stays.text())));
    if (!running) deployment.start();
  }
}

// A key that is wrapped anew leaves its old record behind; a start takes it off the disk by itself.
BOOST_AUTO_TEST_CASE(a_start_compacts_what_was_left) {
  const Uuid subject = Uuid::random();
  {
    gateway::KeyRing keys(deployment.engine().log(), *secrets);
    BOOST_REQUIRE(keys.start());
    BOOST_REQUIRE(keys.ensure_key(subject));
  }
  const auto key_records = [&] {
    std::size_t count = 0;
    auto reader = deployment.engine().log().reader();
    BOOST_REQUIRE((*reader)->seek({"keys", 0}, 0));
    for (auto batch = (*reader)->read({"keys", 0}, {}); batch && !batch->records.empty();
         batch = (*reader)->read({"keys", 0}, {})) {
      for (const Record& record : batch->records) count += record.kind == Kind::key ? 1 : 0;
    }
    return count;
  };
  BOOST_TEST(admin({"rotate-key"}).out == "{\"rewrapped\":1}\n");
  BOOST_TEST(key_records() == 2U);
  deployment.stop();
  deployment.start();
  while (key_records() != 1) std::this_thread::yield();
  auto made = gateway::load_secrets(deployment.var() + "/secrets.json");
  BOOST_REQUIRE(made);
  const gateway::Secrets rotated(std::move(*made));
  gateway::KeyRing keys(deployment.engine().log(), rotated);
  BOOST_REQUIRE(keys.start());
  BOOST_TEST(keys.has_key(subject));
}

BOOST_AUTO_TEST_CASE(where_brokers_compact_nobody_is_sent_to_compact_keys) {
  BOOST_TEST(when_keys_go(LogKind::rocks).find("compact-keys") != std::string_view::npos);
  const std::string_view kafka = when_keys_go(LogKind::kafka);
  BOOST_TEST(kafka.find("compact-keys") == std::string_view::npos);
  BOOST_TEST(kafka.find("max.compaction.lag.ms") != std::string_view::npos);
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
  const Ran below = admin({"resume", "bookings/0", "--next", "-1", "--reason", "x"});
  BOOST_TEST(below.err.find("not in range") != std::string::npos, below.err);
  const std::string slot = "events.bookings/0";  // as the alarm has it
  const Ran done = admin({"resume", slot, "--next", "0", "--reason", "the disk was lost"});
  BOOST_REQUIRE_MESSAGE(done.exit == Exit::ok, done.err);
  BOOST_TEST(outcomes().find("the disk was lost") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace wf::cli::admin_test
