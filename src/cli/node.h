// One long-running process: engine, control socket and gateway, from their start to a clean stop.
#pragma once
#include <memory>
#include <string>

#include "cli/control_server.h"
#include "cli/engine.h"
#include "gateway/gateway.h"

namespace wf::cli {

struct NodeParts {
  EngineParts engine;
  bool serve = true;          // the gateway
  bool make_secrets = false;  // `run` makes VAR/secrets.json at the first start; others need it
  bool control = true;        // VAR/control.sock
};

// From one thread.
class Node {
 public:
  static Result<std::unique_ptr<Node>> open(const Config& config, NodeParts parts);
  ~Node();

  Result<void> start();
  // Answers what is under way, folds what is left and flushes. Nothing is lost without it.
  void stop();

  // Whether open() began a new embedded log.
  bool new_log() const { return new_log_; }
  // "http://127.0.0.1:8000"; empty without a gateway.
  std::string url() const;
  // Of the pages for people; empty without a gateway, or where Swagger UI is not installed.
  std::string docs_url() const;
  Engine& engine() { return *engine_; }
  gateway::Gateway* gateway() { return gateway_.get(); }
  const gateway::Secrets& secrets() const { return *secrets_; }

 private:
  explicit Node(Config config) : config_(std::move(config)) {}
  Result<void> load_secrets(bool make);
  Result<void> make_secrets(Log& log);
  void warn_of_other_secrets(const Uuid& log) const;
  Result<void> open_gateway();

  Config config_;
  bool new_log_ = false;
  Uuid secrets_log_;  // nil: the secrets name none
  std::unique_ptr<gateway::Secrets> secrets_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<gateway::Gateway> gateway_;
  std::unique_ptr<ControlServer> control_;
};

}  // namespace wf::cli
