// For tests: an engine on real files in a temporary directory, and commands for it.
#pragma once
#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <string>
#include <thread>

#include "cli/commands.h"
#include "cli/control_server.h"
#include "cli/engine.h"
#include "cli/tool_log.h"
#include "support/temp_dir.h"

namespace wf::cli {

// What a subcommand printed, and how it ended.
struct Ran {
  Exit exit;
  std::string out;
  std::string err;
};

inline std::string take(std::FILE* file) {
  std::string text;
  std::rewind(file);
  char bytes[4096];
  for (std::size_t n; (n = std::fread(bytes, 1, sizeof bytes, file)) > 0;) text.append(bytes, n);
  std::fclose(file);
  return text;
}

// Runs one subcommand as main() would.
inline Ran run(const char* name,
               Action (*declare)(const Arguments&, Setup&),
               std::vector<std::string> arguments,
               const std::string& input = {}) {
  std::FILE* in = std::tmpfile();
  std::fwrite(input.data(), 1, input.size(), in);
  std::rewind(in);
  std::FILE* out = std::tmpfile();
  std::FILE* err = std::tmpfile();
  arguments.insert(arguments.begin(), name);
  Exit exit{};
  {
    Setup setup(fileno(in), fileno(out), fileno(err));
    const Subcommand table[] = {{name, "", "", declare}};
    exit = run_command_line(table, arguments, setup);
  }
  std::fclose(in);
  return {exit, take(out), take(err)};
}

// A deployment whose deciders and tables run; stop() leaves its directory.
class Deployment {
 public:
  explicit Deployment(std::int64_t partitions = 8) {
    config_.process.partitions = partitions;
    config_.process.var = dir_.path().string();
    config_.process.platform = "";
    config_.platform.name = "test";
  }
  ~Deployment() { stop(); }

  std::string var() const { return config_.process.var; }
  const ProcessConfig& process() const { return config_.process; }
  ProcessConfig& process() { return config_.process; }  // before it is started

  void open(EngineParts parts) {
    auto engine = Engine::open(config_, std::move(parts), [](std::string_view) {});
    BOOST_REQUIRE_MESSAGE(engine, engine.error().detail);
    engine_ = std::move(*engine);
  }
  void start_with(EngineParts parts) {
    open(std::move(parts));
    engine_->start();
  }
  void start(bool control = true) {
    start_with({});
    if (control) answer_tools();
  }
  void answer_tools() {
    auto server = ControlServer::open(control_path(config_.process), *engine_);
    BOOST_REQUIRE_MESSAGE(server, server.error().detail);
    server_ = std::move(*server);
  }
  void stop() {
    server_.reset();
    engine_.reset();
  }
  Engine& engine() { return *engine_; }

  // Lists `count` more chargers, and waits until the table has them.
  void list_chargers(int count) {
    for (int i = 0; i < count; ++i, ++listed_) list_one(std::to_string(listed_));
    wait_for_chargers(listed_);
  }
  void list_one(const std::string& name) { command("charger.List", name, list_payload()); }
  // To the charger of that name; once each.
  void command(std::string_view type_name, const std::string& name, const std::string& payload) {
    auto appender = engine_->log().writer("test");
    BOOST_REQUIRE(appender);
    const CommandType* type = catalogue().command(type_name);
    Record record;
    record.id = Uuid::v5({}, fmt::format("{} {}", type_name, name));
    record.stream = Uuid::v5({}, "charger " + name);
    record.at = wall_clock();
    record.type = type->name;
    record.payload = payload;
    record.correlation = record.id;
    record.principal = host;
    record.roles = type->roles;
    const auto partition =
        partition_of(record.stream, static_cast<std::uint32_t>(config_.process.partitions));
    BOOST_REQUIRE(
        (*appender)->append({"commands.bookings", partition}, {&record, 1}, Durability::now));
  }
  void wait_for_chargers(int count) {
    for (int i = 0; i < count; ++i) {
      while (!row_is_there(Uuid::v5({}, fmt::format("charger {}", i)))) std::this_thread::yield();
    }
  }

  bool row_is_there(const Uuid& charger) {
    const std::string key(reinterpret_cast<const char*>(charger.bytes.data()), 16);
    const auto row = engine_->table("chargers")->get(key);
    return row && row->found();
  }

  static constexpr AccountId host{Uuid{{0xa5}}};

 private:
  // The sample with a time zone and opening hours that exist.
  static std::string list_payload() {
    return R"({"title":"Garage","position":[77.5945627,12.9715987],)"
           R"("connectors":[{"number":1,"type":"type2","power_w":22000}],"instant":true,)"
           R"("time_zone":"Asia/Kolkata","schedule":[{"day":1,"from":0,"to":1440}]})";
  }

  TempDir dir_;
  Config config_;
  int listed_ = 0;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<ControlServer> server_;
};

}  // namespace wf::cli
