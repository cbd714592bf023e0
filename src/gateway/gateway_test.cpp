// The app behind real sockets: one request each way, and a clean end.
#include "gateway/gateway.h"

#include "gateway/test_app.h"
#include "gateway/test_client.h"

namespace wf::gateway {
namespace {

struct Fixture {
  Fixture() {
    RocksLogOptions options;
    options.path = "/log";
    options.topics = {{"keys", 1, true}};
    for (const std::string_view family : catalogue().families) {
      options.topics.push_back({"commands." + std::string(family), 1});
      options.topics.push_back({"events." + std::string(family), 1});
    }
    options.disk = &disk;
    log = std::move(*open_rocks_log(std::move(options)));
    process.http.port = 0;
    chargers = std::make_unique<test::HandTable>(*catalogue().table("chargers"));
    chargers->set(charger, R"({"revision":1})");
    auto opened = Gateway::open({.log = *log,
                                 .catalogue = catalogue(),
                                 .tables = {{"chargers", chargers.get()}},
                                 .secrets = secrets,
                                 .process = process,
                                 .platform = platform});
    BOOST_REQUIRE(opened);
    gateway = std::move(*opened);
    BOOST_REQUIRE(gateway->start());
  }

  MemoryDisk disk;
  std::unique_ptr<Log> log;
  Secrets secrets{random_secrets()};
  ProcessConfig process;
  PlatformConfig platform;
  const Uuid charger = Uuid::v5({}, "charger");
  std::unique_ptr<test::HandTable> chargers;
  std::unique_ptr<Gateway> gateway;
};

BOOST_FIXTURE_TEST_SUITE(gateway_tests, Fixture)

BOOST_AUTO_TEST_CASE(a_row_over_a_socket) {
  test::Client client(gateway->port());
  const test::Reply reply =
      client.ask("GET /chargers/" + charger.text() + " HTTP/1.1\r\nHost: x\r\n\r\n");
  BOOST_TEST(reply.status == 200);
  BOOST_TEST(reply.body == R"({"revision":1})");
  BOOST_TEST(reply.has("ETag: \"1-"));
}

BOOST_AUTO_TEST_CASE(a_command_that_nobody_decides_is_pending_and_on_the_log) {
  const std::string bearer = gateway->app().tokens().sign(
      {{AccountId{charger}, 0xFFU, {}}, wall_clock(), wall_clock() + Duration::minutes(5)});
  test::Client client(gateway->port());
  const std::string body = R"({"reason":"test"})";
  const test::Reply reply = client.ask(
      "POST /accounts/" + charger.text() +
      "/suspend HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + bearer +
      "\r\nPrefer: wait=0\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  BOOST_TEST(reply.status == 202);
  BOOST_TEST(reply.has("Location: /commands/"));
  BOOST_TEST(*log->end({"commands.accounts", 0}) == 1);
}

BOOST_AUTO_TEST_CASE(it_stops_with_requests_in_flight) {
  test::Client client(gateway->port());
  client.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
  gateway->stop(Duration::seconds(5));
  gateway.reset();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace wf::gateway
