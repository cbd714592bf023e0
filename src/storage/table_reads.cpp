// Reading one row, and pages of rows by key or index.
#include <algorithm>

#include "storage/geo_page.h"
#include "storage/page_cursor.h"
#include "storage/row_match.h"
#include "storage/table_engine.h"
#include "storage/table_store.h"

namespace wf {
namespace {

// What a page walks over: its keys start with `prefix`; a cursor holds what follows `head` bytes.
struct Ordering {
  std::string prefix;
  std::size_t head = 1;
  bool by_key = true;
};

Result<std::size_t> find_index(const TableType& type, const RowQuery& query) {
  const auto indexes = type.info().indexes;
  const auto at = std::ranges::find(indexes, query.index, &Index::name);
  if (at == indexes.end()) return fail(Code::invalid, "no index " + query.index);
  if (at->geo != query.near.has_value()) {
    return fail(Code::invalid, "a geo index, and only that, is read near a point");
  }
  return static_cast<std::size_t>(at - indexes.begin());
}

Result<Ordering> find_ordering(const TableType& type, const RowQuery& query) {
  if (query.index.empty()) {
    if (query.near) return fail(Code::invalid, "near a point, but no geo index");
    return Ordering{kind_key(KeyKind::row, query.prefix), 1, true};
  }
  const Result<std::size_t> index = find_index(type, query);
  if (!index) return tl::make_unexpected(index.error());
  return Ordering{
      index_prefix(KeyKind::index, static_cast<std::uint8_t>(*index), query.prefix), 2, false};
}

Result<RowPage> page_in_order(TableStore::Engine& engine,
                              const RowQuery& query,
                              const Ordering& order) {
  const std::string_view table = engine.type.info().name;
  const Result<std::string> after = decode_cursor(table, query);
  if (!after) return tl::make_unexpected(after.error());
  std::string from = order.prefix;
  if (!after->empty()) {
    from = order.prefix.substr(0, order.head) + *after;
    if (!from.starts_with(order.prefix)) return fail(Code::invalid, "a cursor of another list");
    from.push_back('\0');
  }
  const StoreView view = engine.view();
  Range range(view, std::move(from), after_prefix(order.prefix));
  RowPage page;
  PageRows rows(query);
  for (; range.valid(); range.next()) {
    Result<std::optional<std::string>> row;
    if (order.by_key) {
      row = match_row(engine.type, query, range.value());
    } else {
      const std::string_view key = row_of_index_entry(range.key(), range.value());
      rocksdb::PinnableSlice pinned;
      const auto stored = view.find(kind_key(KeyKind::row, key), pinned);
      if (!stored) return tl::make_unexpected(stored.error());
      if (stored->empty()) return fail(Code::corrupt, "an index entry leads to no row");
      row = match_row(engine.type, query, *stored);
    }
    if (!row) return tl::make_unexpected(row.error());
    if (rows.take(std::move(*row))) continue;
    const std::string last(range.key().substr(order.head));
    range.next();
    if (range.valid()) page.cursor = encode_cursor(table, query, last);
    break;
  }
  if (Result<void> end = range.end(); !end) return tl::make_unexpected(end.error());
  page.rows = rows.release();
  return page;
}

}  // namespace

Result<RowRead> TableStore::get(std::string_view key) const {
  const StoreReads& reads = engine_->reads;
  const std::string cached = reads.key_of(key);
  if (auto row = reads.get(cached)) return std::move(*row);
  const std::uint64_t begun = reads.begin_read();
  const StoreView view = engine_->view();
  rocksdb::PinnableSlice pinned;
  const auto value = view.find(StoreReads::stored_key(cached), pinned);
  if (!value) return tl::make_unexpected(value.error());
  if (value->empty()) return RowRead{};
  const Result<StoredRow> row = parse_row(*value);
  if (!row) return tl::make_unexpected(row.error());
  RowRead read;
  read.json = row->json;
  read.row_version = row->version;
  read.hash = row_hash(key, *value).low;
  if (row->quarantined()) read.quarantined_since = row->since;
  if (read.found()) reads.put(cached, read, begun);
  return read;
}

Result<std::optional<std::string>> TableStore::answer(std::string_view key,
                                                      const Query& query) const {
  const Result<std::string> value = engine_->view().value(kind_key(KeyKind::row, key));
  if (!value) return tl::make_unexpected(value.error());
  if (value->empty()) return std::nullopt;
  RowQuery one;
  one.computed = query;
  return match_row(engine_->type, one, *value);
}

Result<RowPage> TableStore::page(const RowQuery& query) const {
  if (query.limit == 0 || query.scan_limit == 0 || query.bytes_max == 0) {
    return fail(Code::invalid, "an empty page");
  }
  if (query.near && !query.index.empty()) {
    const Result<std::size_t> index = find_index(engine_->type, query);
    if (!index) return tl::make_unexpected(index.error());
    return page_by_distance(*engine_, query, static_cast<std::uint8_t>(*index));
  }
  const Result<Ordering> order = find_ordering(engine_->type, query);
  if (!order) return tl::make_unexpected(order.error());
  return page_in_order(*engine_, query, *order);
}

}  // namespace wf
