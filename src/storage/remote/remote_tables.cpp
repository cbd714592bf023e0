// Nodes and tables, put together.
#include "storage/remote/remote_tables.h"

#include <algorithm>

#include "storage/remote/remote_node.h"
#include "storage/remote/remote_table.h"

namespace wf {
namespace {

constexpr std::size_t nodes_max = 64;  // as the schema has it: each has a thread of its own

}  // namespace

RemoteTables::RemoteTables() = default;
RemoteTables::~RemoteTables() = default;

Result<std::unique_ptr<RemoteTables>> RemoteTables::open(const std::vector<TableNode>& nodes,
                                                         std::span<const TableType* const> types,
                                                         RemoteTablesOptions options) {
  if (nodes.size() > nodes_max) return fail(Code::invalid, "more than 64 nodes of tables");
  std::unique_ptr<RemoteTables> all(new RemoteTables());
  for (const TableNode& node : nodes) {
    if (auto ok = remote::check_address(node.address); !ok) return tl::unexpected(ok.error());
    auto& made = *all->nodes_.emplace_back(std::make_unique<remote::RemoteNode>(node, options));
    for (const std::string& name : node.tables) {
      const auto type =
          std::ranges::find(types, name, [](const TableType* one) { return one->info().name; });
      if (type == types.end()) return fail(Code::invalid, "there is no table " + name);
      auto& table = all->tables_[name];
      if (!table) {
        table = std::make_unique<remote::RemoteTable>(
            **type, options.request_max, options.silence_max, all->on_rows_);
      }
      table->add(made);
    }
  }
  return all;
}

void RemoteTables::start() {
  for (const auto& node : nodes_) {
    std::vector<remote::RemoteTable*> tables;
    for (const std::string& name : node->tables()) tables.push_back(tables_.at(name).get());
    remote::RemoteNode* const its = node.get();
    const auto heard = [its, tables](const std::vector<remote::Moved>& moved, bool first) {
      const auto now = std::chrono::steady_clock::now();
      for (std::size_t i = 0; i < tables.size(); ++i) {
        const auto told = std::ranges::find(moved, i, &remote::Moved::table);
        tables[i]->heard(*its, told == moved.end() ? nullptr : &*told, first, now);
      }
    };
    const auto lost = [its, tables] {
      for (remote::RemoteTable* const table : tables) table->lost(*its);
    };
    node->start({heard, lost});
  }
}

void RemoteTables::stop() {
  for (const auto& node : nodes_) node->stop();
}

std::vector<const TableView*> RemoteTables::tables() const {
  std::vector<const TableView*> views;
  for (const auto& [name, table] : tables_) views.push_back(table.get());
  return views;
}

const TableView* RemoteTables::table(std::string_view name) const {
  const auto found = tables_.find(name);
  return found == tables_.end() ? nullptr : found->second.get();
}

bool RemoteTables::wait_for(std::string_view name,
                            const Offsets& offsets,
                            Duration patience) const {
  const auto found = tables_.find(name);
  return found != tables_.end() && found->second->wait_for(offsets, remote::after(patience));
}

}  // namespace wf
