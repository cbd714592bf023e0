// The order-preserving encodings.
#include "base/index_key.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace wf {
namespace {

void append_big_endian(std::string& out, std::uint64_t value, std::size_t bytes) {
  std::array<char, 8> text;
  for (std::size_t i = 0; i < bytes; ++i) {
    text[i] = static_cast<char>(value >> (8 * (bytes - 1 - i)) & 0xFFU);
  }
  out.append(text.data(), bytes);
}

std::optional<std::uint64_t> take_big_endian(std::string_view& key, std::size_t bytes) {
  if (key.size() < bytes) return std::nullopt;
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i) value = value << 8U | static_cast<unsigned char>(key[i]);
  key.remove_prefix(bytes);
  return value;
}

std::optional<std::int64_t> take_integer(std::string_view& key) {
  const auto value = take_big_endian(key, 8);
  if (!value) return std::nullopt;
  return static_cast<std::int64_t>(*value ^ (std::uint64_t{1} << 63U));
}

std::optional<std::string> take_id(std::string_view& key) {
  Uuid id;
  if (key.size() < id.bytes.size()) return std::nullopt;
  std::copy_n(key.begin(), id.bytes.size(), id.bytes.begin());
  key.remove_prefix(id.bytes.size());
  return id.text();
}

std::optional<std::string> take_text(std::string_view& key) {
  std::string text;
  for (std::size_t i = 0; i + 1 < key.size(); ++i) {
    if (key[i] == '\0' && key[i + 1] == '\1') {
      key.remove_prefix(i + 2);
      return text;
    }
    text += key[i];
    if (key[i] == '\0') ++i;
  }
  return std::nullopt;
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

std::optional<std::string> take_index_text(std::string_view& key, const Column& column) {
  switch (column.type) {
    case ColumnType::text:
      return take_text(key);
    case ColumnType::integer: {
      const auto number = take_integer(key);
      return number ? std::optional(std::to_string(*number)) : std::nullopt;
    }
    case ColumnType::boolean: {
      const auto value = take_big_endian(key, 1);
      return value ? std::optional<std::string>(*value != 0 ? "true" : "false") : std::nullopt;
    }
    case ColumnType::id:
      return take_id(key);
    case ColumnType::instant: {
      const auto us = take_integer(key);
      return us ? std::optional(Instant{*us}.text()) : std::nullopt;
    }
    case ColumnType::enumeration: {
      const auto ordinal = take_big_endian(key, 2);
      if (!ordinal || *ordinal >= column.values.size()) return std::nullopt;
      return std::string(column.values[*ordinal]);
    }
    case ColumnType::money:
    case ColumnType::point:
    case ColumnType::other:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace wf
