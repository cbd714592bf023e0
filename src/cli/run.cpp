// `wayfold run`, `serve` and `work`: the long-running processes.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <thread>

#include "cli/commands.h"
#include "cli/node.h"
#include "cli/stop_signal.h"

namespace wf::cli {
namespace {

Exit serve(Setup& setup, const Config& config, const NodeParts& parts) {
  auto node = Node::open(config, parts);
  if (!node) return setup.fail(node.error());
  if (auto ok = (*node)->start(); !ok) return setup.fail(ok.error());
  const std::string url = (*node)->url();
  if (!url.empty()) setup.out.line(fmt::format("wayfold: {}", url));
  if (!url.empty()) {
    setup.out.line(fmt::format("  docs  {}/docs", url));
    setup.out.line(
        fmt::format("  try   curl '{}/chargers?lat=28.6139&lon=77.2090&radius_m=20000'", url));
  }
  setup.out.line("wayfold: ready; ctrl-C stops it");
  setup.out.flush();
  while (!stop_requested()) std::this_thread::sleep_for(std::chrono::milliseconds(100));
  (*node)->stop();
  return Exit::ok;
}

Result<Config> embedded(const Setup& setup) {
  auto config = load_config(setup.config, setup.var);
  if (config && config->process.log.kind == LogKind::kafka) {
    return fail(Code::invalid,
                "`wayfold run` is for the embedded log; on Kafka start `serve` and `work`");
  }
  return config;
}

}  // namespace

Action declare_run(CLI::App& app, Setup& setup) {
  static_cast<void>(app);
  return [&setup] {
    const auto config = embedded(setup);
    if (!config) return setup.fail(config.error());
    return serve(setup, *config, {.engine = {}, .make_secrets = true});
  };
}

Action declare_serve(CLI::App& app, Setup& setup) {
  static_cast<void>(app);
  return [&setup] {
    const auto config = load_config(setup.config, setup.var);
    if (!config) return setup.fail(config.error());
    return serve(setup, *config, {.engine = {.decide = false, .forward = false, .tables = {}}});
  };
}

Action declare_work(CLI::App& app, Setup& setup) {
  auto only = std::make_shared<std::string>();
  app.add_option("--only", *only, "one kind of worker")
      ->check(CLI::IsMember({"deciders", "forwarders"}));
  return [&setup, only] {
    const auto config = load_config(setup.config, setup.var);
    if (!config) return setup.fail(config.error());
    const EngineParts parts{.decide = only->empty() || *only == "deciders",
                            .forward = only->empty() || *only == "forwarders",
                            .tables = {},
                            .all_tables = false};
    return serve(setup, *config, {.engine = parts, .serve = false});
  };
}

}  // namespace wf::cli
