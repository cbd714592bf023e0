// One pass over a row's text each.
#include "gateway/row_json.h"

#include <algorithm>
#include <charconv>

#include "base/json_cursor.h"
#include "base/json_write.h"
#include "base/time.h"

namespace wf::gateway {
namespace {

bool is_personal(const TableInfo& table, std::string_view name) {
  return std::ranges::any_of(table.columns, [&](const Column& column) {
    return !column.personal.empty() && column.name == name;
  });
}

std::optional<std::string> canonical_integer(std::string_view value) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc{} || end != value.data() + value.size()) return std::nullopt;
  return std::to_string(number);
}

}  // namespace

std::optional<std::string> member(std::string_view json, std::string_view name) {
  JsonCursor cursor(json);
  cursor.begin_object();
  for (std::string_view key; cursor.next_key(key);) {
    if (key != name) {
      cursor.skip();
      continue;
    }
    const std::string_view raw = cursor.raw();
    if (!raw.starts_with('"')) return std::string(raw);
    return std::string(JsonCursor(raw).string_view());
  }
  return std::nullopt;
}

bool open_personal(const TableInfo& table, const KeyRing& keys, std::string& json) {
  std::string out;
  out.reserve(json.size());
  JsonCursor cursor(json);
  cursor.begin_object();
  out += '{';
  for (std::string_view key; cursor.next_key(key);) {
    if (out.size() > 1) out += ',';
    const bool personal = is_personal(table, key);
    append_json_string(out, key);
    out += ':';
    const std::string_view raw = cursor.raw();
    if (!personal || !raw.starts_with('"')) {
      out += raw;
      continue;
    }
    const auto plain = keys.open(JsonCursor(raw).string_view());
    if (plain) {
      append_json_string(out, *plain);
    } else if (plain.error() == KeyRing::Missing::forgotten) {
      out += "null";
    } else {
      return false;
    }
  }
  out += '}';
  if (!cursor.finished()) return false;
  json = std::move(out);
  return true;
}

std::optional<std::string> canonical_value(ColumnType type,
                                           std::span<const std::string_view> values,
                                           std::string_view value) {
  switch (type) {
    case ColumnType::text:
      return std::string(value);
    case ColumnType::integer:
      return canonical_integer(value);
    case ColumnType::boolean:
      if (value != "true" && value != "false") return std::nullopt;
      return std::string(value);
    case ColumnType::id: {
      const auto id = Uuid::parse(value);
      return id ? std::optional(id->text()) : std::nullopt;
    }
    case ColumnType::instant: {
      const auto at = Instant::parse(value);
      return at ? std::optional(at->text()) : std::nullopt;
    }
    case ColumnType::enumeration:
      if (std::ranges::find(values, value) == values.end()) return std::nullopt;
      return std::string(value);
    case ColumnType::money:
    case ColumnType::point:
    case ColumnType::other:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace wf::gateway
