// Folding, showing and parking rows.
#include "storage/row_fold.h"

#include <algorithm>
#include <exception>

#include "storage/bytes.h"
#include "storage/quarantine.h"

namespace wf {
namespace {

constexpr std::size_t reason_bytes_max = 200;

void note_first(Quarantine& parked, const FoldItem& item, const SlotPositions& slots) {
  const SlotPosition& slot = slots[item.slot];
  const bool known = std::ranges::any_of(parked.first, [&](const SlotOffset& seen) {
    return seen.partition == slot.partition && seen.topic == slot.topic;
  });
  if (!known) parked.first.push_back({slot.topic, slot.partition, item.offset});
}

void park(LiveRow& row, const FoldItem& item, const SlotPositions& slots, std::string_view reason) {
  row.state = LiveRow::State::fold_failed;
  row.row.reset();
  row.own.clear();
  row.version = 0;
  row.parked = std::make_unique<Quarantine>();
  row.parked->since = item.meta.at;
  row.parked->reason = reason.substr(0, reason_bytes_max);
  note_first(*row.parked, item, slots);
}

// False if the part already belongs to another stream.
bool owns(std::vector<OwnStream>& own, std::uint8_t part, const Uuid& stream) {
  for (const OwnStream& known : own) {
    if (known.part == part) return known.stream == stream;
  }
  own.push_back({part, stream});
  std::ranges::sort(own, {}, &OwnStream::part);
  return true;
}

std::vector<StoredEntry> stored_entries(const std::vector<IndexEntry>& index,
                                        std::string_view key) {
  std::vector<StoredEntry> entries;
  entries.reserve(index.size());
  for (const IndexEntry& entry : index) entries.push_back(stored_entry(entry, key));
  std::ranges::sort(entries, {}, &StoredEntry::key);
  const auto same = [](const StoredEntry& a, const StoredEntry& b) { return a.key == b.key; };
  entries.erase(std::unique(entries.begin(), entries.end(), same), entries.end());
  return entries;
}

Digest128 hash_of(const std::vector<IndexEntry>& index) {
  std::string bytes;
  for (const IndexEntry& entry : index) {
    bytes.push_back(static_cast<char>(entry.index));
    put_text(bytes, entry.key);
    if (!entry.point) continue;
    put_little(bytes, static_cast<std::uint32_t>(entry.point->lon_e7));
    put_little(bytes, static_cast<std::uint32_t>(entry.point->lat_e7));
  }
  return xxh3_128(bytes);
}

void replace_entries(LiveRow& row, std::vector<StoredEntry> entries, Changes& changes) {
  if (entries == row.entries) return;
  for (const StoredEntry& old : row.entries) {
    const bool stays = std::ranges::any_of(
        entries, [&](const StoredEntry& entry) { return entry.key == old.key; });
    if (!stays) changes.erase(old.key);
  }
  for (const StoredEntry& entry : entries) {
    if (std::ranges::find(row.entries, entry) == row.entries.end()) {
      changes.put(entry.key, entry.value);
    }
  }
  row.entries = std::move(entries);
}

void add_quarantine_edit(std::string_view key, LiveRow& row, Changes& changes, Totals& totals) {
  if (row.parked) {
    if (!row.stored_quarantine) ++totals.quarantined;
    changes.put(kind_key(KeyKind::quarantine, key), encode_quarantine(*row.parked));
  } else if (row.stored_quarantine) {
    --totals.quarantined;
    changes.erase(kind_key(KeyKind::quarantine, key));
  }
  row.stored_quarantine = row.parked != nullptr;
}

}  // namespace

void append_touches(const TableType& type,
                    std::span<const FoldItem> items,
                    std::size_t n,
                    std::vector<Touch>& scratch,
                    std::vector<RowTouch>& out) {
  const FoldItem& item = items[n];
  if (!type.folds(item.event->type())) return;
  scratch.clear();
  type.touches(*item.event, item.meta, scratch);
  if (scratch.size() > 1) std::ranges::stable_sort(scratch, {}, &Touch::key);
  for (Touch& touch : scratch) {
    const std::uint64_t order = first_bytes(touch.key);
    out.push_back({std::move(touch.key), order, static_cast<std::uint32_t>(n), touch.part});
  }
}

std::vector<RowTouch> sorted_touches(const TableType& type, std::span<const FoldItem> items) {
  std::vector<RowTouch> touches;
  touches.reserve(items.size());
  std::vector<Touch> scratch;
  for (std::size_t n = 0; n < items.size(); ++n) append_touches(type, items, n, scratch, touches);
  std::ranges::stable_sort(touches, [](const RowTouch& a, const RowTouch& b) {
    return a.order != b.order ? a.order < b.order : a.key < b.key;
  });
  return touches;
}

LiveRow RowFolder::fresh() const {
  LiveRow row;
  row.row = type_->fresh();
  return row;
}

Result<LiveRow> RowFolder::load(std::string_view key,
                                std::string_view value,
                                std::string_view quarantine) const {
  const Result<StoredRow> stored = parse_row(value);
  if (!stored) return tl::make_unexpected(stored.error());
  LiveRow row;
  row.stored = true;
  row.stored_quarantine = stored->quarantined();
  row.hash = row_hash(key, value);
  row.version = stored->version;
  row.own = stored->own_streams();
  if (stored->quarantined()) {
    Result<Quarantine> parked = decode_quarantine(key, quarantine);
    if (!parked) return tl::make_unexpected(parked.error());
    row.parked = std::make_unique<Quarantine>(std::move(*parked));
    row.state = (stored->flags & row_flag::fold_failed) != 0 ? LiveRow::State::fold_failed
                                                             : LiveRow::State::view_failed;
  }
  if (row.state == LiveRow::State::fold_failed) return row;
  Result<RowPtr> decoded = type_->decode(stored->parts);
  if (!decoded) return fail(Code::corrupt, decoded.error().detail);
  row.row = std::move(*decoded);
  if (stored->visible()) {
    std::vector<IndexEntry> index;
    type_->index(*row.row, index);
    row.entries = stored_entries(index, key);
  }
  return row;
}

void RowFolder::fold(LiveRow& row,
                     std::span<const RowTouch> touches,
                     std::span<const FoldItem> items,
                     const SlotPositions& slots) const {
  std::int64_t counted = -1;  // an event that touches two parts is one event
  for (const RowTouch& touch : touches) {
    const FoldItem& item = items[touch.item];
    if (row.state == LiveRow::State::fold_failed) {
      note_first(*row.parked, item, slots);
      continue;
    }
    if (type_->is_own(touch.part) && !owns(row.own, touch.part, item.meta.stream)) {
      park(row, item, slots, "an own part met an event of a second stream");
      continue;
    }
    try {
      type_->fold(*row.row, touch.part, *item.event, item.meta);
    } catch (const std::exception& error) {
      park(row, item, slots, error.what());
      continue;
    }
    if (counted != touch.item) ++row.version;
    counted = touch.item;
    row.at = item.meta.at;
  }
}

// Fills json_ and index_; false if the row is hidden or could not be shown.
bool RowFolder::show(LiveRow& row) {
  try {
    const bool visible = type_->view(*row.row, json_);
    if (visible) type_->index(*row.row, index_);
    row.state = LiveRow::State::sound;
    row.parked.reset();
    return visible;
  } catch (const std::exception& error) {
    if (row.state != LiveRow::State::view_failed) {
      row.parked = std::make_unique<Quarantine>();
      row.parked->since = row.at;
    }
    row.parked->reason = std::string_view(error.what()).substr(0, reason_bytes_max);
    row.state = LiveRow::State::view_failed;
    index_.clear();
    return false;
  }
}

// Most changes of a row leave what it is found by: then no entry is made.
void RowFolder::add_entry_edits(std::string_view key,
                                LiveRow& row,
                                Changes& changes) const {
  const Digest128 indexed = hash_of(index_);
  if (row.indexed == indexed) return;
  replace_entries(row, stored_entries(index_, key), changes);
  row.indexed = indexed;
}

void RowFolder::seal(std::string_view key, LiveRow& row, Changes& changes, Totals& totals) {
  json_.clear();
  parts_.clear();
  index_.clear();
  RowContent content;
  content.own = &row.own;
  if (row.state == LiveRow::State::fold_failed) {
    content.flags = row_flag::fold_failed;
  } else {
    const bool visible = show(row);
    if (!visible) json_.clear();
    const bool same = visible && type_->shows_parts();
    if (!same) type_->encode(*row.row, parts_);
    content.flags = row.state == LiveRow::State::view_failed ? row_flag::view_failed
                    : visible                                ? 0
                                                             : row_flag::hidden;
    content.version = row.version;
    content.json = json_;
    content.parts = same ? json_ : parts_;
  }
  if (row.parked) content.since = row.parked->since;

  key_.assign(1, static_cast<char>(KeyKind::row)).append(key);
  value_.clear();
  append_row(value_, content);
  if (row.stored) totals.digest -= row.hash;
  row.hash = row_hash(key, value_);
  totals.digest += row.hash;
  if (!row.stored) ++totals.rows;
  row.stored = true;
  changes.put_row(key_, value_);
  add_entry_edits(key, row, changes);
  add_quarantine_edit(key, row, changes, totals);
}

}  // namespace wf
