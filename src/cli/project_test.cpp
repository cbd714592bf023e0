// An engine's tables served to other processes, and what `wayfold project` refuses.
#include <condition_variable>
#include <mutex>

#include "cli/engine_fixture.h"
#include "storage/remote/remote_tables.h"

namespace wf::cli::project_test {
namespace {

constexpr Duration patience = Duration::seconds(30);

struct Fixture {
  Deployment deployment;

  std::string address() const { return "unix:" + deployment.var() + "/tables.sock"; }
  std::unique_ptr<RemoteTables> reader() {
    auto tables = RemoteTables::open({{address(), {"chargers", "bookings"}}},
                                     catalogue().tables,
                                     {.log_id = deployment.engine().log().id(),
                                      .request_max = patience,
                                      .silence_max = patience});
    BOOST_REQUIRE(tables);
    return std::move(*tables);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(project_tests, Fixture)

BOOST_AUTO_TEST_CASE(a_running_engines_tables_are_read_elsewhere_as_here) {
  deployment.process().serve_tables = address();
  deployment.start();
  const auto reader = this->reader();
  std::mutex mutex;
  std::condition_variable told;
  std::size_t changed = 0;
  reader->on_rows([&](const TableInfo& table, const std::vector<std::string>& keys) {
    const std::lock_guard lock(mutex);
    if (table.name == "chargers") changed += keys.size();
    told.notify_all();
  });
  reader->start();
  BOOST_REQUIRE(reader->wait_for("chargers", {}, patience));
  deployment.list_chargers(3);
  const TableView& here = *deployment.engine().table("chargers");
  const TableView& there = *reader->table("chargers");
  BOOST_REQUIRE(reader->wait_for("chargers", here.state().positions, patience));
  const auto page = there.page({});
  BOOST_REQUIRE(page.has_value());
  BOOST_TEST(page->rows == here.page({})->rows, boost::test_tools::per_element());
  BOOST_TEST(page->rows.size() == 3U);
  std::unique_lock lock(mutex);
  BOOST_TEST(
      told.wait_for(lock, std::chrono::microseconds(patience.us), [&] { return changed >= 3; }));
  lock.unlock();
  deployment.stop();
  BOOST_TEST((there.page({}).error().code == Code::unavailable));
}

BOOST_AUTO_TEST_CASE(an_engine_reads_the_tables_it_does_not_have) {
  deployment.process().tables = {{address(), {"bookings", "chargers"}}};
  EngineParts parts;
  parts.tables = {"chargers"};
  parts.all_tables = false;
  parts.remote_tables = true;
  deployment.start_with(parts);
  const auto views = deployment.engine().views();
  BOOST_TEST(views.size() == 2U);
  BOOST_TEST(views.at("chargers") == deployment.engine().table("chargers"));
  BOOST_TEST(deployment.engine().table("bookings") == nullptr);
  BOOST_TEST((views.at("bookings")->get("k").error().code == Code::unavailable));
}

BOOST_AUTO_TEST_CASE(project_is_for_kafka) {
  const Ran ran = run("project", declare_project, {"chargers", "--var", deployment.var()});
  BOOST_TEST((ran.exit == Exit::usage));
  BOOST_TEST(ran.err.find("wayfold run") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::cli::project_test
