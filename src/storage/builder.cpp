// Folding and sealing by hash of key, sorting by kind, ingesting all at once.
#include "storage/builder.h"

#include <absl/container/node_hash_map.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <mutex>

#include "base/hash.h"
#include "base/in_parallel.h"
#include "storage/prefetch.h"
#include "storage/sorted_files.h"
#include "storage/table_engine.h"

namespace wf {
namespace {

constexpr std::size_t piece_min = 10'000;  // edits
constexpr std::size_t piece_max = 100'000;
constexpr std::size_t rows_ahead = 8;   // are asked for
constexpr std::size_t row_bytes = 256;  // of each

// Rows, and each index, are sorted and written by themselves.
std::uint16_t list_of(const Edit& edit) {
  const auto kind = static_cast<KeyKind>(edit.key[0]);
  const bool of_index = kind == KeyKind::index || kind == KeyKind::geo;
  return static_cast<std::uint16_t>(static_cast<unsigned char>(edit.key[0]) << 8 |
                                    (of_index ? static_cast<unsigned char>(edit.key[1]) : 0));
}

using Lists = std::map<std::uint16_t, std::vector<Edit>>;

// At most about as much as a file holds, and enough for every thread.
std::vector<std::span<const Edit>> in_pieces(std::span<const Edit> edits, std::size_t threads) {
  const std::size_t size = std::clamp(edits.size() / threads + 1, piece_min, piece_max);
  std::vector<std::span<const Edit>> pieces;
  for (; edits.size() > size; edits = edits.subspan(size)) pieces.push_back(edits.first(size));
  pieces.push_back(edits);
  return pieces;
}

// A row and what a batch does to it.
struct TouchedRow {
  std::span<const RowTouch> touches;
  LiveRow* row = nullptr;
};

bool same_row(const RowTouch& a, const RowTouch& b) { return a.order == b.order && a.key == b.key; }

}  // namespace

struct Builder::Shard {
  std::mutex mutex;
  absl::node_hash_map<std::string, LiveRow> rows;
  // Of the ingestion under way:
  Changes changes;  // whose blocks the edits of the lists are in
  Lists lists;
  Totals totals;  // what it adds, modulo 2^64 and 2^128

  void seal(RowFolder& folder) {
    std::vector<decltype(rows)::pointer> ahead;
    ahead.reserve(rows.size());
    for (auto& row : rows) ahead.push_back(&row);
    for (std::size_t n = 0; n < ahead.size(); ++n) {
      if (n + 2 * rows_ahead < ahead.size()) {
        prefetch(ahead[n + 2 * rows_ahead], sizeof *ahead[n]);
      }
      if (n + rows_ahead < ahead.size()) {
        prefetch(ahead[n + rows_ahead]->second.row.get(), row_bytes);
      }
      auto& [key, row] = *ahead[n];
      folder.seal(key, row, changes, totals);
      row = {};
      list();
    }
    rows.clear();
  }

