// Folding by hash of key, sealing and sorting each shard by itself, ingesting all at once.
#include "storage/builder.h"

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

#include "base/hash.h"
#include "storage/sorted_files.h"
#include "storage/table_engine.h"

namespace wf {
namespace {

constexpr std::size_t shard_count = 16;

// Runs work(0) … work(count - 1) on a few threads.
void in_parallel(std::size_t threads,
                 std::size_t count,
                 const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next = 0;
  const auto run = [&] {
    for (std::size_t n = next++; n < count; n = next++) work(n);
  };
  std::vector<std::thread> helpers;
  for (std::size_t n = 1; n < std::min(threads, count); ++n) helpers.emplace_back(run);
  run();
  for (std::thread& helper : helpers) helper.join();
}

// Each index is written by itself.
std::string head_of(const std::string& key) {
  const auto kind = static_cast<KeyKind>(key.front());
  return key.substr(0, kind == KeyKind::index || kind == KeyKind::geo ? 2 : 1);
}

}  // namespace

struct Builder::Shard {
  std::mutex mutex;
  absl::flat_hash_map<std::string, LiveRow> rows;
  // Of the ingestion under way:
  Changes changes;                                  // rows only
  std::map<std::string, std::vector<Edit>> others;  // by what their keys begin with
  Totals totals;                                    // what it adds, modulo 2^64 and 2^128

