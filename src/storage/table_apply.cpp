// Folding batches into a live store, and putting a refolded row back.
#include <algorithm>
#include <array>

#include "storage/table_engine.h"
#include "storage/table_store.h"

namespace wf {
namespace {

constexpr std::size_t rows_read_at_once = 128;

void add(rocksdb::WriteBatch& batch, const Edit& edit) {
  if (edit.erase) {
    batch.Delete(edit.key);
  } else {
    batch.Put(edit.key, edit.value);
  }
}

// Rows, index entries, quarantine, digest and positions: one write, one memtable, so a kill loses
// all of it or nothing.
Result<void> write(TableStore::Engine& engine,
                   Changes& changes,
                   const Totals& totals,
                   const SlotPositions& moved) {
  std::ranges::sort(changes.others, {}, &Edit::key);
  rocksdb::WriteBatch batch;
  for (const Edit& edit : changes.others) add(batch, edit);
  for (const Edit& edit : changes.rows) add(batch, edit);
  for (const SlotPosition& position : moved) add(batch, position_edit(position));
  batch.Put(kind_key(KeyKind::digest), encode_totals(totals));
  rocksdb::WriteOptions options;
  options.disableWAL = true;
  const rocksdb::Status status = engine.db->Write(options, &batch);
  if (!status.ok()) return tl::make_unexpected(engine_error(status));
  engine.publish({merged(engine.published()->positions, moved), totals});
  return {};
}

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

// Finds the rows in the cache, in the store, or makes them.
Result<void> load_rows(TableStore::Engine& engine, std::vector<Group>& groups) {
  std::vector<Group*> missing;
  std::vector<std::string> keys;
  for (Group& group : groups) {
    group.row = engine.cache.take(group.key());
    if (group.row) continue;
    missing.push_back(&group);
    keys.push_back(kind_key(KeyKind::row, group.key()));
  }
  std::array<rocksdb::Slice, rows_read_at_once> slices;
  std::array<rocksdb::PinnableSlice, rows_read_at_once> values;
  std::array<rocksdb::Status, rows_read_at_once> statuses;
  std::ranges::copy(keys, slices.begin());
  engine.db->MultiGet({},
                      engine.db->DefaultColumnFamily(),
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
        load_row(*engine.db, engine.folder, missing[i]->key(), values[i].ToStringView());
    if (!row) return tl::make_unexpected(row.error());
    missing[i]->row = std::move(*row);
  }
  return {};
}

Result<void> fold_batch(TableStore::Engine& engine,
                        std::span<const FoldItem> items,
                        const SlotPositions& positions) {
  const std::vector<RowTouch> all = sorted_touches(engine.type, items);
  Changes changes;
  changes.rows.reserve(all.size());
  Totals totals = engine.published()->totals;
  for (std::span<const RowTouch> rest = all; !rest.empty();) {
    std::vector<Group> groups = next_groups(rest);
    if (Result<void> loaded = load_rows(engine, groups); !loaded) return loaded;
    for (Group& group : groups) {
      engine.folder.fold(*group.row, group.touches, items, positions);
      engine.folder.seal(group.key(), *group.row, changes, totals);
      engine.cache.put(group.key(), std::move(*group.row));
    }
  }
  return write(engine, changes, totals, positions);
}

}  // namespace

Result<LiveRow> load_row(rocksdb::DB& db,
                         const RowFolder& folder,
                         std::string_view key,
                         std::string_view value) {
  const Result<StoredRow> stored = parse_row(value);
  if (!stored || !stored->quarantined()) return folder.load(key, value, {});
  const Result<std::string> record = read_value(db, {}, kind_key(KeyKind::quarantine, key));
  if (!record) return tl::make_unexpected(record.error());
  return folder.load(key, value, *record);
}

Result<void> TableStore::apply(std::span<const FoldItem> items, const SlotPositions& positions) {
  Result<void> done = fold_batch(*engine_, items, positions);
  if (!done) engine_->cache.clear();  // it holds rows that were not written
  return done;
}

Refold::Refold(const TableType& type, std::string_view key)
    : type_(&type), key_(key), row_(RowFolder(type).fresh()) {}

void Refold::add(std::span<const FoldItem> items, const SlotPositions& slots) {
  std::vector<RowTouch> touches = sorted_touches(*type_, items);
  const auto mine = std::ranges::equal_range(touches, key_, {}, &RowTouch::key);
  RowFolder(*type_).fold(row_, {mine.begin(), mine.end()}, items, slots);
}

Result<void> TableStore::unpark(Refold& refold, const SlotPositions& positions) {
  const auto now = engine_->published();
  if (!reached(positions, now->positions) || !reached(now->positions, positions)) {
    return fail(Code::unavailable, "the row was not refolded up to the table's position");
  }
  const Result<std::string> value =
      read_value(*engine_->db, {}, kind_key(KeyKind::row, refold.key_));
  if (!value) return tl::make_unexpected(value.error());
  if (!value->empty()) {
    const Result<LiveRow> old = load_row(*engine_->db, engine_->folder, refold.key_, *value);
    if (!old) return tl::make_unexpected(old.error());
    refold.row_.stored = true;
    refold.row_.stored_quarantine = old->stored_quarantine;
    refold.row_.hash = old->hash;
    refold.row_.entries = old->entries;
  }
  Changes changes;
  Totals totals = now->totals;
  engine_->folder.seal(refold.key_, refold.row_, changes, totals);
  if (refold.row_.parked) return fail(Code::invalid, "still: " + refold.row_.parked->reason);
  static_cast<void>(engine_->cache.take(refold.key_));
  return write(*engine_, changes, totals, {});
}

}  // namespace wf
