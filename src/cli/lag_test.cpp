// What `wayfold lag` says of a projector that folds no more.
#include "base/json.h"
#include "cli/engine_fixture.h"
#include "cli/status.h"

namespace wf::cli::lag_test {
namespace {

struct Fixture {
  Deployment deployment;

  Ran lag(std::vector<std::string> arguments = {}) {
    arguments.insert(arguments.end(), {"--var", deployment.var()});
    return run("lag", declare_lag, arguments);
  }
  // An accepted event of a build that comes after this one.
  void append_unknown_event() {
    Record records[3];
    for (Record& record : records) {
      record.id = Uuid::random();
      record.at = wall_clock();
      record.payload = "{}";
      record.epoch = 0;
    }
    records[0].kind = Kind::opened;
    records[1].kind = Kind::resumed;
    records[1].next = 0;
    records[2].kind = Kind::event;
    records[2].stream = Uuid::random();
    records[2].type = "booking.Teleported";
    records[2].cause = 0;
    records[2].count = 1;
    auto appender = deployment.engine().log().writer("test");
    BOOST_REQUIRE(appender);
    BOOST_REQUIRE((*appender)->append({"events.bookings", 0}, records, Durability::now));
  }
};

BOOST_FIXTURE_TEST_SUITE(lag_tests, Fixture)

BOOST_AUTO_TEST_CASE(a_projector_that_stopped_is_shown) {
  deployment.start_with({.decide = false, .forward = false, .tables = {}});
  const auto control = ControlServer::open(control_path(deployment.process()), deployment.engine());
  BOOST_REQUIRE(control);
  const Ran well = lag({"--json"});
  BOOST_TEST((well.exit == Exit::ok), well.out + well.err);
  BOOST_TEST(well.out.find(R"("projector":{"failing_since":null,"stopped":false})") !=
             std::string::npos);
  BOOST_TEST(lag().out.find("projector          live\n") != std::string::npos, lag().out);

  append_unknown_event();
  while (deployment.engine().healthy()) std::this_thread::yield();
  const Ran stopped = lag({"--json"});
  BOOST_TEST((stopped.exit == Exit::found));
  const auto json = parse_json(stopped.out);
  BOOST_REQUIRE_MESSAGE(json, stopped.out);
  const auto projector = json->root().find("projector");
  BOOST_REQUIRE_MESSAGE(projector, stopped.out);
  const std::string since(projector->find("failing_since")->as_string());
  BOOST_TEST(since.starts_with("20"));
  BOOST_TEST(projector->find("stopped")->as_bool());
  BOOST_TEST(lag().out.find("projector          FAILED: stopped, folds nothing since " + since) !=
             std::string::npos);
}

// A monitor asks for what fails: jq's select(.failing_since) takes an empty text for a time.
BOOST_AUTO_TEST_CASE(what_is_not_so_is_null_and_what_is_reads_back) {
  const std::string since = "2020-01-01T00:00:00Z";
  Status well;
  well.projector.emplace();
  well.slots.emplace_back().family = "bookings";
  well.tables.emplace_back().name = "chargers";
  Status ill = well;
  ill.projector->failing_since = since;
  ill.slots[0].failure = "its \"disk\" is full";
  ill.tables[0].frozen_since = since;
  ill.tables[0].built_percent = 0;
  ill.tables[0].failing_since = since;
  for (const Status& status : {well, ill}) {
    std::string json;
    append_status_json(json, status);
    const auto read = parse_status(json);
    BOOST_REQUIRE_MESSAGE(read, json);
    std::string again;
    append_status_json(again, *read);
    BOOST_TEST(again == json);
    BOOST_TEST(read->tables[0].built_percent == status.tables[0].built_percent);
    const auto document = parse_json(json);
    BOOST_REQUIRE_MESSAGE(document, json);
    const auto one = [&](const char* list) {
      return *document->root().find(list)->elements().begin();
    };
    const bool none = status.tables[0].failing_since.empty();
    BOOST_TEST(one("slots").find("failure")->is_null() == none, json);
    for (const char* field : {"frozen_since", "built_percent", "failing_since"}) {
      BOOST_TEST(one("tables").find(field)->is_null() == none, json);
    }
  }
}

BOOST_AUTO_TEST_CASE(without_a_process_there_is_no_projector) {
  deployment.start();
  deployment.stop();
  BOOST_TEST(lag({"--json"}).out.find(R"("projector":null)") != std::string::npos);
  BOOST_TEST(lag().out.find("projector") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace wf::cli::lag_test
