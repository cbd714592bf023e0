// Which rows of an ordering belong on a page, and as what.
#pragma once
#include <optional>
#include <string>
#include <string_view>

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

}  // namespace wf
