// What is inside a TableStore. Included by src/storage/*.cpp only.
#pragma once
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "storage/engine_db.h"
#include "storage/row_cache.h"
#include "storage/table_store.h"

namespace wf {

struct TableStore::Engine {
  // What readers are told of the last batch written.
  struct Published {
    SlotPositions positions;
    Totals totals;
  };

  Engine(const TableType& table, std::filesystem::path path, const Resources::Shared& shared)
      : type(table),
        dir(std::move(path)),
        resources(shared),
        folder(table),
        cache(shared.limits.cached_rows) {}

  const TableType& type;
  std::filesystem::path dir;
  Resources::Shared resources;  // kept alive
  Uuid log_id;
  std::unique_ptr<rocksdb::DB> db;
  std::atomic<bool> live = false;
  std::atomic<bool> remove = false;

  // The writer's own.
  RowFolder folder;
  RowCache cache;

  std::shared_ptr<const Published> published() const {
    const std::lock_guard lock(mutex_);
    return published_;
  }
  void publish(Published next) {
    auto shared = std::make_shared<const Published>(std::move(next));
    const std::lock_guard lock(mutex_);
    published_.swap(shared);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Published> published_ = std::make_shared<const Published>();
};

std::string encode_totals(const Totals& totals);
Result<Totals> decode_totals(std::string_view bytes);
Edit position_edit(const SlotPosition& position);
Result<SlotPositions> read_positions(rocksdb::DB& db, const rocksdb::ReadOptions& options);
Result<Totals> read_totals(rocksdb::DB& db, const rocksdb::ReadOptions& options);
// `positions` with those of `moved` in their place.
SlotPositions merged(SlotPositions positions, const SlotPositions& moved);
// Finds the row's quarantine record too, if it is quarantined.
Result<LiveRow> load_row(rocksdb::DB& db,
                         const RowFolder& folder,
                         std::string_view key,
                         std::string_view value);

}  // namespace wf
