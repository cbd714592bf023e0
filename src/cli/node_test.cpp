// A whole process in a test: what it says of itself over HTTP.
#include "cli/node.h"

#include <boost/test/unit_test.hpp>
#include <thread>

#include "cli/http_client.h"
#include "support/temp_dir.h"

namespace wf::cli::node_test {
namespace {

struct Fixture {
  Fixture() {
    Config config;
    config.process.var = dir.path().string();
    config.process.platform = "";
    config.process.http.port = 0;
    config.platform.name = "test";
    NodeParts parts;
    parts.make_secrets = true;
    auto opened = Node::open(config, std::move(parts));
    BOOST_REQUIRE_MESSAGE(opened, opened.error().detail);
    node = std::move(*opened);
    BOOST_REQUIRE(node->start());
  }
  int status(std::string_view path) {
    HttpClient client(*HttpAddress::parse(node->url()), Duration::seconds(30));
    const auto reply = client.send("GET", path, {}, "");
    BOOST_REQUIRE_MESSAGE(reply, reply.error().detail);
    return reply->status;
  }
  void wait_for(int wanted, std::string_view path) {
    while (status(path) != wanted) std::this_thread::yield();
  }

  TempDir dir;
  std::unique_ptr<Node> node;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(node_tests, Fixture)

BOOST_AUTO_TEST_CASE(a_worker_that_stopped_for_good_makes_the_process_unready) {
  wait_for(200, "/readyz");
  Record record;  // of a build that comes after this one
  record.id = Uuid::random();
  record.stream = Uuid::random();
  record.at = wall_clock();
  record.type = "booking.Teleport";
  record.payload = "{}";
  auto appender = node->engine().log().writer("test");
  BOOST_REQUIRE(appender);
  BOOST_REQUIRE((*appender)->append({"commands.bookings", 0}, {&record, 1}, Durability::now));
  wait_for(503, "/readyz");
  BOOST_TEST(status("/healthz") == 200);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::cli::node_test
