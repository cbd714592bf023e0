// The engine of one process: its log, tables, projector and deciders, put together from the
// configuration.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/catalogue.h"
#include "cli/config.h"
#include "log/log.h"
#include "runtime/command_outcomes.h"
#include "runtime/deciders.h"
#include "runtime/projector.h"
#include "runtime/rebuild.h"
#include "storage/generations.h"

namespace wf::cli {

struct EngineParts {
  bool decide = true;
  bool forward = true;
  std::vector<std::string> tables;  // empty with all_tables false: none
  bool all_tables = true;
};

// open(), start() and stop() from one thread; the rest from any once it is started.
class Engine {
 public:
  static Result<std::unique_ptr<Engine>> open(const Config& config, EngineParts parts, Alarm alarm);
  ~Engine();

  void on_rows(OnRows callback) { projector_->on_rows(std::move(callback)); }
  void start();
  // Stops deciding, folds what is left, flushes; a later start reads little.
  void stop();

  Log& log() { return *log_; }
  const Config& config() const { return config_; }
  TableView* table(std::string_view name);
  const std::map<std::string, std::unique_ptr<TableHome>, std::less<>>& tables() const {
    return tables_;
  }
  // Builds a table's next generation beside the live one and swaps it in; returns when it is live.
  // One at a time: Code::unavailable while another runs. Code::closed: cancelled.
  Result<void> rebuild(std::string_view table, RebuildProgress& progress);
  // A copy of a table's store as it stands, in a directory that is not there yet.
  Result<void> checkpoint(std::string_view table, const std::string& directory);
  CommandOutcomes& outcomes() { return *outcomes_; }
  Deciders* deciders() { return deciders_.get(); }
  std::uint64_t folded() const { return folded_.load(std::memory_order_relaxed); }

 private:
  Engine(Config config, EngineParts parts, Alarm alarm)
      : config_(std::move(config)), parts_(std::move(parts)), alarm_(std::move(alarm)) {}
  Result<void> open_log();
  Result<void> open_tables();
  Result<std::unique_ptr<TableHome>> open_table(const TableType& type);
  Result<std::unique_ptr<CommandOutcomes>> open_outcomes();

  Config config_;
  EngineParts parts_;
  Alarm alarm_;
  std::unique_ptr<Log> log_;
  std::unique_ptr<Resources> resources_;
  std::map<std::string, std::unique_ptr<TableHome>, std::less<>> tables_;
  std::unique_ptr<CommandOutcomes> outcomes_;
  std::unique_ptr<Projector> projector_;
  std::unique_ptr<Deciders> deciders_;
  std::atomic<std::uint64_t> folded_{0};
  std::mutex rebuilding_;
  std::jthread projecting_;
};

}  // namespace wf::cli
