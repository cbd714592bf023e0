// Opens, starts and stops the engine's parts in the order they need each other.
#include "cli/engine.h"

#include <fmt/format.h>

#include <filesystem>

#include "base/errno_code.h"
#include "base/thread_name.h"
#include "cli/open_log.h"
#include "runtime/worker_loop.h"

namespace wf::cli {
namespace {

std::size_t size_of(std::int64_t bytes) { return static_cast<std::size_t>(bytes); }

DecidersOptions decider_options(const ProcessConfig& process, const EngineParts& parts) {
  DecidersOptions options;
  options.stores = process.var + "/stores";
  options.partitions = static_cast<std::uint32_t>(process.partitions);
  options.decide = parts.decide;
  options.forward = parts.forward;
  options.worker.batch.records = size_of(process.decider.batch_max);
  options.worker.batch.bytes = size_of(process.log.read_bytes_max);
  options.worker.checkpoint_changes = size_of(process.decider.checkpoint_outcomes);
  options.worker.limits.window = Duration::hours(process.decider.idempotency_hours);
  options.worker.limits.streams_cached = size_of(process.decider.streams_cached);
  options.forwarder.batch.records = size_of(process.decider.forward_batch_max);
  options.forwarder.unanswered_max = size_of(process.decider.forward_unanswered_max);
  options.forwarder.unproven_max = size_of(process.decider.forward_unproven_max);
  options.forwarder.answered_within = Duration::millis(process.decider.forward_again_ms);
  return options;
}

}  // namespace

Result<std::unique_ptr<Engine>> Engine::open(const Config& config, EngineParts parts, Alarm alarm) {
  auto engine = std::unique_ptr<Engine>(new Engine(config, std::move(parts), std::move(alarm)));
  std::error_code error;
  std::filesystem::create_directories(config.process.var, error);
  if (error) return fail(code_of_errno(error.value()), config.process.var + ": " + error.message());
  if (auto ok = engine->open_log(); !ok) return tl::unexpected(ok.error());
  if (engine->parts_.check_log) {
    if (auto ok = engine->parts_.check_log(*engine->log_); !ok) return tl::unexpected(ok.error());
  }
  if (auto ok = engine->open_tables(); !ok) return tl::unexpected(ok.error());
  if (auto ok = engine->open_sockets(); !ok) return tl::unexpected(ok.error());
  return engine;
}

Engine::~Engine() { stop(); }

Result<void> Engine::open_log() {
  auto log = wf::cli::open_log(config_.process);
  if (!log) return tl::unexpected(log.error());
  log_ = std::move(*log);
  return {};
}

Result<void> Engine::open_tables() {
  const ProcessConfig& process = config_.process;
  resources_ = std::make_unique<Resources>(
      ResourceLimits{.block_cache_bytes = size_of(process.storage.cache_bytes),
                     .read_cache_bytes = size_of(process.storage.read_cache_bytes),
                     .write_buffer_bytes = size_of(process.storage.write_buffer_bytes),
                     .background_threads = static_cast<int>(process.storage.background_threads)});
  ProjectorOptions options;
  options.slots = slots();
  options.batch.records = size_of(process.projector.batch_max);
  options.patience = Duration::millis(process.projector.patience_ms);
  projector_ = std::make_unique<Projector>(*log_, catalogue(), options, alarm_);
  for (const TableType* type : catalogue().tables) {
    const std::string name(type->info().name);
    const bool wanted =
        parts_.all_tables ||
        std::find(parts_.tables.begin(), parts_.tables.end(), name) != parts_.tables.end();
    if (!wanted) continue;
    auto table = open_table(*type);
    if (!table) return tl::unexpected(table.error());
    if (is_to_be_built(**table)) {
      (*table)->tell_progress([this] { return percent_read(building_progress_); });
      to_build_.push_back(table->get());
    } else {
      projector_->add(**table);
    }
    tables_.emplace(name, std::move(*table));
  }
  if (parts_.outcomes) {
    auto outcomes = open_outcomes();
    if (!outcomes) return tl::unexpected(outcomes.error());
    outcomes_ = std::move(*outcomes);
    projector_->add(*outcomes_);
  }
  projector_->on_rows([this](const TableInfo& table, const std::vector<std::string>& keys) {
    rows_changed(table, keys);
  });
  return {};
}

// A store of another log, build or format, or of a log that lost what it had accepted, is folded
// again.
Result<std::unique_ptr<TableHome>> Engine::open_table(const TableType& type) {
  const std::string dir = fmt::format("{}/tables/{}", config_.process.var, type.info().name);
  for (bool again = false;; again = true) {
    auto table = TableHome::open(dir, type, *resources_, log_->id());
    if (!table) return table;
    if ((*table)->frozen()) {
      alarm_(
          fmt::format("table {} is of other code: its rows stay as they are until it is built anew",
                      type.info().name));
    } else if (!(*table)->discarded().empty()) {
      alarm_(fmt::format("table {} is folded again: {}", type.info().name, (*table)->discarded()));
    }
    const auto stands = check_positions(*log_, (*table)->live()->positions());
    if (stands) return table;
    if (again || stands.error().code != Code::mismatch) return tl::unexpected(stands.error());
    alarm_(fmt::format("table {} is folded again: {}", type.info().name, stands.error().detail));
    table->reset();
    if (auto ok = discard_store(dir); !ok) return tl::unexpected(ok.error());
  }
}

Result<std::unique_ptr<CommandOutcomes>> Engine::open_outcomes() {
  const std::string dir = config_.process.var + "/stores/outcomes";
  const Duration window = Duration::hours(config_.process.decider.idempotency_hours);
  auto outcomes = CommandOutcomes::open(dir, log_->id(), window);
  Result<void> stands;
  if (outcomes) stands = check_positions(*log_, (*outcomes)->positions());
  if (!outcomes) stands = tl::unexpected(outcomes.error());
  if (stands) return outcomes;
  if (stands.error().code != Code::mismatch && stands.error().code != Code::corrupt) {
    return tl::unexpected(stands.error());
  }
  alarm_(fmt::format("outcomes are folded again: {}", stands.error().detail));
  if (outcomes) outcomes->reset();
  if (auto ok = discard_store(dir); !ok) return tl::unexpected(ok.error());
  return CommandOutcomes::open(dir, log_->id(), window);
}

std::vector<Slot> Engine::slots() const {
  return slots_of(catalogue(), "events", static_cast<std::uint32_t>(config_.process.partitions));
}

TableView* Engine::table(std::string_view name) {
  const auto found = tables_.find(name);
  return found == tables_.end() ? nullptr : found->second.get();
}

void Engine::start() {
  if (remote_tables_) remote_tables_->start();
  const LoopOptions options{.window = Duration::millis(config_.process.projector.window_ms)};
  if (projects()) {
    projecting_ = std::jthread([this, options](const std::stop_token& stop) {
      name_thread("projector");
      run_worker(stop, *projector_, options, [this] { stepped(); });
      projector_->flush();
    });
  }
  if (!to_build_.empty()) {
    building_ = std::jthread([this](const std::stop_token& stop) {
      name_thread("build tables");
      build_tables(stop);
    });
  }
  if (parts_.decide || parts_.forward) {
    deciders_ = std::make_unique<Deciders>(
        *log_, catalogue(), config_.platform, decider_options(config_.process, parts_), alarm_);
    deciders_->start();
  }
  if (config_.process.log.kind == LogKind::rocks) {
    const Duration every = Duration::hours(config_.process.log.keys_compact_hours);
    keys_compaction_ = std::make_unique<KeysCompaction>(*log_, every, alarm_);
  }
}

Result<std::uint64_t> Engine::compact_keys() {
  if (keys_compaction_) return keys_compaction_->now();
  return fail(Code::invalid, "the brokers compact the keys topic by themselves");
}

void Engine::stop() {
  keys_compaction_.reset();
  if (building_.joinable()) {
    building_.request_stop();
    building_.join();
  }
  if (deciders_) deciders_->stop();
  if (projecting_.joinable()) {
    projecting_.request_stop();
    projecting_.join();
  }
  table_server_.reset();
  if (remote_tables_) remote_tables_->stop();
}

}  // namespace wf::cli
