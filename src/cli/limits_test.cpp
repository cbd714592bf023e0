// A process is bounded as its configuration says, which is refused if it says what cannot be.
#include <fstream>

#include "cli/engine_fixture.h"

namespace wf::cli::limits_test {
namespace {

// Outcomes of a decider that is gone, each with a send to a partition that has none.
void append_sends(Log& log, std::uint64_t count) {
  std::vector<Record> records(2);
  records[0].kind = Kind::opened;
  records[1].kind = Kind::resumed;
  records[1].next = 0;
  for (std::uint64_t n = 1; n <= count; ++n) {
    Record& send = records.emplace_back();
    send.kind = Kind::send;
    send.stream = Uuid::random();
    send.type = "inbox.Deliver";
    send.cause = static_cast<Offset>(n) - 1;
    send.count = 1;
    send.link = {"commands.accounts", 0, n};
  }
  for (Record& record : records) {
    record.id = Uuid::random();
    record.at = wall_clock();
    record.payload = "{}";
    record.epoch = 0;
  }
  const auto appender = log.writer("test");
  BOOST_REQUIRE(appender);
  BOOST_REQUIRE((*appender)->append({"events.bookings", 0}, records, Durability::now));
}

std::vector<std::uint64_t> first_links(Log& log, const Slot& slot, std::size_t count) {
  const auto reader = log.reader();
  BOOST_REQUIRE(reader);
  BOOST_REQUIRE((*reader)->seek(slot, 0));
  std::vector<std::uint64_t> links;
  while (links.size() < count) {
    const auto batch = (*reader)->read(slot, {.records = count - links.size()});
    BOOST_REQUIRE(batch);
    for (const Record& record : batch->records) links.push_back(record.link.n);
    if (batch->records.empty()) (*reader)->wait(Duration::millis(100));
  }
  return links;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(limits_tests)

BOOST_AUTO_TEST_CASE(so_few_sends_go_again_so_soon_to_who_does_not_answer) {
  Deployment deployment(1);
  deployment.process().decider.forward_unproven_max = 3;
  deployment.process().decider.forward_again_ms = 100;
  deployment.start_with({.decide = false, .tables = {}});
  Log& log = deployment.engine().log();
  append_sends(log, 20);
  BOOST_TEST(first_links(log, {"commands.accounts", 0}, 9) ==
                 (std::vector<std::uint64_t>{1, 2, 3, 1, 2, 3, 1, 2, 3}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_limit_out_of_its_range_is_refused_by_name) {
  const TempDir dir;
  const std::string config = dir / "config.json";
  const auto start = [&](const std::string& part, const std::string& limit, std::int64_t value) {
    std::ofstream(config) << fmt::format(R"({{"{}":{{"{}":{}}}}})", part, limit, value);
    const Ran ran = run("run", declare_run, {"--config", config, "--var", dir / "var"});
    BOOST_TEST((ran.exit == Exit::usage));
    BOOST_TEST(ran.err.find(fmt::format("/{}/{} ", part, limit)) != std::string::npos, ran.err);
  };
  start("decider", "forward_unproven_max", 0);
  start("decider", "forward_unproven_max", 1'000'001);
  start("decider", "forward_again_ms", 99);
  start("decider", "forward_again_ms", 1'800'001);
  start("gateway", "append_stuck_ms", 99);
  start("gateway", "append_stuck_ms", 120'001);
  start("gateway", "log_answer_ms_max", 499);
  start("gateway", "log_answer_ms_max", 60'001);
  start("gateway", "ended_sessions_max", 99);
  start("gateway", "ended_sessions_max", 10'000'001);
}

BOOST_AUTO_TEST_CASE(what_contradicts_another_field_is_refused_by_name) {
  const TempDir dir;
  const std::string config = dir / "config.json";
  const auto start = [&](const std::string& json, const std::string& field) {
    std::ofstream(config) << json;
    const Ran ran = run("run", declare_run, {"--config", config, "--var", dir / "var"});
    BOOST_TEST((ran.exit == Exit::usage));
    BOOST_TEST(ran.err.find(field + ' ') != std::string::npos, ran.err);
  };
  start(R"({"gateway":{"page_default":300}})", "/gateway/page_default");
  start(R"({"gateway":{"page_max":20}})", "/gateway/page_default");
  start(R"({"http":{"tls_key":"key.pem"}})", "/http/tls_certificate");
  start(R"({"http":{"tls_certificate":"certificate.pem"}})", "/http/tls_key");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::cli::limits_test
