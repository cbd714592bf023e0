// Which rows of an ordering belong on a page, as what, and when it is full.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/row_format.h"
#include "storage/table_view.h"

namespace wf {

// The value of a top-level member of a row's JSON: strings without quotes and escapes, all else as
// it is written. Nothing if there is no such member.
std::optional<std::string> json_column(std::string_view json, std::string_view name);

// The row as the page shows it; nothing if it is hidden or the query's filters do not want it.
// Code::corrupt if the stored parts do not decode.
Result<std::optional<std::string>> match_row(const TableType& type,
                                             const RowQuery& query,
                                             std::string_view stored);

// Gathers the rows of a page within its query's bounds. The query outlives it.
class PageRows {
 public:
  explicit PageRows(const RowQuery& query) : query_(query) {}

  // One more was looked at, and is shown if it is there. False: the page ends with it.
  bool take(std::optional<std::string> row) {
    ++looked_at_;
    if (row) {
      bytes_ += row->size();
      rows_.push_back(std::move(*row));
    }
    return rows_.size() < query_.limit && bytes_ < query_.bytes_max &&
           looked_at_ < query_.scan_limit;
  }
  std::vector<std::string> release() { return std::move(rows_); }

 private:
  const RowQuery& query_;
  std::vector<std::string> rows_;
  std::size_t bytes_ = 0;
  std::uint32_t looked_at_ = 0;
};

}  // namespace wf
