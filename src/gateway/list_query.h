// What a list request asks for, as a question to the table.
#pragma once
#include <string>
#include <variant>

#include "gateway/call.h"
#include "gateway/query_string.h"
#include "gateway/row_access.h"
#include "storage/table_view.h"

namespace wf::gateway {

struct ListBounds {
  std::int64_t page_default = 50;
  std::int64_t page_max = 200;
  std::int64_t scan_rows_max = 10'000;
  std::int64_t page_bytes_max = 1 << 20;
  std::int64_t radius_m_max = 100'000;
};

// The question, or a 400 that names the parameter. The row filter is part of it: of a caller whose
// roles see rows by several columns, a filter on one of them chooses; else the first rule does.
// `parameters` must outlive the question.
std::variant<RowQuery, Response> list_query(const TableInfo& table,
                                            const Parameters& parameters,
                                            const RowAccess& access,
                                            const Caller& caller,
                                            const ListBounds& bounds);

// The parameters of answer(), type-checked; `path` as in Parameter. Anything else is a 400.
std::variant<Query, Response> computed_query(const TableInfo& table,
                                             std::string_view path,
                                             const Parameters& parameters);

}  // namespace wf::gateway
