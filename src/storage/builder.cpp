// Folding and sealing by hash of key, sorting by kind, ingesting all at once.
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
constexpr std::size_t piece_min = 10'000;  // edits
constexpr std::size_t piece_max = 100'000;

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
std::string_view head_of(const Edit& edit) {
  const auto kind = static_cast<KeyKind>(edit.key.front());
  return edit.key.substr(0, kind == KeyKind::index || kind == KeyKind::geo ? 2 : 1);
}

using Lists = std::map<std::string_view, std::vector<Edit>>;  // by head

// At most about as much as a file holds, and enough for every thread.
std::vector<std::span<const Edit>> in_pieces(std::span<const Edit> edits, std::size_t threads) {
  const std::size_t size = std::clamp(edits.size() / threads + 1, piece_min, piece_max);
  std::vector<std::span<const Edit>> pieces;
  for (; edits.size() > size; edits = edits.subspan(size)) pieces.push_back(edits.first(size));
  pieces.push_back(edits);
  return pieces;
}

}  // namespace

struct Builder::Shard {
  std::mutex mutex;
  absl::flat_hash_map<std::string, LiveRow> rows;
  // Of the ingestion under way:
  Changes changes;
  Totals totals;  // what it adds, modulo 2^64 and 2^128

  void seal(RowFolder& folder) {
    changes.rows.reserve(rows.size());
    for (auto& [key, row] : rows) {
      folder.seal(key, row, changes, totals);
      row = {};
    }
    rows.clear();
  }
};

Builder::Builder(std::shared_ptr<TableStore> store,
                 SlotPositions slots,
                 const BuildLimits& limits,
                 std::shared_ptr<RowsInMemory> all)
    : store_(std::move(store)), slots_(std::move(slots)), limits_(limits), all_(std::move(all)) {
  ++all_->builds;
  for (std::size_t n = 0; n < shard_count; ++n) shards_.push_back(std::make_unique<Shard>());
}

Builder::~Builder() {
  --all_->builds;
  all_->rows -= rows_;
  if (store_) store_->remove_when_closed();
}

Result<std::unique_ptr<Builder>> Builder::open(const std::filesystem::path& dir,
                                               const TableType& type,
                                               const Resources& resources,
                                               const Uuid& log_id,
                                               SlotPositions slots,
                                               const BuildLimits& limits,
                                               std::shared_ptr<RowsInMemory> shared) {
  Result<std::shared_ptr<TableStore>> store = TableStore::open(dir, type, resources, log_id);
  if (!store) return tl::make_unexpected(store.error());
  const bool fresh = (*store)->positions().empty();
  if (!fresh) return fail(Code::invalid, dir.string() + ": a build starts in an empty directory");
  if (!shared) shared = std::make_shared<RowsInMemory>();
  return std::unique_ptr<Builder>(
      new Builder(std::move(*store), std::move(slots), limits, std::move(shared)));
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
  return too_many() ? spill() : Result<void>();
}

// And it is for this build to spill: it holds no less than the others on average.
bool Builder::too_many() const {
  const std::size_t all = all_->rows;
  return all > limits_.rows_in_memory && rows_ * all_->builds >= all;
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
      ++all_->rows;
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
  if (!too_many()) return {};  // another thread was first
  return ingest(nullptr);
}

Result<void> Builder::ingest(const SlotPositions* positions) {
  in_parallel(limits_.threads, shard_count, [&](std::size_t n) {
    RowFolder folder(store_->type());
    shards_[n]->seal(folder);
  });
  Lists lists;
  Changes own;
  for (const auto& shard : shards_) {
    totals_.digest += shard->totals.digest;
    totals_.rows += shard->totals.rows;
    totals_.quarantined += shard->totals.quarantined;
  }
  if (positions != nullptr) {
    for (const SlotPosition& position : *positions) put_position(own, position);
    own.put(kind_key(KeyKind::digest), encode_totals(totals_));
  }
  const auto gather = [&lists](const Changes& changes) {
    for (const auto* edits : {&changes.rows, &changes.others}) {
      for (const Edit& edit : *edits) lists[head_of(edit)].push_back(edit);
    }
  };
  for (const auto& shard : shards_) gather(shard->changes);
  gather(own);
  std::vector<std::vector<Edit>*> sorting;
  for (auto& [head, list] : lists) sorting.push_back(&list);
  std::ranges::sort(sorting, std::greater<>(), [](const auto* list) { return list->size(); });
  in_parallel(limits_.threads, sorting.size(), [&](std::size_t n) { sort_by_key(*sorting[n]); });

  TableStore::Engine& engine = store_->engine();
  std::vector<std::span<const Edit>> tasks;
  for (const auto* list : sorting) {
    std::ranges::move(in_pieces(*list, limits_.threads), std::back_inserter(tasks));
  }
  std::vector<Result<std::vector<std::string>>> files(tasks.size());
  in_parallel(limits_.threads, tasks.size(), [&](std::size_t n) {
    files[n] =
        write_sorted_files(engine.dir, "built-" + std::to_string(n), tasks[n], engine.resources);
  });
  std::vector<std::string> paths;
  for (auto& made : files) {
    if (!made) return tl::make_unexpected(made.error());
    std::ranges::move(*made, std::back_inserter(paths));
  }
  if (!paths.empty()) {
    if (Result<void> ingested = ingest_files(*engine.db, paths, false); !ingested) return ingested;
  }
  engine.written(positions != nullptr ? *positions : SlotPositions{}, totals_);
  for (const auto& shard : shards_) {
    shard->changes = {};
    shard->totals = {};
  }
  all_->rows -= rows_.exchange(0);
  spilled_ = true;
  return {};
}

Result<std::shared_ptr<TableStore>> Builder::finish(const SlotPositions& positions) {
  const std::unique_lock alone(folding_);
  if (Result<void> done = ingest(&positions); !done) return tl::make_unexpected(done.error());
  return std::exchange(store_, nullptr);
}

}  // namespace wf
