// A caller's rules are those of all its roles together.
#include "gateway/row_access.h"

#include <algorithm>

#include "gateway/row_json.h"

namespace wf::gateway {

RowAccess row_access(const TableInfo& table, const Caller& caller) {
  RowAccess access;
  for (const RowRule& rule : table.readers) {
    if ((rule.roles & caller.roles) == 0) continue;
    if (rule.column.empty()) {
      access.all = true;
    } else if (!caller.is_guest() && std::ranges::count(access.columns, rule.column) == 0) {
      access.columns.push_back(rule.column);
    }
  }
  return access;
}

bool may_read(const RowAccess& access, const Caller& caller, std::string_view row_json) {
  if (access.all) return true;
  const std::string account = caller.account.text();
  return std::ranges::any_of(
      access.columns, [&](std::string_view column) { return member(row_json, column) == account; });
}

}  // namespace wf::gateway
