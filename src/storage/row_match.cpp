// The filters of a page: equal columns, the owner, and the table's own answer().
#include "storage/row_match.h"

#include <algorithm>

#include "base/json_cursor.h"

namespace wf {

std::optional<std::string> json_column(std::string_view json, std::string_view name) {
  JsonCursor cursor(json);
  cursor.begin_object();
  for (std::string_view key; cursor.next_key(key);) {
    const bool wanted = key == name;
    const std::string_view raw = cursor.raw();
    if (!wanted) continue;
    if (!raw.starts_with('"')) return std::string(raw);
    return std::string(JsonCursor(raw).string_view());
  }
  return std::nullopt;
}

Result<std::optional<std::string>> match_row(const TableType& type,
                                             const RowQuery& query,
                                             std::string_view stored) {
  const Result<StoredRow> row = parse_row(stored);
  if (!row) return tl::make_unexpected(row.error());
  if (!row->visible()) return std::nullopt;
  const bool equal = std::ranges::all_of(query.equal, [&](const auto& wanted) {
    return json_column(row->json, wanted.first) == wanted.second;
  });
  if (!equal) return std::nullopt;
  const auto owns = [&](const std::string& column) {
    return json_column(row->json, column) == query.owner;
  };
  if (!query.owner_columns.empty() && std::ranges::none_of(query.owner_columns, owns)) {
    return std::nullopt;
  }
  if (!query.computed) return std::string(row->json);
  const Result<RowPtr> decoded = type.decode(row->parts);
  if (!decoded) return fail(Code::corrupt, decoded.error().detail);
  return type.answer(**decoded, *query.computed);
}

}  // namespace wf
