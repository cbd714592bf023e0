// `wayfold run`, `serve`, `gateway`, `project` and `work`: the long-running processes.
#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "cli/commands.h"
#include "cli/node.h"
#include "cli/stop_signal.h"
#include "cli/table_names.h"

namespace wf::cli {
namespace {

void print_text(Setup& setup, Node& node) {
  const std::string url = node.url();
  if (!url.empty()) {
    setup.out.line(fmt::format("wayfold: {}", url));
    const std::string docs = node.docs_url();
    setup.out.line(docs.empty() ? fmt::format("  docs  {}/openapi.json (without Swagger UI, which "
                                              "is not installed)",
                                              url)
                                : "  docs  " + docs);
    setup.out.line(
        fmt::format("  try   curl '{}/chargers?lat=28.6139&lon=77.2090&radius_m=20000'", url));
  }
  const std::string tables = node.engine().tables_address();
  if (!tables.empty()) setup.out.line("  tables at " + tables);
  setup.out.line(fmt::format("  {} {} in {}",
                             node.new_log() ? "new log" : "log",
                             node.engine().log().id().text(),
                             node.engine().config().process.var));
  setup.out.line("wayfold: ready; ctrl-C stops it");
}

void print_json(Setup& setup, Node& node) {
  std::string& out = setup.out.text();
  const std::string url = node.url();
  append_text_or_null(out += R"({"url":)", url);
  append_text_or_null(out += R"(,"docs":)", node.docs_url());
  append_text_or_null(out += R"(,"tables":)", node.engine().tables_address());
  append_text_or_null(out += R"(,"var":)", node.engine().config().process.var);
  setup.out.line(fmt::format(
      R"(,"log":"{}","new_log":{}}})", node.engine().log().id().text(), node.new_log()));
}

Exit serve(Setup& setup, const Config& config, const NodeParts& parts) {
  auto node = Node::open(config, parts);
  if (!node) return setup.fail(node.error());
  if (auto ok = (*node)->start(); !ok) return setup.fail(ok.error());
  (setup.json ? print_json : print_text)(setup, **node);
  setup.out.flush();
  while (!stop_requested()) std::this_thread::sleep_for(std::chrono::milliseconds(100));
  (*node)->stop();
  return Exit::ok;
}

Result<Config> embedded(const Setup& setup) {
  const auto process = load_process(setup.config, setup.var);
  if (!process) return tl::unexpected(process.error());
  if (process->log.kind == LogKind::kafka) {
    return fail(Code::invalid,
                "`wayfold run` is for the embedded log; on Kafka start `serve` and `work`");
  }
  return load_config(setup.config, setup.var);
}

// `what` reads a log that other processes write.
Result<Config> on_kafka(const Setup& setup, const std::string& what) {
  const auto process = load_process(setup.config, setup.var);
  if (!process) return tl::unexpected(process.error());
  if (process->log.kind != LogKind::kafka) {
    return fail(Code::invalid,
                "the embedded log has one process, `wayfold run`; `wayfold " + what +
                    "` needs a configuration whose log.kind is kafka");
  }
  return load_config(setup.config, setup.var);
}

struct Projecting {
  std::vector<std::string> tables;
  std::string serve;
};

Exit project(Setup& setup, const Projecting& asked) {
  auto config = on_kafka(setup, "project");
  if (!config) return setup.fail(config.error());
  if (!asked.serve.empty()) config->process.serve_tables = asked.serve;
  if (config->process.serve_tables.empty()) {
    return setup.usage("where should the tables be served? Set serve_tables, or --serve");
  }
  const auto types = tables_named(asked.tables);
  if (!types) return setup.fail(types.error());
  EngineParts parts{
      .decide = false, .forward = false, .tables = {}, .all_tables = false, .outcomes = false};
  for (const TableType* type : *types) parts.tables.emplace_back(type->info().name);
  return serve(setup, *config, {.engine = std::move(parts), .serve = false});
}

}  // namespace

Action declare_gateway(const Arguments&, Setup& setup) {
  return [&setup] {
    const auto config = on_kafka(setup, "gateway");
    if (!config) return setup.fail(config.error());
    if (config->process.tables.empty()) {
      return setup.usage("where are the tables? Name their nodes in the configuration's `tables`");
    }
    const EngineParts parts{.decide = false,
                            .forward = false,
                            .tables = {},
                            .all_tables = false,
                            .remote_tables = true};
    return serve(setup, *config, {.engine = parts});
  };
}

Action declare_project(const Arguments& takes, Setup& setup) {
  auto asked = std::make_shared<Projecting>();
  takes.option("TABLE", asked->tables, "tables to fold; without any, all");
  takes.option("--serve", asked->serve, "instead of serve_tables: unix:PATH or HOST:PORT");
  return [&setup, asked] { return project(setup, *asked); };
}

Action declare_run(const Arguments&, Setup& setup) {
  return [&setup] {
    const auto config = embedded(setup);
    if (!config) return setup.fail(config.error());
    return serve(setup, *config, {.engine = {}, .make_secrets = true});
  };
}

Action declare_serve(const Arguments&, Setup& setup) {
  return [&setup] {
    const auto config = on_kafka(setup, "serve");
    if (!config) return setup.fail(config.error());
    return serve(setup, *config, {.engine = {.decide = false, .forward = false, .tables = {}}});
  };
}

Action declare_work(const Arguments& takes, Setup& setup) {
  auto only = std::make_shared<std::string>();
  takes.option("--only", *only, "one kind of worker").one_of({"deciders", "forwarders"});
  return [&setup, only] {
    const auto config = on_kafka(setup, "work");
    if (!config) return setup.fail(config.error());
    const EngineParts parts{.decide = only->empty() || *only == "deciders",
                            .forward = only->empty() || *only == "forwarders",
                            .tables = {},
                            .all_tables = false,
                            .outcomes = false};
    return serve(setup, *config, {.engine = parts, .serve = false});
  };
}

}  // namespace wf::cli
