// Reads and rewrites rows as the API serves them. Any thread.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/table.h"
#include "gateway/key_ring.h"

namespace wf::gateway {

// A top-level member's value: a string without its quotes, all else as it is written.
std::optional<std::string> member(std::string_view json, std::string_view name);

// The row with its personal columns in clear: null for a forgotten person. False if a key is
// missing: then the row may not be shown at all.
bool open_personal(const TableInfo& table, const KeyRing& keys, std::string& json);

// Whether `value` is one of the column's type, and its one text ("2026-11-21T09:00:00Z" for any
// offset, a UUID in lower case). Nothing for types that cannot be asked for.
std::optional<std::string> canonical_value(ColumnType type,
                                           std::span<const std::string_view> values,
                                           std::string_view value);

}  // namespace wf::gateway
