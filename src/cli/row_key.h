// A row's key as people type it, one text per column, and as the table engine keeps it.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/table.h"

namespace wf::cli {

// Code::invalid names the column that is missing or is not what its type says.
Result<std::string> row_key(const TableInfo& table, const std::vector<std::string>& columns);
// The same back; empty if the bytes are no key of this table.
std::vector<std::string> key_columns(const TableInfo& table, std::string_view key);
// As a JSON array.
void append_key_json(std::string& out, const std::vector<std::string>& columns);
// As arguments of a command line: quoted where a shell would take them apart.
std::string as_arguments(const std::vector<std::string>& columns);

}  // namespace wf::cli
