// Publishing batches, and writing what is in memory to disk.
#include "storage/table_engine.h"

#include <algorithm>

#include "base/hash.h"
#include "base/thread_name.h"
#include "storage/sorted_files.h"

namespace wf {
namespace {

// One table's runs beyond it are drained, and a quarter of it when all tables together hold half of
// what they may.
constexpr std::size_t drain_at_bytes = std::size_t{32} << 20;

std::shared_ptr<const rocksdb::Snapshot> snapshot_of(rocksdb::DB& db) {
  return {db.GetSnapshot(),
          [&db](const rocksdb::Snapshot* snapshot) { db.ReleaseSnapshot(snapshot); }};
}

}  // namespace

TableStore::Engine::~Engine() {
  if (!remove) static_cast<void>(drain());  // what is lost is folded again
  if (draining_.joinable()) draining_.join();
  *resources.unwritten -= accounted_;
  state_.reset();  // snapshots go before their database
  disk_.reset();
  db.reset();
  if (!remove) return;
  std::error_code ignored;  // what stays is removed when the table's home is opened again
  std::filesystem::remove_all(dir, ignored);
}

Result<void> TableStore::Engine::add(Changes&& changes,
                                     const Totals& totals,
                                     const SlotPositions& moved) {
  if (Result<void> room = make_room(); !room) return room;
  for (const SlotPosition& position : moved) put_position(changes, position);
  changes.put(kind_key(KeyKind::digest), encode_totals(totals));
  sort_by_key(changes.others);
  for (const Edit& row : changes.rows) rows_.insert(xxh64(row.key));
  reads.begin_write(changes.rows);
  push(runs_, SortedRun::of(std::move(changes)));
  publish(merged(state()->positions, moved), totals);
  reads.end_write();
  account();
  return {};
}

Result<void> TableStore::Engine::make_room() {
  // One table alone holds what all may: its drains fail, or the bound is small. It waits for one.
  if (accounted_ > resources.limits.write_buffer_bytes) {
    if (Result<void> written = drain(); !written) return written;
  }
  if (!drained()) return begin_drain();
  const std::size_t own = bytes_of(runs_);
  const std::size_t all = *resources.unwritten;
  const bool crowded = all > resources.limits.write_buffer_bytes / 2;
  if (own < (crowded ? drain_at_bytes / 4 : drain_at_bytes)) return {};
  if (own > 2 * drain_at_bytes || all > resources.limits.write_buffer_bytes) {
    if (draining_.joinable()) draining_.join();
  }
  return begin_drain();
}

bool TableStore::Engine::may_be_in_memory(std::string_view key) const {
  const std::uint64_t hash = xxh64(key);
  return rows_.contains(hash) || frozen_rows_.contains(hash);
}

void TableStore::Engine::account() {
  const std::size_t now = bytes_of(state()->runs);
  *resources.unwritten += now - accounted_;  // modulo 2^64
  accounted_ = now;
}

void TableStore::Engine::written(SlotPositions positions, const Totals& totals) {
  {
    const std::lock_guard lock(mutex_);
    disk_ = snapshot_of(*db);
  }
  publish(std::move(positions), totals);
}

void TableStore::Engine::publish(SlotPositions positions, const Totals& totals) {
  auto next = std::make_shared<StoreState>();
  next->positions = std::move(positions);
  next->totals = totals;
  const std::lock_guard lock(mutex_);
  next->runs.reserve(frozen_.size() + runs_.size());
  next->runs = frozen_;
  next->runs.insert(next->runs.end(), runs_.begin(), runs_.end());
  next->disk = disk_;
  state_ = std::move(next);
}

Result<void> TableStore::Engine::begin_drain() {
  Runs runs;
  Result<void> earlier;
  {
    const std::lock_guard lock(mutex_);
    earlier = drained_;
    if (busy_) return earlier;
    if (frozen_.empty()) frozen_rows_.clear();
    frozen_.insert(frozen_.end(), runs_.begin(), runs_.end());
    runs = frozen_;
    busy_ = !runs.empty();
  }
  runs_.clear();
  frozen_rows_.insert(rows_.begin(), rows_.end());
  rows_.clear();
  if (runs.empty()) return earlier;
  draining_ = std::jthread([this, runs] {
    name_thread("drain " + std::string(type.info().name));
    run_drain(runs);
  });
  return earlier;
}

Result<void> TableStore::Engine::drain() {
  if (draining_.joinable()) draining_.join();
  static_cast<void>(begin_drain());  // what an earlier one left is tried again
  if (draining_.joinable()) draining_.join();
  account();
  return drained();
}

void TableStore::Engine::run_drain(const Runs& runs) {
  const std::lock_guard disk(disk_mutex_);
  const std::lock_guard turn(*resources.draining);
  Result<void> written = write_runs(*db, dir, runs, resources);
  const std::lock_guard lock(mutex_);
  busy_ = false;
  drained_ = std::move(written);
  if (!drained_) return;
  frozen_.clear();
  disk_ = snapshot_of(*db);
  auto next = std::make_shared<StoreState>(*state_);
  next->runs.erase(next->runs.begin(),
                   next->runs.begin() + static_cast<std::ptrdiff_t>(runs.size()));
  next->disk = disk_;
  state_ = std::move(next);
}

Result<void> write_runs(rocksdb::DB& db,
                        const std::filesystem::path& dir,
                        const Runs& runs,
                        const Resources::Shared& resources) {
  if (runs.empty()) return {};
  std::shared_ptr<const SortedRun> all;
  for (auto run = runs.rbegin(); run != runs.rend(); ++run) {
    all = all ? SortedRun::merged(**run, *all) : *run;
  }
  const auto paths = write_sorted_files(dir, "drained", all->entries(), resources);
  if (!paths) return tl::make_unexpected(paths.error());
  return ingest_files(db, *paths, true);
}

Result<void> ingest_files(rocksdb::DB& db,
                          const std::vector<std::string>& paths,
                          bool hidden_from_snapshots) {
  rocksdb::IngestExternalFileOptions options;
  options.move_files = true;
  options.snapshot_consistency = hidden_from_snapshots;
  const rocksdb::Status status = db.IngestExternalFile(paths, options);
  if (!status.ok()) return tl::make_unexpected(engine_error(status));
  return {};
}

}  // namespace wf
