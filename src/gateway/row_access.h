// Who may read which rows of a table: deny by default. Any thread.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/table.h"
#include "gateway/token.h"

namespace wf::gateway {

struct RowAccess {
  bool all = false;                       // every row
  std::vector<std::string_view> columns;  // or those where one of these is the caller's account

  bool none() const { return !all && columns.empty(); }
};

RowAccess row_access(const TableInfo& table, const Caller& caller);

// Whether the caller may see the row.
bool may_read(const RowAccess& access, const Caller& caller, std::string_view row_json);

}  // namespace wf::gateway
