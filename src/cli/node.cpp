// Puts a process together in the order its parts need each other, and takes it apart in reverse.
#include "cli/node.h"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <filesystem>

#include "cli/descriptors.h"
#include "cli/tool_log.h"
#include "gateway/key_ring.h"
#include "log/rocks_log.h"

namespace wf::cli {
namespace {

// Alarms go to standard error, with the time; nothing else does.
void alarm(std::string_view what) {
  static const auto logger = [] {
    auto made = spdlog::stderr_color_mt("wayfold");
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
    return made;
  }();
  logger->warn("{}", what);
}

// Idle clients must not take the descriptors that the log needs to go on.
void bound_connections(ProcessConfig& process, std::int64_t descriptors) {
  HttpConfig& http = process.http;
  const std::int64_t files = files_open_max(process.partitions);
  const std::int64_t connections = connections_within(http.connections_max, descriptors, files);
  if (connections == http.connections_max) return;
  alarm(
      fmt::format("only {} connections at a time, not {} (http.connections_max): files and "
                  "connections have {} descriptors; raise the hard limit of `ulimit -n`",
                  connections,
                  http.connections_max,
                  descriptors));
  http.connections_max = connections;
}

// Where scripts/deps puts Swagger UI: beside the build that runs, or where the process was started.
std::string docs_directory() {
  namespace fs = std::filesystem;
  std::error_code unknown;
  const fs::path binary = fs::read_symlink("/proc/self/exe", unknown);  // build/release/bin/wayfold
  const fs::path build = binary.parent_path().parent_path().parent_path();
  for (const fs::path& path : {build / "cache/swagger-ui",
                               fs::path("build/cache/swagger-ui"),
                               fs::path("/usr/share/wayfold/swagger-ui")}) {
    if (fs::exists(path / "swagger-ui-bundle.js", unknown)) return path.string();
  }
  return {};
}

// Whether an embedded log is to be begun.
Result<bool> begins_log(const ProcessConfig& process) {
  const auto there = has_rocks_log(process.var + "/log");
  if (!there) return tl::unexpected(there.error());
  if (*there) return false;
  if (auto ok = check_log_was_not_lost(process); !ok) return tl::unexpected(ok.error());
  return true;
}

// With other secrets rows would be 503, and new keys be wrapped by a master that was to be retired.
Result<void> check_masters(Log& log, const gateway::Secrets& secrets) {
  gateway::KeyRing keys(log, secrets);
  if (auto ok = keys.open(); !ok) return ok;
  return keys.check_masters();
}

}  // namespace

Result<std::unique_ptr<Node>> Node::open(const Config& config, NodeParts parts) {
  auto node = std::unique_ptr<Node>(new Node(config));
  const std::int64_t descriptors = raise_descriptor_limit();
  if (parts.serve) bound_connections(node->config_.process, descriptors);
  if (config.process.log.kind == LogKind::rocks) {
    const auto begins = begins_log(config.process);
    if (!begins) return tl::unexpected(begins.error());
    node->new_log_ = *begins;
  }
  if (parts.serve) {
    if (auto ok = node->load_secrets(parts.make_secrets); !ok) return tl::unexpected(ok.error());
    parts.engine.check_log = [made = node.get()](Log& log) {
      if (!made->secrets_) return made->make_secrets(log);
      made->warn_of_other_secrets(log.id());
      return check_masters(log, *made->secrets_);
    };
  }
  auto engine = Engine::open(config, std::move(parts.engine), alarm);
  if (!engine) return tl::unexpected(engine.error());
  node->engine_ = std::move(*engine);
  if (parts.serve) {
    if (auto ok = node->open_gateway(); !ok) return tl::unexpected(ok.error());
  }
  if (parts.control) {
    auto control = ControlServer::open(control_path(config.process), *node->engine_);
    if (!control) return tl::unexpected(control.error());
    node->control_ = std::move(*control);
  }
  return node;
}

Node::~Node() { stop(); }

// With `make` there may be none yet.
Result<void> Node::load_secrets(bool make) {
  const std::string path = secrets_path(config_.process);
  auto bytes = gateway::load_secrets(path);
  if (!bytes && make && bytes.error().code == Code::not_found) return {};
  if (!bytes) return tl::unexpected(bytes.error());
  if (new_log_ && !bytes->log.nil()) {
    return fail(Code::mismatch,
                fmt::format("there is no log at {0}/log, but {1} was made with log {2}: mount or "
                            "restore {0}, or name another --var; to begin a new log with these "
                            "secrets take `log` out of the file",
                            config_.process.var,
                            path,
                            bytes->log.text()));
  }
  secrets_log_ = bytes->log;
  secrets_ = std::make_unique<gateway::Secrets>(std::move(*bytes));
  return {};
}

// `copy` carries a deployment into another log, and its secrets go with it: nothing to refuse.
void Node::warn_of_other_secrets(const Uuid& log) const {
  if (secrets_log_.nil() || secrets_log_ == log) return;
  alarm(
      fmt::format("{} was made with log {}, this is log {}: as it should be after `wayfold copy`; "
                  "if not, put this deployment's file back, else tokens of before are refused "
                  "and commands sent again are 422 key_reused",
                  secrets_path(config_.process),
                  secrets_log_.text(),
                  log.text()));
}

Result<void> Node::make_secrets(Log& log) {
  const std::string path = secrets_path(config_.process);
  const auto keys = log.end({"keys", 0});
  if (!keys) return tl::unexpected(keys.error());
  if (*keys > 1) {  // its first record is the log's id
    return fail(Code::mismatch,
                path + " does not exist, but this log has keys: put the deployment's file back");
  }
  auto bytes = gateway::load_or_make_secrets(path, log.id());
  if (!bytes) return tl::unexpected(bytes.error());
  secrets_ = std::make_unique<gateway::Secrets>(std::move(*bytes));
  return {};
}

Result<void> Node::open_gateway() {
  gateway::Services services{
      .log = engine_->log(),
      .catalogue = catalogue(),
      .tables = engine_->views(),
      .secrets = *secrets_,
      .process = config_.process,
      .platform = config_.platform,
      .command_outcome = [this](const Uuid& id, const Offsets& read)
          -> Result<std::optional<gateway::KnownOutcome>> {
        auto known = engine_->outcomes().find(id, read);
        if (!known) return tl::unexpected(known.error());
        if (!*known) return std::nullopt;
        return gateway::KnownOutcome{(*known)->principal, std::move((*known)->json)};
      },
      .failing_since = [this] { return engine_->failing_since(); },
      .positions = engine_->outcomes().positions(),
      .ready = [this] { return engine_->healthy(); },
      .docs_directory = docs_directory()};
  auto gateway = gateway::Gateway::open(std::move(services));
  if (!gateway) return tl::unexpected(gateway.error());
  gateway_ = std::move(*gateway);
  engine_->on_rows([this](const TableInfo& table, const std::vector<std::string>& keys) {
    gateway_->rows_changed(table, keys);
  });
  return {};
}

Result<void> Node::start() {
  engine_->start();
  if (!gateway_) return {};
  return gateway_->start();
}

void Node::stop() {
  if (control_) control_->stop();
  if (gateway_) gateway_->stop();
  if (engine_) engine_->stop();
}

std::string Node::url() const {
  return gateway_ ? url_of(config_.process.http, gateway_->port()) : std::string();
}

std::string Node::docs_url() const {
  return gateway_ && gateway_->has_docs() ? url() + "/docs" : std::string();
}

}  // namespace wf::cli
