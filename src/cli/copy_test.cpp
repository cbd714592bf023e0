// What is decided again from copied commands.
#include "cli/copy_commands.h"
#include "cli/engine_fixture.h"

namespace wf::cli::copy_test {
namespace {

std::string digest_of(const std::string& var) {
  const Ran ran = run("verify", declare_verify, {"chargers", "--json", "--var", var});
  BOOST_REQUIRE_MESSAGE(ran.exit == Exit::ok, ran.err + ran.out);
  const std::size_t at = ran.out.find(R"("rows":)");
  return ran.out.substr(at, ran.out.find(R"(,"scanned")") - at);
}

Ran copy(std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"--commands", "--json"});
  return run("copy", declare_copy, arguments);
}

void append_key(Log& log, Kind kind = Kind::key) {
  auto appender = log.writer("test");
  BOOST_REQUIRE(appender);
  Record key;
  key.kind = kind;
  key.id = key.stream = Uuid::v5({}, "a key");
  key.type = kind == Kind::key ? "key" : "forgotten";
  key.payload = "{}";
  BOOST_REQUIRE((*appender)->append({"keys", 0}, {&key, 1}, Durability::now));
}

BOOST_AUTO_TEST_SUITE(copy_tests)

BOOST_AUTO_TEST_CASE(the_same_commands_give_the_same_tables_G5) {
  Deployment from;
  from.start();
  append_key(from.engine().log());
  from.list_chargers(25);
  Deployment to;
  const Ran first = copy({from.var(), to.var()});  // beside the running process
  BOOST_REQUIRE_MESSAGE(first.exit == Exit::ok, first.err);
  BOOST_TEST(first.out ==
             "{\"verbatim\":true,\"keys\":1,\"commands\":25,\"skipped\":0,\"before\":0}\n");
  from.list_chargers(5);
  from.stop();
  const Ran second = copy({from.var(), to.var()});
  BOOST_TEST(second.out ==
             "{\"verbatim\":true,\"keys\":0,\"commands\":5,\"skipped\":0,\"before\":25}\n");
  to.start();
  to.wait_for_chargers(30);
  to.stop();
  BOOST_TEST(digest_of(to.var()) == digest_of(from.var()));
}

BOOST_AUTO_TEST_CASE(a_key_forgotten_between_two_copies_is_forgotten_there_too) {
  Deployment from;
  from.start();
  append_key(from.engine().log());
  from.list_chargers(1);
  Deployment to;
  const auto keys = [&] {
    const Ran ran = copy({from.var(), to.var()});
    BOOST_REQUIRE_MESSAGE(ran.exit == Exit::ok, ran.err);
    return ran.out.substr(0, ran.out.find(R"(,"commands")"));
  };
  BOOST_TEST(keys() == R"({"verbatim":true,"keys":1)");
  append_key(from.engine().log(), Kind::forgotten);
  BOOST_TEST(keys() == R"({"verbatim":true,"keys":1)");
  BOOST_TEST(keys() == R"({"verbatim":true,"keys":0)");
  append_key(from.engine().log());  // of a process that had not heard of it
  BOOST_TEST(keys() == R"({"verbatim":true,"keys":0)");
  from.stop();
}

BOOST_AUTO_TEST_CASE(another_number_of_partitions_takes_what_clients_sent) {
  Deployment from;
  from.start();
  from.list_chargers(20);
  from.stop();
  Deployment to(3);
  const Ran ran = copy({from.var(), to.var(), "--partitions", "3"});
  BOOST_REQUIRE_MESSAGE(ran.exit == Exit::ok, ran.err);
  BOOST_TEST(ran.out.find(R"("verbatim":false,"keys":0,"commands":20,"skipped":0)") !=
             std::string::npos);
  to.start();
  to.wait_for_chargers(20);
  to.stop();
  BOOST_TEST(digest_of(to.var()) == digest_of(from.var()));
  const Ran again = copy({from.var(), to.var()});
  BOOST_TEST((again.exit == Exit::refused));
}

BOOST_AUTO_TEST_CASE(a_target_with_other_commands_is_left_alone) {
  Deployment from;
  from.start();
  from.list_chargers(10);
  from.stop();
  Deployment to;
  to.start();
  to.list_one("another");
  to.stop();
  const Ran ran = copy({from.var(), to.var()});
  BOOST_TEST((ran.exit == Exit::refused), ran.out);
  BOOST_TEST((copy({from.var(), from.var()}).exit != Exit::ok));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace wf::cli::copy_test
