// What an operator does to tables that are not as they should be: parked rows, rebuilds that are
// cancelled, a deploy that changed a table's code.
#include <filesystem>

#include "base/json.h"
#include "cli/engine_fixture.h"
#include "cli/remote_log.h"
#include "cli/row_key.h"
#include "runtime/rebuild.h"
#include "storage/current_file.h"

namespace wf::cli::repair_test {
namespace {

namespace fs = std::filesystem;

// The same table by another build, or by this one in a night when its fold failed.
class OtherNight : public TableType {
 public:
  OtherNight(const TableType& type, std::string_view code, std::string failure = {})
      : type_(type), info_(type.info()), failure_(std::move(failure)) {
    info_.code_hash = code;
  }
  const TableInfo& info() const override { return info_; }
  bool folds(const EventType& type) const override { return type_.folds(type); }
  bool is_own(std::uint8_t part) const override { return type_.is_own(part); }
  void touches(const Event& event, const Meta& meta, std::vector<Touch>& out) const override {
    type_.touches(event, meta, out);
  }
  RowPtr fresh() const override { return type_.fresh(); }
  Result<RowPtr> decode(std::string_view parts) const override { return type_.decode(parts); }
  void encode(const AnyRow& row, std::string& parts) const override { type_.encode(row, parts); }
  void fold(AnyRow& row, std::uint8_t part, const Event& event, const Meta& meta) const override {
    if (!failure_.empty()) throw std::runtime_error(failure_);
    type_.fold(row, part, event, meta);
  }
  bool view(const AnyRow& row, std::string& json) const override { return type_.view(row, json); }
  void index(const AnyRow& row, std::vector<IndexEntry>& out) const override {
    type_.index(row, out);
  }
  std::optional<std::string> answer(const AnyRow& row, const Query& query) const override {
    return type_.answer(row, query);
  }

 private:
  const TableType& type_;
  TableInfo info_;
  std::string failure_;
};

struct Fixture {
  Deployment deployment;
  const Uuid charger = Uuid::v5({}, "charger 1");

