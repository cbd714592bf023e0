// The engine of one process: its log, tables, projector and deciders, put together from the
// configuration.
#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/catalogue.h"
#include "cli/compact_keys.h"
#include "cli/config.h"
#include "log/log.h"
#include "runtime/command_outcomes.h"
#include "runtime/deciders.h"
#include "runtime/projector.h"
#include "runtime/rebuild.h"
#include "storage/generations.h"
#include "storage/remote/remote_tables.h"
#include "storage/remote/table_server.h"

namespace wf::cli {

struct EngineParts {
  bool decide = true;
  bool forward = true;
  std::vector<std::string> tables;  // empty with all_tables false: none
  bool all_tables = true;
  bool outcomes = true;        // of commands, by id: what a gateway answers /commands/{id} from
  bool remote_tables = false;  // the others are read where the configuration's `tables` says
  // Called with the open log before anything else is opened: an error of it ends open(), and has
  // changed nothing.
  std::function<Result<void>(Log&)> check_log = {};
};

// How much of what is to be read was read.
int percent_read(const RebuildProgress& progress);

// open(), start() and stop() from one thread; the rest from any once it is started.
class Engine {
 public:
  static Result<std::unique_ptr<Engine>> open(const Config& config, EngineParts parts, Alarm alarm);
  ~Engine();

  // Rows of tables with a channel that changed; no keys: any of them may have. Before start(). The
  // projector calls it, and a thread per node of remote tables.
  void on_rows(OnRows callback) { on_rows_ = std::move(callback); }
  void start();
  // Stops deciding, folds what is left, flushes; a later start reads little. on_rows' callback is
  // not called again.
  void stop();

  Log& log() { return *log_; }
  const Config& config() const { return config_; }
  TableView* table(std::string_view name);
  // Where this process serves its tables to others; empty: nowhere.
  std::string tables_address() const { return table_server_ ? table_server_->address() : ""; }
  // All that can be read: the tables of this process, and those of others.
  std::map<std::string, const TableView*, std::less<>> views() const;
  const std::map<std::string, std::unique_ptr<TableHome>, std::less<>>& tables() const {
    return tables_;
  }
  // Builds the tables' next generations beside the live ones, in one reading of the log, and swaps
  // them in; returns when they are live. One call at a time: Code::unavailable while another runs.
  // Code::closed: cancelled, and one of them at least not swapped.
  Result<void> rebuild(std::span<const std::string> tables, RebuildProgress& progress);
  // Folds one row again from the log, to end its quarantine. Code::not_found: there is no such row;
  // Code::invalid: it still cannot be folded.
  Result<void> refold_row(std::string_view table, std::string_view key, RebuildProgress& progress);
  // A copy of a table's store as it stands, in a directory that is not there yet. Code::unavailable
  // while a start builds the table: what there is may be empty, or of other code.
  Result<void> checkpoint(std::string_view table, const std::string& directory);
  // Takes the keys of forgotten people out of the embedded log; how many went. Code::invalid on
  // Kafka, whose brokers do it.
  Result<std::uint64_t> compact_keys();
  CommandOutcomes& outcomes() { return *outcomes_; }
  Deciders* deciders() { return deciders_.get(); }
  // Nothing here stopped for good: a decider, a forwarder or the projector, on a log that is not
  // what it was or a record of another build. Its alarm said why.
  bool healthy() const;
  bool projects() const { return !tables_.empty() || outcomes_; }
  bool projector_stopped() const { return projector_stopped_; }
  // Of the projector; {0}: it goes on.
  Instant failing_since() const { return projector_ ? projector_->failing_since() : Instant{}; }
  std::uint64_t folded() const { return folded_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::chrono::milliseconds swap_poll{20};
  Engine(Config config, EngineParts parts, Alarm alarm)
      : config_(std::move(config)), parts_(std::move(parts)), alarm_(std::move(alarm)) {}
  Result<void> open_log();
  Result<void> open_tables();
  Result<std::unique_ptr<TableHome>> open_table(const TableType& type);
  Result<std::unique_ptr<CommandOutcomes>> open_outcomes();
  Result<void> open_sockets();
  void rows_changed(const TableInfo& table, const std::vector<std::string>& keys);
  void stepped();
  std::vector<Slot> slots() const;  // every events slot
  // Its store has failed for too long to wait for its disk.
  bool is_given_up(const TableStore& built) const;
  bool is_to_be_built(const TableHome& table) const;
  void build_tables(const std::stop_token& stop);
  Result<void> build_once(const std::stop_token& stop);
  Result<void> await_swap(TableHome& home,
                          const std::shared_ptr<TableStore>& next,
                          const RebuildProgress& progress);

  Config config_;
  EngineParts parts_;
  Alarm alarm_;
  std::unique_ptr<Log> log_;
  std::unique_ptr<Resources> resources_;
  std::map<std::string, std::unique_ptr<TableHome>, std::less<>> tables_;
  std::unique_ptr<CommandOutcomes> outcomes_;
  OnRows on_rows_;
  std::unique_ptr<TableServer> table_server_;  // null: nobody else reads the tables
  std::unique_ptr<RemoteTables> remote_tables_;
  std::unique_ptr<Projector> projector_;
  std::unique_ptr<Deciders> deciders_;
  std::unique_ptr<KeysCompaction> keys_compaction_;  // null: the brokers do it
  std::atomic<std::uint64_t> folded_{0};
  std::atomic<bool> projector_stopped_{false};
  std::mutex rebuilding_;
  std::vector<TableHome*> to_build_;  // before they are fed: what they have is not of this code
  RebuildProgress building_progress_;
  std::jthread building_;
  std::jthread projecting_;
};

}  // namespace wf::cli
