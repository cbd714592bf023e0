// What is inside a TableStore. Included by src/storage/*.cpp only.
//
// A batch becomes a sorted run in memory and is published with its position. Now and then all runs
// are drained: merged, written as sorted files and taken in by RocksDB in one step, in the
// background. What is on disk is therefore always a whole number of batches.
#pragma once
#include <absl/container/flat_hash_set.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "storage/read_cache.h"
#include "storage/row_cache.h"
#include "storage/store_view.h"
#include "storage/table_store.h"

namespace wf {

struct TableStore::Engine {
  Engine(const TableType& table, std::filesystem::path path, const Resources::Shared& shared)
      : type(table),
        dir(std::move(path)),
        resources(shared),
        reads(shared.read_cache),
        folder(table),
        cache(shared.limits.cached_rows) {}
  ~Engine();

  const TableType& type;
  std::filesystem::path dir;
  Resources::Shared resources;  // kept alive
  Uuid log_id;
  std::unique_ptr<rocksdb::DB> db;
  std::atomic<bool> live = false;
  std::atomic<bool> was_live = false;
  std::atomic<std::int64_t> failing_since_us = 0;  // 0: it does not fail
  std::atomic<bool> remove = false;
  StoreReads reads;
  std::optional<Instant> frozen_since;  // opened to be read only
  Instant opened_as_of;  // when its files were written before it was opened; {0}: there were none

  // The writer's own.
  RowFolder folder;
  RowCache cache;

  std::shared_ptr<const StoreState> state() const {
    const std::lock_guard lock(mutex_);
    return state_;
  }
  StoreView view() const { return {*db, state()}; }
  // While the lock lives nothing drains: the disk has what the view's snapshot shows, no more.
  std::unique_lock<std::mutex> hold_disk() const { return std::unique_lock(disk_mutex_); }

  // The writer's. Changes in memory, visible at once. Waits only while too much is in memory; after
  // an error nothing of it is there. After a drain that failed it takes nothing until one succeeds,
  // and begins that.
  Result<void> add(Changes&& changes, const Totals& totals, const SlotPositions& moved);
  // The writer's: false if no run has that row. Most rows are new, and runs are many.
  bool may_be_in_memory(std::string_view key) const;
  // Everything is on disk, and stands there.
  void written(SlotPositions positions, const Totals& totals);
  // Begins to write what is in memory, unless that goes on already; an error is that of the last
  // drain to end, whose runs are tried again.
  Result<void> begin_drain();
  Result<void> drain();  // and waits until all of it is durable

 private:
  void publish(SlotPositions positions, const Totals& totals);
  Result<void> make_room();
  void account();
  Result<void> drained() const {
    const std::lock_guard lock(mutex_);
    return drained_;
  }
  void run_drain(const Runs& runs);

  // The writer's.
  Runs runs_;                                // younger than what is being drained
  absl::flat_hash_set<std::uint64_t> rows_;  // hashes of the rows in them
  absl::flat_hash_set<std::uint64_t> frozen_rows_;
  std::jthread draining_;
  std::size_t accounted_ = 0;  // our part of resources.unwritten

  mutable std::mutex disk_mutex_;
  mutable std::mutex mutex_;  // of what follows
  std::shared_ptr<const StoreState> state_ = std::make_shared<const StoreState>();
  std::shared_ptr<const rocksdb::Snapshot> disk_;
  Runs frozen_;           // being drained; what failed to be stays here
  bool busy_ = false;     // a drain goes on
  Result<void> drained_;  // how the last one ended
};

std::string encode_totals(const Totals& totals);
Result<Totals> decode_totals(std::string_view bytes);
void put_position(Changes& changes, const SlotPosition& position);
Result<SlotPositions> read_positions(const StoreView& view);
Result<Totals> read_totals(const StoreView& view);
// `positions` with those of `moved` in their place.
SlotPositions merged(SlotPositions positions, const SlotPositions& moved);
// Finds the row's quarantine record too, if it is quarantined.
Result<LiveRow> load_row(const StoreView& view,
                         const RowFolder& folder,
                         std::string_view key,
                         std::string_view value);
// Takes all of it in, in one step.
Result<void> write_runs(rocksdb::DB& db,
                        const std::filesystem::path& dir,
                        const Runs& runs,
                        const Resources::Shared& resources);
// Files that older snapshots need not be kept from are at the bottom as they are, where there are
// levels, and never compacted for themselves.
Result<void> ingest_files(rocksdb::DB& db,
                          const std::vector<std::string>& paths,
                          bool hidden_from_snapshots);

}  // namespace wf
