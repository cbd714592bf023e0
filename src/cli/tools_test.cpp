// The read-only subcommands and rebuild, on a directory of their own and beside a running engine.
#include <algorithm>
#include <fstream>

#include "base/json.h"
#include "cli/engine_fixture.h"
#include "cli/remote_log.h"

namespace wf::cli::tools_test {
namespace {

std::size_t lines(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

struct Fixture {
  Deployment deployment;

  // The same call with the engine running, then without it.
  template <class Check>
  void both_ways(int chargers, const Check& check) {
    deployment.start();
    deployment.list_chargers(chargers);
    check();
    deployment.stop();
    check();
  }
  Ran run_here(const char* name,
               Action (*declare)(const Arguments&, Setup&),
               std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--var", deployment.var()});
    return run(name, declare, arguments);
  }
  // The stopped deployment's table has a row folded from an event that the log does not have.
  void forge(const Uuid& charger,
             const std::filesystem::path& generation,
             const Uuid& log_id) const {
    const Resources resources;
    const TableType& type = *catalogue().table("chargers");
    auto store = TableStore::open(generation, type, resources, log_id);
    BOOST_REQUIRE(store);
    const EventType& listed = *catalogue().event("charger.Listed");
    const std::string payload =
        R"({"host":"a5000000-0000-0000-0000-000000000000","title":"Forged","position":[77.5,12.9],)"
        R"("connectors":[],"instant":true,"time_zone":"UTC","schedule":[]})";
    const Event event(listed, listed.decode(payload));
    FoldItem item;
    item.event = &event;
    item.meta.stream = charger;
    const SlotPositions positions = (*store)->positions();
    BOOST_REQUIRE((*store)->apply({&item, 1}, positions));
    BOOST_REQUIRE((*store)->flush());
  }
  void append(const Slot& slot, std::span<const Record> records) {
    auto appender = deployment.engine().log().writer("test");
    BOOST_REQUIRE(appender);
    BOOST_REQUIRE((*appender)->append(slot, records, Durability::now));
  }
};

Record outcome_record(Kind kind, const Uuid& id, const Uuid& causation, Offset cause) {
  Record record;
  record.kind = kind;
  record.id = id;
  record.causation = causation;
  record.type = kind == Kind::event ? "charger.Listed" : "charger.List";
  record.payload = "{}";
  record.epoch = 0;
  record.cause = cause;
  record.count = is_data(kind) ? 1 : 0;
  return record;
}

BOOST_FIXTURE_TEST_SUITE(tools_tests, Fixture)

BOOST_AUTO_TEST_CASE(replay_prints_each_accepted_event_once) {
  both_ways(20, [&] {
    const Ran ran = run_here("replay", declare_replay, {"--type", "charger"});
    BOOST_TEST((ran.exit == Exit::ok), ran.err);
    BOOST_TEST(lines(ran.out) == 20U);
    const auto first = parse_json(ran.out.substr(0, ran.out.find('\n')));
    BOOST_REQUIRE(first);
    BOOST_TEST(first->root().find("type")->as_string() == "charger.Listed");
    BOOST_TEST(first->root().find("data")->find("title")->as_string() == "Garage");
  });
}

BOOST_AUTO_TEST_CASE(replay_narrows_by_stream_offset_time_and_number) {
  both_ways(9, [&] {
    const std::string stream = Uuid::v5({}, "charger 3").text();
    BOOST_TEST(lines(run_here("replay", declare_replay, {"--stream", stream}).out) == 1U);
    BOOST_TEST(lines(run_here("replay", declare_replay, {"--limit", "4"}).out) == 4U);
    BOOST_TEST(run_here("replay", declare_replay, {"--to", "1"}).out.empty());  // control records
    BOOST_TEST(run_here("replay", declare_replay, {"--until", "2001-01-01T00:00:00Z"}).out.empty());
    BOOST_TEST(run_here("replay", declare_replay, {"--type", "charg"}).out.empty());
    const Ran commands = run_here("replay", declare_replay, {"--commands", "--type", "charger"});
    BOOST_TEST(lines(commands.out) == 9U);
    const Ran all = run_here("replay", declare_replay, {"--all", "--topic", "bookings"});
    BOOST_TEST(all.out.find(R"("kind":"opened")") != std::string::npos);
    BOOST_TEST(all.out.find(R"("accepted":"yes")") != std::string::npos);
  });
}

BOOST_AUTO_TEST_CASE(numbers_that_cannot_be_are_wrong_usage) {
  const auto usage = [&](const Ran& ran) {
    BOOST_TEST((ran.exit == Exit::usage));
    return ran.err;
  };
  deployment.start();
  BOOST_TEST(usage(run_here("lag", declare_lag, {"--max", "-1"})).find("--max") !=
             std::string::npos);
  BOOST_TEST(usage(run_here("replay", declare_replay, {"--from", "-1"})).find("--from") !=
             std::string::npos);
  const Ran backwards = run_here("replay", declare_replay, {"--from", "5", "--to", "4"});
  BOOST_TEST(usage(backwards).find("--to must not be below --from") != std::string::npos);
  BOOST_TEST((run_here("replay", declare_replay, {"--from", "5", "--to", "5"}).exit == Exit::ok));
}

BOOST_AUTO_TEST_CASE(tools_say_that_the_log_of_a_deployment_was_lost) {
  deployment.start();
  deployment.stop();
  std::filesystem::remove_all(deployment.var() + "/log");
  for (const Ran& ran : {run_here("lag", declare_lag, {}),
                         run_here("verify", declare_verify, {}),
                         run_here("replay", declare_replay, {})}) {
    BOOST_TEST((ran.exit == Exit::refused));
    BOOST_TEST(ran.err.find("mount or restore") != std::string::npos, ran.err);
  }
  BOOST_TEST(!std::filesystem::exists(deployment.var() + "/log"));
}

BOOST_AUTO_TEST_CASE(what_is_not_there_is_named) {
  const Ran none = run("replay", declare_replay, {"--var", "/nonexistent"});
  BOOST_TEST((none.exit == Exit::usage));
  BOOST_TEST(none.err.starts_with("wayfold: "));
  BOOST_TEST(lines(none.err) == 1U);
  BOOST_TEST(none.err.find("--var") != std::string::npos);
  BOOST_TEST((run_here("replay", declare_replay, {"--type", "nothing"}).exit == Exit::usage));
  for (const auto& declare : {declare_serve, declare_work}) {
    const Ran kafka_only = run_here("it", declare, {});
    BOOST_TEST((kafka_only.exit == Exit::usage));
    BOOST_TEST(kafka_only.err.find("`wayfold run`") != std::string::npos);
  }
  BOOST_TEST((run_here("verify", declare_verify, {"nothing"}).exit == Exit::usage));
  BOOST_TEST((run_here("rebuild", declare_rebuild, {}).exit == Exit::usage));
}

BOOST_AUTO_TEST_CASE(verify_compares_three_digests) {
  both_ways(12, [&] {
    const Ran ran = run_here("verify", declare_verify, {"chargers", "bookings", "--json"});
    BOOST_TEST((ran.exit == Exit::ok), ran.err);
    BOOST_TEST(ran.out.find(R"("table":"chargers","ok":true,"rows":12)") != std::string::npos);
  });
}

BOOST_AUTO_TEST_CASE(verify_names_the_row_that_differs) {
  deployment.start();
  deployment.list_chargers(3);
  const Uuid log_id = deployment.engine().log().id();
  const std::filesystem::path generation =
      deployment.engine().tables().at("chargers")->live()->dir();
  deployment.stop();
  const Uuid forged = Uuid::v5({}, "forged");
  forge(forged, generation, log_id);
  const Ran ran = run_here("verify", declare_verify, {"chargers", "--json"});
  BOOST_TEST((ran.exit == Exit::found), ran.err);
  std::string key = forged.text();
  std::erase(key, '-');
  BOOST_TEST(ran.out.find(R"("row":")" + key) != std::string::npos, ran.out);
  BOOST_TEST((run_here("rebuild", declare_rebuild, {"chargers"}).exit == Exit::ok));
  BOOST_TEST((run_here("verify", declare_verify, {"chargers"}).exit == Exit::ok));
}

// As a `project` node does.
BOOST_AUTO_TEST_CASE(all_tables_are_those_that_a_node_has) {
  EngineParts parts;
  parts.tables = {"chargers"};
  parts.all_tables = false;
  deployment.start_with(parts);
  deployment.answer_tools();
  deployment.list_chargers(3);
  const Uuid log_id = deployment.engine().log().id();
  const Ran rebuilt = run_here("rebuild", declare_rebuild, {"--all"});
  BOOST_TEST((rebuilt.exit == Exit::ok), rebuilt.err);
  BOOST_TEST(lines(rebuilt.out) == 1U, rebuilt.out);
  const std::filesystem::path generation =
      deployment.engine().tables().at("chargers")->live()->dir();
  for (const bool running : {true, false}) {
    if (!running) deployment.stop();
    const Ran ran = run_here("verify", declare_verify, {});
    BOOST_TEST((ran.exit == Exit::ok), ran.err);
    BOOST_TEST(lines(ran.out) == 1U, ran.out);
    BOOST_TEST((run_here("verify", declare_verify, {"bookings"}).exit == Exit::usage));
  }
  forge(Uuid::v5({}, "forged"), generation, log_id);
  BOOST_TEST((run_here("verify", declare_verify, {}).exit == Exit::found));
  std::filesystem::remove_all(deployment.var() + "/tables");
  const Ran none = run_here("verify", declare_verify, {});
  BOOST_TEST((none.exit == Exit::usage));
  BOOST_TEST(lines(none.err) == 1U, none.err);
}

BOOST_AUTO_TEST_CASE(rebuild_swaps_in_an_equal_generation) {
  both_ways(15, [&] {
    const Ran ran =
        run_here("rebuild", declare_rebuild, {"chargers", "accounts", "chargers", "--json"});
    BOOST_TEST((ran.exit == Exit::ok), ran.err);
    BOOST_TEST(ran.out.find(R"("table":"chargers","records":)") != std::string::npos);
    BOOST_TEST(ran.out.find(R"("table":"accounts","records":)") != std::string::npos);
    BOOST_TEST(std::ranges::count(ran.out, '\n') == 2, ran.out);  // each once
    BOOST_TEST((run_here("verify", declare_verify, {"chargers", "accounts"}).exit == Exit::ok));
  });
}

BOOST_AUTO_TEST_CASE(lag_shows_that_all_is_decided) {
  both_ways(7, [&] {
    const auto lag = [&] { return run_here("lag", declare_lag, {"--max", "0", "--json"}); };
    Ran ran = lag();
    while (ran.exit == Exit::found) ran = lag();  // a decider tells after its events are folded
    BOOST_TEST((ran.exit == Exit::ok), ran.err + ran.out);
    const auto json = parse_json(ran.out);
    BOOST_REQUIRE(json);
    std::int64_t commands = 0;
    for (const Json slot : json->root().find("slots")->elements()) {
      if (slot.find("family")->as_string() == "bookings") {
        commands += *slot.find("commands_end")->as_int64();
      }
    }
    BOOST_TEST(commands == 7);
  });
}

BOOST_AUTO_TEST_CASE(inspect_shows_a_stream_a_command_a_row_and_the_log) {
  both_ways(2, [&] {
    const std::string stream = Uuid::v5({}, "charger 1").text();
    const Ran one = run_here("inspect", declare_inspect, {"stream", stream});
    BOOST_TEST((one.exit == Exit::ok), one.err);
    BOOST_TEST(one.out.find(R"({"state":"charger","value":{"phase":"listed")") !=
               std::string::npos);
    const Ran command =
        run_here("inspect", declare_inspect, {"command", Uuid::v5({}, "charger.List 1").text()});
    BOOST_TEST(command.out.find("charger.List\"") != std::string::npos);
    BOOST_TEST(command.out.find("charger.Listed\"") != std::string::npos);
    const Ran row = run_here("inspect", declare_inspect, {"row", "chargers", stream});
    BOOST_TEST(row.out.find(R"("row_version":1)") != std::string::npos, row.err);
    const Ran log = run_here("inspect", declare_inspect, {"log"});
    BOOST_TEST(log.out.find("events.bookings/0") != std::string::npos);
    const Ran none = run_here("inspect", declare_inspect, {"stream", Uuid{}.text()});
    BOOST_TEST((none.exit == Exit::usage));
    const Ran two = run_here("inspect", declare_inspect, {"stream", stream, Uuid{}.text()});
    BOOST_TEST((two.exit == Exit::usage));
    BOOST_TEST((run_here("inspect", declare_inspect, {"log", "1"}).exit == Exit::usage));
  });
}

// A disk restored from before: the log's next command gets the offset of one that was answered.
BOOST_AUTO_TEST_CASE(a_command_is_not_shown_the_outcome_of_a_lost_one_at_its_offset) {
  deployment.open({});  // and not started: nobody decides
  const Uuid lost = Uuid::v5({}, "lost");
  const Uuid answered = Uuid::v5({}, "answered");
  const Uuid event = Uuid::v5({}, "event");
  std::vector<Record> commands(2);
  for (Record& command : commands) {
    command.type = "charger.List";
    command.payload = "{}";
  }
  commands[0].id = Uuid::v5({}, "here");
  commands[1].id = answered;
  append({"commands.bookings", 0}, commands);
  std::vector<Record> outcomes{outcome_record(Kind::opened, {}, {}, -1),
                               outcome_record(Kind::resumed, {}, {}, -1),
                               outcome_record(Kind::event, Uuid::v5({}, "gone"), lost, 0),
                               outcome_record(Kind::event, event, answered, 1),
                               outcome_record(Kind::send, Uuid::v5({}, "send"), event, 1),
                               outcome_record(Kind::opened, {}, {}, -1),
                               outcome_record(Kind::resumed, {}, {}, 1)};
  outcomes[1].next = 0;
  outcomes[3].count = outcomes[4].count = 2;
  outcomes[4].index = 1;
  outcomes[6].epoch = 5;
  outcomes[6].next = 2;
  append({"events.bookings", 0}, outcomes);
  deployment.stop();
  const auto inspect = [&](const Uuid& id) {
    const Ran ran = run_here("inspect", declare_inspect, {"command", id.text()});
    BOOST_TEST((ran.exit == Exit::ok), ran.err);
    return ran.out;
  };
  BOOST_TEST(lines(inspect(commands[0].id)) == 1U, inspect(commands[0].id));
  BOOST_TEST(lines(inspect(answered)) == 3U, inspect(answered));
}

BOOST_AUTO_TEST_CASE(schema_has_no_blank_fields_in_json) {
  for (const char* what : {"commands", "tables", "events", "bookings"}) {
    const Ran ran = run("schema", declare_schema, {what, "--json"});
    BOOST_TEST((ran.exit == Exit::ok), ran.err);
    BOOST_TEST(ran.out.find(R"("")") == std::string::npos, ran.out);
    BOOST_TEST(ran.out.find(R"( ")") == std::string::npos, ran.out);
  }
  const Ran commands = run("schema", declare_schema, {"commands", "--json"});
  BOOST_TEST(commands.out.starts_with(R"({"type":"account.Open","route":null,)"));
}

// Kafka's log is found whatever --var says: a wrong one would be given tables nobody reads.
BOOST_AUTO_TEST_CASE(rebuild_on_kafka_needs_the_tables_of_a_process) {
  const TempDir dir;
  const std::string config = (dir / "config.json").string();
  std::ofstream(config) << R"({"log":{"kind":"kafka"},"kafka":{"bootstrap":"127.0.0.1:1"}})";
  std::filesystem::create_directories(dir / "tables" / "bookings");
  const Ran ran = run(
      "rebuild", declare_rebuild, {"chargers", "--config", config, "--var", dir.path().string()});
  BOOST_TEST((ran.exit == Exit::usage));
  BOOST_TEST(ran.err.find("no table chargers below") != std::string::npos, ran.err);
  BOOST_TEST(!std::filesystem::exists(dir / "tables" / "chargers"));
  std::filesystem::remove_all(dir / "tables");
  const Ran all =
      run("rebuild", declare_rebuild, {"--all", "--config", config, "--var", dir.path().string()});
  BOOST_TEST((all.exit == Exit::usage));
  BOOST_TEST(all.err.find("no table below") != std::string::npos, all.err);
}

BOOST_AUTO_TEST_CASE(topics_lists_the_embedded_logs) {
  both_ways(1, [&] {
    const Ran ran = run_here("topics", declare_topics, {});
    BOOST_TEST((ran.exit == Exit::ok), ran.err);
    BOOST_TEST(ran.out.find("commands.bookings") != std::string::npos);
  });
}

BOOST_AUTO_TEST_CASE(the_control_socket_is_its_owners_alone) {
  deployment.start();
  const auto status = std::filesystem::status(control_path(deployment.process()));
  BOOST_TEST((status.permissions() ==
              (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write)));
  const auto second = ControlServer::open(control_path(deployment.process()), deployment.engine());
  BOOST_REQUIRE(!second);
  BOOST_TEST((second.error().code == Code::full));
}

BOOST_AUTO_TEST_CASE(a_remote_log_reads_appends_and_waits) {
  deployment.start();
  auto log = open_remote_log(control_path(deployment.process()));
  BOOST_REQUIRE(log);
  BOOST_TEST((*log)->id().text() == deployment.engine().log().id().text());
  auto reader = (*log)->reader();
  BOOST_REQUIRE(reader);
  const Slot keys{"keys", 0};
  const auto end = (*log)->end(keys);
  BOOST_REQUIRE(end);
  BOOST_REQUIRE((*reader)->seek(keys, *end));
  auto appender = (*log)->writer("test");
  BOOST_REQUIRE(appender);
  Record record;
  record.kind = Kind::key;
  record.id = record.stream = Uuid::v5({}, "a key");
  record.type = "key";
  record.payload = R"({"subject":"x"})";
  record.appended = Instant{77};
  BOOST_REQUIRE((*appender)->append(keys, {&record, 1}, Durability::now));
  BOOST_TEST((*reader)->wait(Duration::seconds(10)));
  const auto batch = (*reader)->read(keys, {});
  BOOST_REQUIRE(batch);
  BOOST_REQUIRE(batch->records.size() == 1U);
  BOOST_TEST(batch->records[0].payload == record.payload);
  BOOST_TEST(batch->records[0].appended.us == 77);
  BOOST_TEST(batch->records[0].offset == *end);
  const auto wrong = (*reader)->seek(keys, 1'000'000);
  BOOST_TEST((wrong.error().code == Code::mismatch));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace wf::cli::tools_test
