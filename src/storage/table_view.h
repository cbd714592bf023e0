// Reading tables: what the gateway asks, whether the store is in this process or behind a socket.
// Thread-safe.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/table.h"
#include "base/time.h"

namespace wf {

// How far a table has folded: per events slot the offset of the next record. Also what a
// `Wayfold-Position` asks for.
struct SlotOffset {
  std::string topic;
  std::uint32_t partition = 0;
  std::int64_t offset = 0;

  bool operator==(const SlotOffset&) const = default;
};
using Offsets = std::vector<SlotOffset>;

struct RowRead {
  std::string json;  // as view() made it; empty: there is no such row (or it is hidden)
  std::uint64_t row_version = 0;             // events folded into the row's parts
  std::uint64_t hash = 0;                    // low half of the row hash, for the ETag
  std::optional<Instant> quarantined_since;  // parked: then it has no json
  bool found() const { return !json.empty(); }
};

// A page of rows by an index or, without one, by key.
struct RowQuery {
  std::string index;          // empty: by key
  std::string prefix;         // encoded equal columns (index_key.h)
  std::optional<Point> near;  // geo indexes: sorted by distance
  std::uint32_t radius_m = 0;
  std::vector<std::pair<std::string, std::string>>
      equal;                               // further columns, compared in the row's JSON
  std::vector<std::string> owner_columns;  // row filter: only rows where one of them …
  std::string owner;                       // … is this account; no columns: every row
  std::optional<Query> computed;           // answer() of the table decides, and makes the row
  std::string cursor;                      // RowPage's, of the page before
  std::uint32_t limit = 50;                // rows returned
  // Beyond one of these the page ends early with a cursor.
  std::uint32_t scan_limit = 10'000;    // rows looked at
  std::uint32_t bytes_max = 1U << 20U;  // of the rows returned; the one that reaches it is the last
};

struct RowPage {
  std::vector<std::string> rows;
  std::string cursor;  // bytes, of which clients must see none; empty: there are no more
};

// A table's state as operators see it.
struct TableState {
  bool live = false;  // has reached the log's end once since it was opened
  Offsets positions;
  std::uint64_t quarantined = 0;  // rows parked
  std::string generation;
  std::optional<Instant> frozen_since = {};   // of other code, and not folded on: as of then
  std::optional<int> built_percent = {};      // the next generation is being built
  std::optional<Instant> failing_since = {};  // it is not folded on: what it has is as of then, or
                                              // of opened_as_of
  // Never live yet: when the files that it found were written. {0}: it began empty, and what it has
  // is a part.
  std::optional<Instant> opened_as_of = {};
};

class TableView {
 public:
  virtual ~TableView() = default;
  virtual const TableType& type() const = 0;
  virtual TableState state() const = 0;
  virtual bool is_live() const { return state().live; }
  virtual Result<RowRead> get(std::string_view key) const = 0;
  // Sub-resource or computed answer about one row; empty if answer() said no.
  virtual Result<std::optional<std::string>> answer(std::string_view key,
                                                    const Query& query) const = 0;
  virtual Result<RowPage> page(const RowQuery& query) const = 0;
};

// A table moved, and whoever reads now sees it; `keys` are the rows that changed if it has a
// channel: none if any may have, as when it has caught up, `no_row` if only its position moved.
using OnRows = std::function<void(const TableInfo& table, const std::vector<std::string>& keys)>;
inline const std::vector<std::string> no_row{std::string()};  // a key that no row has

}  // namespace wf
