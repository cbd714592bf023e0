// The order-preserving encodings.
#include "base/index_key.h"

#include <algorithm>
#include <charconv>

namespace wf {
namespace {

void append_big_endian(std::string& out, std::uint64_t value, int bytes) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
    out += static_cast<char>(value >> static_cast<unsigned>(shift) & 0xFFU);
  }
}

// Turns what was appended since `from` round.
void finish(std::string& out, std::size_t from, IndexOrder order) {
  if (order == IndexOrder::ascending) return;
  for (std::size_t i = from; i < out.size(); ++i) out[i] = static_cast<char>(~out[i]);
}

}  // namespace

void append_index_key(std::string& out, std::int64_t value, IndexOrder order) {
  const std::size_t from = out.size();
  append_big_endian(out, static_cast<std::uint64_t>(value) ^ (std::uint64_t{1} << 63U), 8);
  finish(out, from, order);
}

void append_index_key(std::string& out, Instant value, IndexOrder order) {
  append_index_key(out, value.us, order);
}

void append_index_key(std::string& out, const Uuid& value, IndexOrder order) {
  const std::size_t from = out.size();
  out.append(value.bytes.begin(), value.bytes.end());
  finish(out, from, order);
}

void append_index_key(std::string& out, bool value, IndexOrder order) {
  out += static_cast<char>(value == (order == IndexOrder::ascending) ? 1 : 0);
}

void append_index_key(std::string& out, std::uint16_t ordinal, IndexOrder order) {
  const std::size_t from = out.size();
  append_big_endian(out, ordinal, 2);
  finish(out, from, order);
}

void append_index_key(std::string& out, std::string_view text, IndexOrder order) {
  const std::size_t from = out.size();
  for (const char c : text) {
    out += c;
    if (c == '\0') out += '\xFF';
  }
  out += '\0';
  out += '\1';
  finish(out, from, order);
}

bool append_index_text(std::string& out,
                       const Column& column,
                       std::string_view value,
                       IndexOrder order) {
  switch (column.type) {
    case ColumnType::text:
      append_index_key(out, value, order);
      return true;
    case ColumnType::integer: {
      std::int64_t number = 0;
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
      if (error != std::errc{} || end != value.data() + value.size()) return false;
      append_index_key(out, number, order);
      return true;
    }
    case ColumnType::boolean:
      if (value != "true" && value != "false") return false;
      append_index_key(out, value == "true", order);
      return true;
    case ColumnType::id: {
      const std::optional<Uuid> id = Uuid::parse(value);
      if (id) append_index_key(out, *id, order);
      return id.has_value();
    }
    case ColumnType::instant: {
      const std::optional<Instant> at = Instant::parse(value);
      if (at) append_index_key(out, *at, order);
      return at.has_value();
    }
    case ColumnType::enumeration: {
      const auto found = std::ranges::find(column.values, value);
      if (found == column.values.end()) return false;
      append_index_key(out, static_cast<std::uint16_t>(found - column.values.begin()), order);
      return true;
    }
    case ColumnType::money:
    case ColumnType::point:
    case ColumnType::other:
      return false;
  }
  return false;
}

}  // namespace wf
