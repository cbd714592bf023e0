// A whole process in a test: what it says of itself over HTTP.
#include "cli/node.h"

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <set>
#include <thread>

#include "cli/http_client.h"
#include "gateway/key_ring.h"
#include "gateway/secrets.h"
#include "support/temp_dir.h"

namespace wf::cli::node_test {
namespace {

Result<std::unique_ptr<Node>> open(const TempDir& dir, const std::string& secrets = {}) {
  Config config;
  config.process.var = dir.path().string();
  config.process.secrets = secrets;
  config.process.platform = "";
  config.process.http.port = 0;
  config.platform.name = "test";
  NodeParts parts;
  parts.make_secrets = true;
  return Node::open(config, std::move(parts));
}

struct Fixture {
  Fixture() {
    auto opened = open(dir);
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

// As when the volume of VAR/log is not mounted.
BOOST_AUTO_TEST_CASE(a_deployment_that_lost_its_log_does_not_begin_anew) {
  namespace fs = std::filesystem;
  node.reset();
  fs::rename(dir / "log", dir / "kept");
  for (const bool mount_point : {false, true}) {
    if (mount_point) fs::create_directory(dir / "log");
    const auto refused = open(dir);
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().code == Code::mismatch));
    BOOST_TEST(refused.error().detail.find("restore") != std::string::npos);
    // The secrets name the log that is gone, and would be refused next.
    BOOST_TEST(refused.error().detail.find("secrets.json") != std::string::npos);
    BOOST_TEST(fs::exists(dir / "log") == mount_point);
  }
  fs::remove_all(dir / "secrets.json");
  fs::remove_all(dir / "stores");
  const auto tables_left = open(dir);
  BOOST_REQUIRE(!tables_left);
  fs::remove_all(dir / "tables");
  BOOST_TEST(open(dir).has_value());
}

// Rows would be 503 for as long as nobody notices. And a log that is not these secrets' may be a
// foreign one: the tables, which do not fit it, are not given up for it.
BOOST_AUTO_TEST_CASE(secrets_that_do_not_open_the_keys_are_refused_before_anything_changes) {
  namespace fs = std::filesystem;
  {
    gateway::KeyRing keys(node->engine().log(), node->secrets());
    BOOST_REQUIRE(keys.open());
    BOOST_REQUIRE(keys.ensure_key(Uuid::random()));
  }
  node.reset();
  const TempDir own;
  BOOST_REQUIRE(open(own).has_value());
  const auto stores = [&own] {
    std::set<std::string> files;
    for (const char* part : {"tables", "stores"}) {
      for (const auto& one : fs::recursive_directory_iterator(own / part)) {
        if (one.is_directory()) files.insert(one.path().string());
      }
    }
    return files;
  };
  const auto before = stores();
  fs::rename(own / "log", own / "kept");
  fs::copy(dir / "log", own / "log", fs::copy_options::recursive);
  const auto refused = open(own);
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error().code == Code::mismatch));
  BOOST_TEST((stores() == before));
  fs::remove(own / "secrets.json");
  fs::copy(dir / "secrets.json", own / "secrets.json");
  BOOST_TEST(open(own).has_value());
}

// As when the volume of VAR is not mounted, or --var is a wrong one.
BOOST_AUTO_TEST_CASE(secrets_elsewhere_know_that_there_was_a_log) {
  namespace fs = std::filesystem;
  const TempDir first;
  const TempDir empty;
  const std::string secrets = dir / "kept.json";
  const Uuid log = (*open(first, secrets))->engine().log().id();
  BOOST_TEST(open(first, secrets).has_value());
  const auto refused = open(empty, secrets);
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error().code == Code::mismatch));
  BOOST_TEST(refused.error().detail.find(log.text()) != std::string::npos);
  BOOST_TEST(fs::is_empty(empty.path()));
  BOOST_REQUIRE(gateway::add_master_key(secrets));
  BOOST_TEST(!open(empty, secrets));
}

// Kubernetes' way: the file is there before the first start.
BOOST_AUTO_TEST_CASE(secrets_made_elsewhere_begin_a_log) {
  const TempDir empty;
  const std::string secrets = dir / "provided.json";
  BOOST_REQUIRE(gateway::load_or_make_secrets(secrets));
  BOOST_TEST((*open(empty, secrets))->new_log());
}

BOOST_AUTO_TEST_CASE(a_start_without_good_secrets_begins_nothing) {
  namespace fs = std::filesystem;
  const TempDir empty;
  const std::string secrets = dir / "damaged.json";
  BOOST_REQUIRE(gateway::load_or_make_secrets(secrets));
  fs::resize_file(secrets, 40);
  const auto refused = open(empty, secrets);
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error().code == Code::corrupt));
  BOOST_TEST(fs::is_empty(empty.path()));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::cli::node_test
