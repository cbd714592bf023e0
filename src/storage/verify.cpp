// A scan seals every row again and expects to get what is stored.
#include "storage/verify.h"

#include <algorithm>

#include "storage/quarantine.h"
#include "storage/table_engine.h"

namespace wf {
namespace {

Digest128 entry_hash(std::string_view key, std::string_view value) { return row_hash(key, value); }

class Scan {
 public:
  explicit Scan(const TableStore& store) : view_(store.engine().view()), folder_(store.type()) {}

  Result<ScanReport> run() {
    Result<SlotPositions> positions = read_positions(view_);
    if (!positions) return tl::make_unexpected(positions.error());
    report_.positions = std::move(*positions);
    const Result<Totals> stored = read_totals(view_);
    if (!stored) return tl::make_unexpected(stored.error());
    report_.stored = *stored;
    if (Result<void> read = scan_rows(); !read) return tl::make_unexpected(read.error());
    Digest128 entries;
    for (const KeyKind kind : {KeyKind::geo, KeyKind::index, KeyKind::quarantine}) {
      if (Result<void> read = add_entries(kind, entries); !read) {
        return tl::make_unexpected(read.error());
      }
    }
    if (entries != expected_entries_) {
      if (Result<void> named = name_entry(); !named) return tl::make_unexpected(named.error());
    }
    if (report_.stored != report_.scanned) damage({}, "the rows do not add up to the digest");
    return report_;
  }

 private:
  void damage(std::string_view key, std::string_view what) {
    if (!report_.damage.empty()) return;
    report_.damage = what;
    if (!key.empty()) report_.key = key;
  }

  Result<Changes> seal_again(std::string_view key, std::string_view value) {
    const Result<std::string> record = view_.value(kind_key(KeyKind::quarantine, key));
    if (!record) return tl::make_unexpected(record.error());
    Result<LiveRow> row = folder_.load(key, value, *record);
    if (!row) return tl::make_unexpected(row.error());
    row->entries.clear();  // so that all of them come out as changes
    row->stored_quarantine = false;
    Changes changes;
    Totals ignored;
    folder_.seal(key, *row, changes, ignored);
    return changes;
  }

  Result<void> scan_rows() {
    Range range = all_of(view_, KeyKind::row);
    for (; range.valid(); range.next()) {
      const std::string_view key = range.key().substr(1);
      report_.scanned.digest += row_hash(key, range.value());
      ++report_.scanned.rows;
      const Result<Changes> again = seal_again(key, range.value());
      if (!again) {
        damage(key, again.error().detail);
        continue;
      }
      if (again->rows.front().value != range.value())
        damage(key, "the row is not what its parts say");
      for (const Edit& edit : again->others) expected_entries_ += entry_hash(edit.key, edit.value);
    }
    return range.end();
  }

  Result<void> add_entries(KeyKind kind, Digest128& sum) {
    Range range = all_of(view_, kind);
    for (; range.valid(); range.next()) {
      sum += entry_hash(range.key(), range.value());
      if (kind == KeyKind::quarantine) ++report_.scanned.quarantined;
    }
    return range.end();
  }

  // The sums differ: which entry is missing, or too many?
  Result<void> name_entry() {
    Range rows = all_of(view_, KeyKind::row);
    for (; rows.valid(); rows.next()) {
      const std::string_view key = rows.key().substr(1);
      const Result<Changes> again = seal_again(key, rows.value());
      if (!again) continue;
      for (const Edit& edit : again->others) {
        const Result<std::string> value = view_.value(edit.key);
        if (!value) return tl::make_unexpected(value.error());
        if (*value == edit.value) continue;
        damage(key, "an index entry of the row is missing or wrong");
        return {};
      }
    }
    damage({}, "an index entry belongs to no row");
    return rows.end();
  }

  StoreView view_;
  RowFolder folder_;
  ScanReport report_;
  Digest128 expected_entries_;
};

std::string served(std::string_view stored) {
  const Result<StoredRow> row = parse_row(stored);
  if (!row) return "(does not decode)";
  if (row->quarantined()) return "(quarantined)";
  return row->visible() ? std::string(row->json) : "(hidden) " + std::string(row->parts);
}

Result<void> same_place(const StoreView& a, const StoreView& b) {
  const Result<SlotPositions> left = read_positions(a);
  if (!left) return tl::make_unexpected(left.error());
  const Result<SlotPositions> right = read_positions(b);
  if (!right) return tl::make_unexpected(right.error());
  if (reached(*left, *right) && reached(*right, *left)) return {};
  return fail(Code::unavailable, "the two stores are not at the same position");
}

}  // namespace

Result<ScanReport> scan(const TableStore& store) { return Scan(store).run(); }

Result<std::optional<RowDifference>> compare(const TableStore& a, const TableStore& b) {
  const StoreView left = a.engine().view();
  const StoreView right = b.engine().view();
  if (Result<void> same = same_place(left, right); !same) return tl::make_unexpected(same.error());
  Range rows_a = all_of(left, KeyKind::row);
  Range rows_b = all_of(right, KeyKind::row);
  while (rows_a.valid() || rows_b.valid()) {
    if (!rows_b.valid() || (rows_a.valid() && rows_a.key() < rows_b.key())) {
      return RowDifference{std::string(rows_a.key().substr(1)), served(rows_a.value()), {}};
    }
    if (!rows_a.valid() || rows_b.key() < rows_a.key()) {
      return RowDifference{std::string(rows_b.key().substr(1)), {}, served(rows_b.value())};
    }
    const std::string_view key = rows_a.key().substr(1);
    if (row_hash(key, rows_a.value()) != row_hash(key, rows_b.value())) {
      return RowDifference{std::string(key), served(rows_a.value()), served(rows_b.value())};
    }
    rows_a.next();
    rows_b.next();
  }
  if (Result<void> end = rows_a.end(); !end) return tl::make_unexpected(end.error());
  if (Result<void> end = rows_b.end(); !end) return tl::make_unexpected(end.error());
  return std::nullopt;
}

}  // namespace wf
