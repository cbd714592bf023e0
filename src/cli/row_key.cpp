// Keys are index_key.h's encodings of their columns, one after another.
#include "cli/row_key.h"

#include <fmt/format.h>

#include "base/index_key.h"
#include "base/json_write.h"

namespace wf::cli {

Result<std::string> row_key(const TableInfo& table, const std::vector<std::string>& columns) {
  std::string names;
  for (const std::uint8_t column : table.key) {
    names += fmt::format(" {}", table.columns[column].name);
  }
  if (columns.size() != table.key.size()) {
    return fail(Code::invalid, fmt::format("a key of {} is:{}", table.name, names));
  }
  std::string key;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const Column& column = table.columns[table.key[i]];
    if (append_index_text(key, column, columns[i])) continue;
    return fail(
        Code::invalid,
        fmt::format(
            "'{}' is no {}; a key of {} is:{}", columns[i], column.name, table.name, names));
  }
  return key;
}

std::vector<std::string> key_columns(const TableInfo& table, std::string_view key) {
  std::vector<std::string> columns;
  for (const std::uint8_t column : table.key) {
    auto text = take_index_text(key, table.columns[column]);
    if (!text) return {};
    columns.push_back(std::move(*text));
  }
  return key.empty() ? columns : std::vector<std::string>();
}

void append_key_json(std::string& out, const std::vector<std::string>& columns) {
  out += '[';
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (i > 0) out += ',';
    append_json_string(out, columns[i]);
  }
  out += ']';
}

std::string as_arguments(const std::vector<std::string>& columns) {
  constexpr std::string_view plain =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_.:/@+";
  std::string out;
  for (const std::string& column : columns) {
    if (!out.empty()) out += ' ';
    if (!column.empty() && column.find_first_not_of(plain) == column.npos) {
      out += column;
      continue;
    }
    out += '\'';
    for (const char c : column) out += c == '\'' ? R"('\'')" : std::string(1, c);
    out += '\'';
  }
  return out;
}

}  // namespace wf::cli
