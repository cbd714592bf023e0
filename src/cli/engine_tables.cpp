// An engine's tables as others meet them: served and read over sockets, rebuilt and copied.
#include <algorithm>
#include <thread>

#include "cli/engine.h"
#include "runtime/row_refold.h"
#include "storage/checkpoint.h"

namespace wf::cli {
namespace {

tl::unexpected<Error> no_table(std::string_view name) {
  return fail(Code::not_found, "this process has no table '" + std::string(name) + "'");
}

}  // namespace

Result<void> Engine::open_sockets() {
  const ProcessConfig& process = config_.process;
  const auto size = [](std::int64_t count) { return static_cast<std::size_t>(count); };
  if (!process.serve_tables.empty() && !tables_.empty()) {
    std::vector<const TableView*> tables;
    for (const auto& [name, table] : tables_) tables.push_back(table.get());
    auto server = TableServer::open(std::move(tables),
                                    {.address = process.serve_tables,
                                     .log_id = log_->id(),
                                     .platform = &config_.platform,
                                     .connections_max = size(process.table_sockets.connections_max),
                                     .failing_since = [this] { return failing_since(); }});
    if (!server) return tl::unexpected(server.error());
    table_server_ = std::move(*server);
  }
  if (!parts_.remote_tables) return {};
  std::vector<TableNode> nodes;
  for (const TableNodeConfig& node : process.tables) {
    TableNode& one = nodes.emplace_back(TableNode{node.address, node.tables});
    std::erase_if(one.tables, [this](const std::string& name) { return tables_.contains(name); });
  }
  std::erase_if(nodes, [](const TableNode& node) { return node.tables.empty(); });
  const TableSocketConfig& limits = process.table_sockets;
  auto remote = RemoteTables::open(nodes,
                                   catalogue().tables,
                                   {.log_id = log_->id(),
                                    .request_max = Duration::millis(limits.request_ms_max),
                                    .silence_max = Duration::millis(limits.silence_ms_max),
                                    .connections_max = size(limits.connections_per_node_max),
                                    .alarm = alarm_});
  if (!remote) return tl::unexpected(remote.error());
  remote_tables_ = std::move(*remote);
  remote_tables_->on_rows([this](const TableInfo& table, const std::vector<std::string>& keys) {
    if (on_rows_) on_rows_(table, keys);
  });
  return {};
}

void Engine::rows_changed(const TableInfo& table, const std::vector<std::string>& keys) {
  if (table_server_) table_server_->rows_changed(table, keys);
  if (on_rows_) on_rows_(table, keys);
}

// After each step of the projector, on its thread.
void Engine::stepped() {
  folded_.store(projector_->folded(), std::memory_order_relaxed);
  if (projector_->failure()) projector_stopped_ = true;
  if (table_server_) table_server_->moved();
}

bool Engine::healthy() const {
  if (projector_stopped_) return false;
  if (!deciders_) return true;
  const std::vector<DeciderStatus> all = deciders_->status();
  return std::all_of(all.begin(), all.end(), [](const DeciderStatus& one) {
    return one.failure.empty() && one.forwarder_failure.empty();
  });
}

std::map<std::string, const TableView*, std::less<>> Engine::views() const {
  std::map<std::string, const TableView*, std::less<>> views;
  for (const auto& [name, table] : tables_) views.emplace(name, table.get());
  if (!remote_tables_) return views;
  for (const TableView* table : remote_tables_->tables()) {
    views.emplace(table->type().info().name, table);
  }
  return views;
}

Result<void> Engine::rebuild(std::span<const std::string> tables, RebuildProgress& progress) {
  std::vector<TableHome*> homes;
  for (const std::string& table : tables) {
    const auto found = tables_.find(table);
    if (found == tables_.end()) return no_table(table);
    TableHome* const home = found->second.get();
    if (std::ranges::find(homes, home) == homes.end()) homes.push_back(home);  // each once
  }
  const std::unique_lock lock(rebuilding_, std::try_to_lock);
  if (!lock.owns_lock()) return fail(Code::unavailable, "another rebuild is under way");
  RebuildOptions options;
  options.slots = slots();
  const auto built = wf::rebuild(*log_, catalogue(), homes, options, progress);
  if (!built) return tl::unexpected(built.error());
  for (std::size_t i = 0; i < homes.size(); ++i) projector_->replace(*homes[i], (*built)[i]);
  Result<void> done;
  for (std::size_t i = 0; i < homes.size(); ++i) {
    if (const auto swapped = await_swap(*homes[i], (*built)[i], progress); !swapped) done = swapped;
  }
  return done;
}

// The projector swaps once both stand at the same place.
Result<void> Engine::await_swap(TableHome& home,
                                const std::shared_ptr<TableStore>& next,
                                const RebuildProgress& progress) {
  while (home.live() != next) {
    const bool stopped = projector_stopped_;
    const bool failed = is_given_up(*next);
    if ((progress.cancel || stopped || failed) && projector_->withdraw(home, next)) {
      next->remove_when_closed();
      if (failed)
        return fail(Code::io, "it cannot be written, an alarm says why; the old one stays");
      return stopped ? fail(Code::unavailable, "the projector has stopped")
                     : fail(Code::closed, "cancelled; the live generation stays");
    }
    std::this_thread::sleep_for(swap_poll);
  }
  return {};
}

// Most of it is read beside the projector, which waits for the last bit only.
Result<void> Engine::refold_row(std::string_view table,
                                std::string_view key,
                                RebuildProgress& progress) {
  const auto found = tables_.find(table);
  if (found == tables_.end()) return no_table(table);
  const std::unique_lock lock(rebuilding_, std::try_to_lock);
  if (!lock.owns_lock()) return fail(Code::unavailable, "a rebuild is under way");
  TableHome& home = *found->second;
  auto row = RowRefold::open(*log_, catalogue(), home.type(), key);
  if (!row) return tl::unexpected(row.error());
  for (int twice = 0; twice < 2; ++twice) {
    const auto read = (*row)->advance(home.live()->positions(), progress);
    if (!read) return read;
  }
  Result<void> done;
  projector_->between_steps([&] {
    const auto store = home.live();
    done = (*row)->advance(store->positions(), progress);
    if (done) done = (*row)->put(*store);
    if (done && home.type().info().channel) rows_changed(home.type().info(), {std::string(key)});
  });
  return done;
}

Result<void> Engine::checkpoint(std::string_view table, const std::string& directory) {
  const auto found = tables_.find(table);
  if (found == tables_.end()) return no_table(table);
  if (found->second->state().built_percent) {
    return fail(Code::unavailable, std::string(table) + " is being built: see `wayfold lag`");
  }
  return wf::checkpoint(*found->second->live(), directory);
}

}  // namespace wf::cli
