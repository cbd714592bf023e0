// The tables a command was asked about.
#pragma once
#include <algorithm>
#include <string>
#include <vector>

#include "base/catalogue.h"
#include "base/result.h"

namespace wf::cli {

// None named: all; each once. Code::not_found names the one that is not there.
inline Result<std::vector<const TableType*>> tables_named(const std::vector<std::string>& names) {
  std::vector<const TableType*> tables(catalogue().tables.begin(), catalogue().tables.end());
  if (names.empty()) return tables;
  tables.clear();
  for (const std::string& name : names) {
    const TableType* table = catalogue().table(name);
    if (table == nullptr) {
      return fail(Code::not_found, "no table '" + name + "': see `wayfold schema tables`");
    }
    if (std::ranges::find(tables, table) == tables.end()) tables.push_back(table);
  }
  return tables;
}

}  // namespace wf::cli