  void seal(RowFolder& folder) {
    std::vector<std::pair<const std::string, LiveRow>*> sorted;
    sorted.reserve(rows.size());
    for (auto& entry : rows) sorted.push_back(&entry);
    std::ranges::sort(
        sorted, {}, [](const auto* entry) -> const std::string& { return entry->first; });
    changes.rows.reserve(sorted.size());
    for (auto* entry : sorted) {
      folder.seal(entry->first, entry->second, changes, totals);
      entry->second = {};
    }
    rows.clear();
    for (Edit& edit : changes.others) others[head_of(edit.key)].push_back(std::move(edit));
    changes.others.clear();
    for (auto& [head, edits] : others) std::ranges::sort(edits, {}, &Edit::key);
  }
};

Builder::Builder(std::shared_ptr<TableStore> store, SlotPositions slots, const BuildLimits& limits)
    : store_(std::move(store)), slots_(std::move(slots)), limits_(limits) {
  for (std::size_t n = 0; n < shard_count; ++n) shards_.push_back(std::make_unique<Shard>());
}

Builder::~Builder() {
  if (store_) store_->remove_when_closed();
}

Result<std::unique_ptr<Builder>> Builder::open(const std::filesystem::path& dir,
                                               const TableType& type,
                                               const Resources& resources,
                                               const Uuid& log_id,
                                               SlotPositions slots,
                                               const BuildLimits& limits) {
  Result<std::shared_ptr<TableStore>> store = TableStore::open(dir, type, resources, log_id);
  if (!store) return tl::make_unexpected(store.error());
  const bool fresh = (*store)->positions().empty();
  if (!fresh) return fail(Code::invalid, dir.string() + ": a build starts in an empty directory");
  return std::unique_ptr<Builder>(new Builder(std::move(*store), std::move(slots), limits));
}

Result<void> Builder::add(std::span<const FoldItem> items) {
  std::vector<Touch> scratch;
  std::vector<RowTouch> touches;
  std::array<std::vector<RowTouch>, shard_count> by_shard;
  const TableType& type = store_->type();
  for (std::size_t n = 0; n < items.size(); ++n) {
    touches.clear();
    append_touches(type, items, n, scratch, touches);
    for (RowTouch& touch : touches) {
      by_shard[xxh64(touch.key) % shard_count].push_back(std::move(touch));
    }
  }
  {
    const std::shared_lock alive(folding_);
    for (std::size_t n = 0; n < shard_count; ++n) {
      const std::lock_guard lock(shards_[n]->mutex);
      if (Result<void> folded = fold(*shards_[n], by_shard[n], items); !folded) return folded;
    }
  }
  return rows_ > limits_.rows_in_memory ? spill() : Result<void>();
}

Result<void> Builder::fold(Shard& shard,
                           std::span<const RowTouch> touches,
                           std::span<const FoldItem> items) {
  const RowFolder folder(store_->type());
  while (!touches.empty()) {
    std::size_t size = 1;
    while (size < touches.size() && touches[size].key == touches[0].key) ++size;
    const std::string& key = touches[0].key;
    auto at = shard.rows.find(key);
    if (at == shard.rows.end()) {
      Result<LiveRow> row = spilled_ ? first_touch(key) : folder.fresh();
      if (!row) return tl::make_unexpected(row.error());
      at = shard.rows.emplace(key, std::move(*row)).first;
      ++rows_;
    }
    folder.fold(at->second, touches.first(size), items, slots_);
    touches = touches.subspan(size);
  }
  return {};
}

Result<LiveRow> Builder::first_touch(const std::string& key) const {
  const RowFolder folder(store_->type());
  const StoreView view = store_->engine().view();
  const Result<std::string> value = view.value(kind_key(KeyKind::row, key));
  if (!value) return tl::make_unexpected(value.error());
  return value->empty() ? folder.fresh() : load_row(view, folder, key, *value);
}

Result<void> Builder::spill() {
  const std::unique_lock alone(folding_);
  if (rows_ <= limits_.rows_in_memory) return {};  // another thread was first
  return ingest(nullptr);
}

Result<void> Builder::ingest(const SlotPositions* positions) {
  in_parallel(limits_.threads, shard_count, [&](std::size_t n) {
    RowFolder folder(store_->type());
    shards_[n]->seal(folder);
  });
  std::map<std::string, std::vector<std::span<const Edit>>> lists;
  for (const auto& shard : shards_) {
    totals_.digest += shard->totals.digest;
    totals_.rows += shard->totals.rows;
    totals_.quarantined += shard->totals.quarantined;
    lists[kind_key(KeyKind::row)].emplace_back(shard->changes.rows);
    for (const auto& [head, edits] : shard->others) lists[head].emplace_back(edits);
  }
  const Edit digest{kind_key(KeyKind::digest), encode_totals(totals_), false};
  std::vector<Edit> places;
  if (positions != nullptr) {
    for (const SlotPosition& position : *positions) places.push_back(position_edit(position));
    std::ranges::sort(places, {}, &Edit::key);
    lists[kind_key(KeyKind::digest)].emplace_back(&digest, 1);
    lists[kind_key(KeyKind::position)].emplace_back(places);
  }
  TableStore::Engine& engine = store_->engine();
  std::vector<const std::vector<std::span<const Edit>>*> tasks;
  for (const auto& [head, list] : lists) tasks.push_back(&list);
  std::ranges::reverse(tasks);  // rows are most
  std::vector<Result<std::vector<std::string>>> files(tasks.size());
  in_parallel(limits_.threads, tasks.size(), [&](std::size_t n) {
    files[n] =
        write_sorted_files(engine.dir, "built-" + std::to_string(n), *tasks[n], engine.resources);
  });
  std::vector<std::string> paths;
  for (auto& made : files) {
    if (!made) return tl::make_unexpected(made.error());
    std::ranges::move(*made, std::back_inserter(paths));
  }
  if (!paths.empty()) {
    if (Result<void> ingested = ingest_files(*engine.db, paths); !ingested) return ingested;
  }
  engine.written(positions != nullptr ? *positions : SlotPositions{}, totals_);
  for (const auto& shard : shards_) {
    shard->changes = {};
    shard->others.clear();
    shard->totals = {};
  }
  rows_ = 0;
  spilled_ = true;
  return {};
}

Result<std::shared_ptr<TableStore>> Builder::finish(const SlotPositions& positions) {
  const std::unique_lock alone(folding_);
  if (Result<void> done = ingest(&positions); !done) return tl::make_unexpected(done.error());
  return std::exchange(store_, nullptr);
}

}  // namespace wf