  Ran run_here(const char* name,
               Action (*declare)(const Arguments&, Setup&),
               std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--var", deployment.var()});
    return run(name, declare, arguments);
  }
  Ran rebuild_row(std::vector<std::string> arguments) {
    return run_here("rebuild", declare_rebuild, std::move(arguments));
  }
  Uuid log_id() {
    const auto log = open_tool_log(deployment.process());
    BOOST_REQUIRE(log);
    return (*log)->id();
  }
  fs::path table_dir() const { return fs::path(deployment.var()) / "tables/chargers"; }
  // The row of `charger` fails to fold an event that the log does not have. The process is stopped.
  void park() {
    const TableType& type = *catalogue().table("chargers");
    const OtherNight that_night(type, type.info().code_hash, "no memory that night");
    const Resources resources(ResourceLimits{});
    const auto generation = read_small_file(table_dir() / "CURRENT");
    BOOST_REQUIRE(generation);
    auto store = TableStore::open(table_dir() / *generation, that_night, resources, log_id());
    BOOST_REQUIRE(store);
    const EventType& listed = *catalogue().event("charger.Listed");
    const Event event(listed,
                      listed.decode(R"({"host":"a5000000-0000-0000-0000-000000000000",)"
                                    R"("title":"Forged","position":[77.5,12.9],"connectors":[],)"
                                    R"("instant":true,"time_zone":"UTC","schedule":[]})"));
    FoldItem item;
    item.event = &event;
    item.meta.stream = charger;
    const SlotPositions positions = (*store)->positions();
    BOOST_REQUIRE((*store)->apply({&item, 1}, positions));
    BOOST_REQUIRE((*store)->flush());
  }
};

BOOST_FIXTURE_TEST_SUITE(repair_tests, Fixture)

// From the first sight of it to the command that mends it, with a process and without.
BOOST_AUTO_TEST_CASE(a_parked_row_is_found_and_mended) {
  deployment.start();
  deployment.list_chargers(3);
  for (const bool running : {true, false}) {
    deployment.stop();
    park();
    if (running) deployment.start();
    if (running) {
      const Ran lag = run_here("lag", declare_lag, {});
      BOOST_TEST(lag.out.find("wayfold inspect quarantine chargers") != std::string::npos, lag.out);
    }
    const Ran listed = run_here("inspect", declare_inspect, {"quarantine"});
    BOOST_TEST((listed.exit == Exit::ok), listed.err);
    BOOST_TEST(listed.out.find("no memory that night") != std::string::npos, listed.out);
    const std::string mend = "wayfold rebuild chargers --key " + charger.text();
    BOOST_TEST(listed.out.find(mend) != std::string::npos, listed.out);
    const Ran json = run_here("inspect", declare_inspect, {"quarantine", "chargers", "--json"});
    const auto row = parse_json(json.out);
    BOOST_REQUIRE_MESSAGE(row, json.out);
    BOOST_TEST(row->root().find("mend")->as_string() == mend);

    const Ran mended = rebuild_row({"chargers", "--key", charger.text()});
    BOOST_TEST((mended.exit == Exit::ok), mended.err);
    BOOST_TEST(run_here("inspect", declare_inspect, {"quarantine"}).out == "no row is parked\n");
    BOOST_TEST((run_here("verify", declare_verify, {"chargers"}).exit == Exit::ok));
  }
}

BOOST_AUTO_TEST_CASE(a_key_that_is_none_is_refused_and_what_was_typed_wrong_is_named) {
  deployment.start();
  deployment.list_chargers(2);
  for (int twice = 0; twice < 2; ++twice) {
    const Ran none = rebuild_row({"chargers", "--key", Uuid{}.text()});
    BOOST_TEST((none.exit == Exit::usage));
    BOOST_TEST(none.err.find("no such row") != std::string::npos, none.err);
    deployment.stop();
  }
  BOOST_TEST(rebuild_row({"chargers", "--key", "7"}).err.find("'7' is no id") != std::string::npos);
  const Ran two = rebuild_row({"daily_bookings", "--key", charger.text()});
  BOOST_TEST(two.err.find("a key of daily_bookings is: host day") != std::string::npos, two.err);
  BOOST_TEST((rebuild_row({"chargers", "bookings", "--key", "7"}).exit == Exit::usage));
  BOOST_TEST((rebuild_row({"--all", "--key", charger.text()}).exit == Exit::usage));
}

BOOST_AUTO_TEST_CASE(a_key_is_typed_as_it_is_shown) {
  const TableInfo& table = catalogue().table("daily_bookings")->info();
  const std::vector<std::string> columns{charger.text(), "it's a day"};
  const auto key = row_key(table, columns);
  BOOST_REQUIRE(key);
  BOOST_TEST((key_columns(table, *key) == columns));
  BOOST_TEST(as_arguments(columns) == charger.text() + R"( 'it'\''s a day')");
}

// Whatever the moment: it was swapped in, or nothing of it is left.
BOOST_AUTO_TEST_CASE(a_rebuild_that_its_asker_cancels_leaves_the_live_one_alone) {
  deployment.start();
  deployment.list_chargers(10);
  const auto generations = [&] {
    std::ptrdiff_t count = 0;
    for (const auto& entry : fs::directory_iterator(table_dir())) count += entry.is_directory();
    return count;
  };
  const TableHome& home = *deployment.engine().tables().at("chargers");
  const std::string before = home.state().generation;
  const std::vector<std::string> tables{"chargers"};
  const auto done = ask_rebuild(
      control_path(deployment.process()), tables, "", [](std::string_view) { return false; });
  BOOST_TEST((done || done.error().code == Code::closed));
  BOOST_TEST((home.state().generation == before) != done.has_value());
  while (generations() != 1) std::this_thread::yield();
  deployment.list_chargers(1);
  BOOST_TEST((run_here("verify", declare_verify, {"chargers"}).exit == Exit::ok));
}

BOOST_AUTO_TEST_CASE(after_a_deploy_the_old_rows_are_served_until_the_new_generation_is_built) {
  deployment.start();
  deployment.list_chargers(5);
  deployment.stop();
  {
    const auto log = open_tool_log(deployment.process());
    BOOST_REQUIRE(log);
    fs::remove_all(table_dir());
    const OtherNight older(*catalogue().table("chargers"), "older");
    const Resources resources(ResourceLimits{});
    auto home = TableHome::open(table_dir(), older, resources, (*log)->id());
    BOOST_REQUIRE(home);
    RebuildOptions how;
    how.slots = slots_in(**log, "events");
    RebuildProgress progress;
    const auto built = rebuild(**log, catalogue(), **home, how, progress);
    BOOST_REQUIRE(built);
    BOOST_REQUIRE((*home)->swap(*built));
  }
  deployment.open({});
  const TableHome& home = *deployment.engine().tables().at("chargers");
  BOOST_TEST(home.frozen());
  BOOST_TEST(!home.state().live);
  BOOST_TEST((home.state().built_percent == 0));
  BOOST_TEST(deployment.row_is_there(charger));
  BOOST_TEST((deployment.engine().checkpoint("chargers", "x").error().code == Code::unavailable));
  deployment.engine().start();
  deployment.list_chargers(1);  // the table has it: it is fed again
  BOOST_TEST(!home.frozen());
  while (!home.state().live) std::this_thread::yield();
  deployment.stop();
  BOOST_TEST((run_here("verify", declare_verify, {"chargers"}).exit == Exit::ok));
}

// On a log that is worth building for: until it is swapped in, what there is has no rows.
BOOST_AUTO_TEST_CASE(a_first_generation_is_not_looked_at_while_it_is_built) {
  deployment.start();
  deployment.list_chargers(3);
  deployment.stop();
  {
    const auto log = open_tool_log(deployment.process());
    BOOST_REQUIRE(log);
    auto appender = (*log)->writer("test");
    BOOST_REQUIRE(appender);
    Record skipped;
    skipped.kind = Kind::nothing;
    skipped.type = "nothing";
    skipped.payload = "{}";
    const std::vector<Record> many(10'000, skipped);
    for (int i = 0; i < 10; ++i) {
      BOOST_REQUIRE((*appender)->append({"events.bookings", 0}, many, Durability::now));
    }
  }
  fs::remove_all(table_dir());
  deployment.open({});
  const TableHome& home = *deployment.engine().tables().at("chargers");
  BOOST_TEST(!home.frozen());
  BOOST_TEST((home.state().built_percent == 0));
  const std::string copy = deployment.var() + "/copy";
  const auto early = deployment.engine().checkpoint("chargers", copy);
  BOOST_TEST((!early && early.error().code == Code::unavailable));
  deployment.engine().start();
  while (!home.state().live) std::this_thread::yield();
  fs::remove_all(copy);
  BOOST_TEST(deployment.engine().checkpoint("chargers", copy).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace wf::cli::repair_test