  // Moves the edits to the lists.
  void list() {
    for (auto* edits : {&changes.rows, &changes.others}) {
      for (const Edit& edit : *edits) lists[list_of(edit)].push_back(edit);
      edits->clear();
    }
  }
};

Builder::Builder(std::shared_ptr<TableStore> store,
                 const Resources& resources,
                 SlotPositions slots,
                 const BuildLimits& limits,
                 std::shared_ptr<RowsInMemory> all)
    : store_(std::move(store)),
      resources_(resources),
      slots_(std::move(slots)),
      limits_(limits),
      all_(std::move(all)) {
  ++all_->builds;
  for (std::size_t n = 0; n < BatchTouches::parts_count; ++n) {
    shards_.push_back(std::make_unique<Shard>());
  }
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
  Result<std::shared_ptr<TableStore>> store =
      TableStore::open_to_build(dir, type, resources, log_id);
  if (!store) return tl::make_unexpected(store.error());
  const bool fresh = (*store)->positions().empty();
  if (!fresh) return fail(Code::invalid, dir.string() + ": a build starts in an empty directory");
  if (!shared) shared = std::make_shared<RowsInMemory>();
  return std::unique_ptr<Builder>(
      new Builder(std::move(*store), resources, std::move(slots), limits, std::move(shared)));
}

void Builder::touches(std::span<const FoldItem> items, BatchTouches& out) const {
  for (auto& part : out.parts) part.clear();
  std::vector<Touch> scratch;
  std::vector<RowTouch> touches;
  for (std::size_t n = 0; n < items.size(); ++n) {
    touches.clear();
    append_touches(store_->type(), items, n, scratch, touches);
    for (RowTouch& touch : touches) {
      out.parts[xxh64(touch.key) % out.parts.size()].push_back(std::move(touch));
    }
  }
}

Result<void> Builder::add(std::span<const FoldItem> items, const BatchTouches& touches) {
  {
    const std::shared_lock alive(folding_);
    for (std::size_t n = 0; n < shards_.size(); ++n) {
      const std::lock_guard lock(shards_[n]->mutex);
      if (auto folded = fold(*shards_[n], touches.parts[n], items); !folded) return folded;
    }
  }
  return too_many() ? spill() : Result<void>();
}

Result<void> Builder::add(std::span<const FoldItem> items) {
  BatchTouches made;
  touches(items, made);
  return add(items, made);
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
  // Rows lie anywhere in memory: each step asks for what the next one reads, a few rows ahead.
  std::vector<TouchedRow> rows;
  for (std::size_t n = 0; n < touches.size();) {
    const std::size_t first = n;
    while (++n < touches.size() && same_row(touches[n], touches[first])) {
    }
    rows.push_back({touches.subspan(first, n - first), nullptr});
    if (n + rows_ahead < touches.size()) prefetch(touches[n + rows_ahead].key.data(), 1);
    shard.rows.prefetch(touches[first].key);
  }
  for (TouchedRow& touched : rows) {
    const std::string& key = touched.touches.front().key;
    auto at = shard.rows.find(key);
    if (at == shard.rows.end()) {
      Result<LiveRow> row = spilled_ ? first_touch(key) : folder.fresh();
      if (!row) return tl::make_unexpected(row.error());
      at = shard.rows.emplace(key, std::move(*row)).first;
      ++rows_;
      ++all_->rows;
    }
    touched.row = &at->second;
    prefetch(touched.row, sizeof(LiveRow));
  }
  for (std::size_t n = 0; n < rows.size(); ++n) {
    if (n + rows_ahead < rows.size()) {
      const TouchedRow& later = rows[n + rows_ahead];
      prefetch(later.row->row.get(), row_bytes);
      prefetch(&items[later.touches.front().item], sizeof(FoldItem));
    }
    folder.fold(*rows[n].row, rows[n].touches, items, slots_);
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
  in_parallel(limits_.threads, shards_.size(), [&](std::size_t n) {
    RowFolder folder(store_->type());
    shards_[n]->seal(folder);
  });
  for (const auto& shard : shards_) {
    totals_.digest += shard->totals.digest;
    totals_.rows += shard->totals.rows;
    totals_.quarantined += shard->totals.quarantined;
  }
  if (positions != nullptr) {
    Shard& any = *shards_.front();
    for (const SlotPosition& position : *positions) put_position(any.changes, position);
    any.changes.put(kind_key(KeyKind::digest), encode_totals(totals_));
    any.list();
  }
  std::map<std::uint16_t, std::size_t> sizes;
  for (const auto& shard : shards_) {
    for (const auto& [id, list] : shard->lists) sizes[id] += list.size();
  }
  std::vector<std::pair<std::uint16_t, std::size_t>> largest(sizes.begin(), sizes.end());
  std::ranges::sort(largest, std::greater<>(), [](const auto& list) { return list.second; });
  std::vector<std::vector<Edit>> sorted(largest.size());
  in_parallel(limits_.threads, largest.size(), [&](std::size_t n) {
    const auto [id, size] = largest[n];
    sorted[n].reserve(size);
    for (const auto& shard : shards_) {
      if (const auto list = shard->lists.find(id); list != shard->lists.end()) {
        std::ranges::move(list->second, std::back_inserter(sorted[n]));
        list->second = std::vector<Edit>();  // {} would keep its memory
      }
    }
    sort_by_key(sorted[n]);
  });

  TableStore::Engine& engine = store_->engine();
  std::vector<std::span<const Edit>> tasks;
  for (const auto& list : sorted) {
    std::ranges::move(in_pieces(list, limits_.threads), std::back_inserter(tasks));
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
    shard->lists.clear();
    shard->totals = {};
  }
  all_->rows -= rows_.exchange(0);
  spilled_ = true;
  return {};
}

Result<std::shared_ptr<TableStore>> Builder::finish(const SlotPositions& positions) {
  const std::unique_lock alone(folding_);
  if (Result<void> done = ingest(&positions); !done) return tl::make_unexpected(done.error());
  const std::filesystem::path dir = store_->dir();
  const TableType& type = store_->type();
  const Uuid log_id = store_->log_id();
  store_.reset();
  Result<std::shared_ptr<TableStore>> built = TableStore::open(dir, type, resources_, log_id);
  std::error_code ignored;  // what stays is removed when the table's home is opened again
  if (!built) std::filesystem::remove_all(dir, ignored);
  return built;
}

}  // namespace wf
