// Folding batches into a live store, and putting a refolded row back.
#include <algorithm>
#include <array>

#include "base/check.h"
#include "storage/table_engine.h"
#include "storage/table_store.h"

namespace wf {
namespace {

constexpr std::size_t rows_read_at_once = 128;

// The touches of one row, and the row.
struct Group {
  std::span<const RowTouch> touches;
  std::optional<LiveRow> row;
  const std::string& key() const { return touches.front().key; }
};

std::vector<Group> next_groups(std::span<const RowTouch>& touches) {
  std::vector<Group> groups;
  groups.reserve(rows_read_at_once);
  while (!touches.empty() && groups.size() < rows_read_at_once) {
    std::size_t size = 1;
    while (size < touches.size() && touches[size].key == touches[0].key) ++size;
    groups.push_back({touches.first(size), std::nullopt});
    touches = touches.subspan(size);
  }
  return groups;
}

// Reads many rows at once from disk.
Result<void> load_stored(TableStore::Engine& engine,
                         const StoreView& view,
                         std::span<Group* const> missing,
                         std::span<const std::string> keys) {
  std::array<rocksdb::Slice, rows_read_at_once> slices;
  std::array<rocksdb::PinnableSlice, rows_read_at_once> values;
  std::array<rocksdb::Status, rows_read_at_once> statuses;
  std::ranges::copy(keys, slices.begin());
  view.db().MultiGet(view.options(),
                     view.db().DefaultColumnFamily(),
                     keys.size(),
                     slices.data(),
                     values.data(),
                     statuses.data(),
                     true);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (statuses[i].IsNotFound()) {
      missing[i]->row = engine.folder.fresh();
      continue;
    }
    if (!statuses[i].ok()) return tl::make_unexpected(engine_error(statuses[i]));
    Result<LiveRow> row =
        load_row(view, engine.folder, missing[i]->key(), values[i].ToStringView());
    if (!row) return tl::make_unexpected(row.error());
    missing[i]->row = std::move(*row);
  }
  return {};
}

// Finds the rows in the cache, in memory, on disk, or makes them.
Result<void> load_rows(TableStore::Engine& engine,
                       const StoreView& view,
                       std::vector<Group>& groups) {
  std::vector<Group*> missing;
  std::vector<std::string> keys;
  for (Group& group : groups) {
    group.row = engine.cache.take(group.key());
    if (group.row) continue;
    std::string key = kind_key(KeyKind::row, group.key());
    const auto stored = engine.may_be_in_memory(key) ? view.in_memory(key) : std::nullopt;
    if (stored) {
      Result<LiveRow> row = load_row(view, engine.folder, group.key(), *stored);
      if (!row) return tl::make_unexpected(row.error());
      group.row = std::move(*row);
      continue;
    }
    missing.push_back(&group);
    keys.push_back(std::move(key));
  }
  return keys.empty() ? Result<void>() : load_stored(engine, view, missing, keys);
}

Result<void> fold_batch(TableStore::Engine& engine,
                        std::span<const FoldItem> items,
                        const SlotPositions& positions,
                        Courtesy courtesy) {
  const std::vector<RowTouch> all = sorted_touches(engine.type, items);
  Changes changes;
  changes.rows.reserve(all.size());
  changes.others.reserve(all.size() * engine.type.info().indexes.size());
  const StoreView view = engine.view();
  Totals totals = view.state().totals;
  for (std::span<const RowTouch> rest = all; !rest.empty();) {
    std::vector<Group> groups = next_groups(rest);
    if (Result<void> loaded = load_rows(engine, view, groups); !loaded) return loaded;
    for (Group& group : groups) {
      courtesy.pause();
      const bool known = group.row->stored;  // a row that changes once more will again
      engine.folder.fold(*group.row, group.touches, items, positions);
      engine.folder.seal(group.key(), *group.row, changes, totals);
      if (known) engine.cache.put(group.key(), std::move(*group.row));
    }
  }
  return engine.add(std::move(changes), totals, positions);
}

}  // namespace

Result<LiveRow> load_row(const StoreView& view,
                         const RowFolder& folder,
                         std::string_view key,
                         std::string_view value) {
  const Result<StoredRow> stored = parse_row(value);
  if (!stored || !stored->quarantined()) return folder.load(key, value, {});
  const Result<std::string> record = view.value(kind_key(KeyKind::quarantine, key));
  if (!record) return tl::make_unexpected(record.error());
  return folder.load(key, value, *record);
}

Result<void> TableStore::apply(std::span<const FoldItem> items,
                               const SlotPositions& positions,
                               Courtesy courtesy) {
  WF_CHECK(!frozen());
  Result<void> done = fold_batch(*engine_, items, positions, courtesy);
  if (!done) engine_->cache.clear();  // it holds rows that were not written
  return done;
}

Refold::Refold(const TableType& type, std::string_view key)
    : type_(&type), key_(key), row_(RowFolder(type).fresh()) {}

void Refold::add(std::span<const FoldItem> items, const SlotPositions& slots) {
  std::vector<RowTouch> touches = sorted_touches(*type_, items);
  const auto first = std::ranges::lower_bound(touches, key_, {}, &RowTouch::key);
  const auto last = std::ranges::upper_bound(touches, key_, {}, &RowTouch::key);
  RowFolder(*type_).fold(row_, {first, last}, items, slots);
}

Result<void> TableStore::unpark(Refold& refold, const SlotPositions& positions) {
  if (frozen()) return fail(Code::unavailable, "its table is of other code: rebuild it whole");
  const StoreView view = engine_->view();
  const StoreState& now = view.state();
  if (!reached(positions, now.positions) || !reached(now.positions, positions)) {
    return fail(Code::unavailable, "the row was not refolded up to the table's position");
  }
  const Result<std::string> value = view.value(kind_key(KeyKind::row, refold.key_));
  if (!value) return tl::make_unexpected(value.error());
  if (value->empty()) return fail(Code::not_found, "there is no such row");
  const Result<LiveRow> old = load_row(view, engine_->folder, refold.key_, *value);
  if (!old) return tl::make_unexpected(old.error());
  refold.row_.stored = true;
  refold.row_.stored_quarantine = old->stored_quarantine;
  refold.row_.hash = old->hash;
  refold.row_.entries = old->entries;
  Changes changes;
  Totals totals = now.totals;
  engine_->folder.seal(refold.key_, refold.row_, changes, totals);
  if (refold.row_.parked) return fail(Code::invalid, "still: " + refold.row_.parked->reason);
  static_cast<void>(engine_->cache.take(refold.key_));
  return engine_->add(std::move(changes), totals, {});
}

}  // namespace wf
