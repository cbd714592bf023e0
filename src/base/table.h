// Tables as the engine and the gateway see them: how events fold into rows, and what may be asked.
// Erased by generated code.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/aggregate.h"
#include "base/money.h"

namespace wf {

// A row an event changes, and which of its parts.
struct Touch {
  std::string
      key;  // the row's key as bytes: 16 of a UUID, or index_key.h's encoding of several columns
  std::uint8_t part = 0;
};

// The decoded parts of one row. Only its own TableType knows what is in it.
class AnyRow {
 public:
  virtual ~AnyRow() = default;
};
using RowPtr = std::unique_ptr<AnyRow>;

// One entry of an index: `key` is the order-preserving encoding of its columns (index_key.h); a geo
// index has a point.
struct IndexEntry {
  std::uint8_t index = 0;
  std::string key;
  std::optional<Point> point;
};

enum class ColumnType : std::uint8_t {
  text,
  integer,
  boolean,
  id,
  instant,
  enumeration,
  money,
  point,
  other
};

struct Column {
  std::string_view name;
  ColumnType type = ColumnType::other;
  std::string_view personal;  // the column holding the subject's id; empty: not personal
  std::span<const std::string_view> values;  // of an enumeration
};

struct IndexColumn {
  std::uint8_t column = 0;
  bool descending = false;
};

struct Index {
  std::string_view name;
  bool geo = false;
  std::span<const IndexColumn> columns;
};

// Who may read which rows: a role sees all rows, or those whose column is its own account.
struct RowRule {
  std::uint32_t roles = 0;
  std::string_view column;  // empty: all rows
};

// A query parameter that answer() understands, beside columns and the engine's own (cursor, limit,
// sort, near, radius_m).
struct Parameter {
  std::string_view name;
  ColumnType type = ColumnType::text;
  std::string_view path;  // empty: a filter of the list route; "slots": GET /chargers/{id}/slots
  bool required = false;
  std::string_view before = {};                   // both or neither are given, and this one is less
  std::span<const std::string_view> values = {};  // of an enumeration
};

struct Query {
  std::string_view path;  // "" or a Parameter's path
  std::vector<std::pair<std::string_view, std::string_view>>
      values;  // decoded, type-checked by the gateway
  const PlatformConfig* platform = nullptr;
  Instant now = {};  // when it is asked
  std::string_view get(std::string_view name) const {
    for (const auto& [key, value] : values) {
      if (key == name) return value;
    }
    return {};
  }
};

// What a list asks for that names neither `column` nor `unless`. No column: nothing.
struct ListDefault {
  std::string_view column;
  std::string_view value;
  std::string_view unless;
};

struct TableInfo {
  std::string_view name;
  std::string_view path;       // "/bookings"; empty: no route
  std::string_view code_hash;  // of schema and fold source: names the generation's directory
  std::string_view rows_hash;  // of what reads and writes rows: builds that share it read each
                               // other's rows
  std::span<const Column> columns;
  std::span<const std::uint8_t> key;  // columns, in order
  std::span<const Index> indexes;
  std::span<const RowRule> readers;  // none: internal
  std::span<const Parameter> parameters;
  std::span<const std::string_view> topics;  // families whose events it folds
  bool channel = false;                      // WS /ws/NAME/{id}: its rows may be subscribed to
  ListDefault list_default = {};
  std::string_view summary;
};

// Stateless and immutable: one object per table, any thread. fold() and view() may throw: the
// engine quarantines the row.
class TableType {
 public:
  virtual ~TableType() = default;
  virtual const TableInfo& info() const = 0;
  virtual bool folds(const EventType& type) const = 0;
  virtual bool is_own(
      std::uint8_t part) const = 0;  // events of one stream only; the engine refuses a second
  virtual void touches(const Event& event, const Meta& meta, std::vector<Touch>& out) const = 0;
  virtual RowPtr fresh() const = 0;
  virtual Result<RowPtr> decode(std::string_view parts) const = 0;
  virtual void encode(const AnyRow& row, std::string& parts) const = 0;
  virtual void fold(AnyRow& row, std::uint8_t part, const Event& event, const Meta& meta) const = 0;
  // view() shows every row, as encode() writes it.
  virtual bool shows_parts() const { return false; }
  // The row as the API serves it, appended to `json`; false: hidden.
  virtual bool view(const AnyRow& row, std::string& json) const = 0;
  virtual void index(const AnyRow& row,
                     std::vector<IndexEntry>& out) const = 0;  // of a visible row
  // Sub-resources and computed filters: nothing if the row does not match; else JSON (on a list
  // route: the row).
  virtual std::optional<std::string> answer(const AnyRow& row, const Query& query) const = 0;
};

}  // namespace wf
