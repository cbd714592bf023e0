// How a generation's one column family is laid out: a prefix byte per kind of entry. Prefixes are
// never reused.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/table.h"

namespace wf {

enum class KeyKind : char {
  digest = 'd',      // → Totals
  geo = 'g',         // index, S2 leaf cell (8, big-endian), row key → point
  index = 'i',       // index, entry's columns, row key → length of the row key
  meta = 'm',        // → format, table, code hash, log id
  position = 'p',    // topic, 0, partition → SlotPosition
  quarantine = 'q',  // row key → Quarantine
  row = 'r',         // row key → row_format.h
};

std::string kind_key(KeyKind kind, std::string_view rest = {});
// The first key after all keys that start with `prefix` (whose first byte is a KeyKind).
std::string after_prefix(std::string prefix);

std::string position_key(std::string_view topic, std::uint32_t partition);
std::string index_prefix(KeyKind kind, std::uint8_t index, std::string_view rest = {});

// An entry of an index as the store holds it.
struct StoredEntry {
  std::string key;
  std::string value;

  bool operator==(const StoredEntry&) const = default;
};

// In one index no entry's columns may be a proper prefix of another's (index_key.h sees to that).
StoredEntry stored_entry(const IndexEntry& entry, std::string_view row_key);
// The row an index or geo entry leads to; empty if the entry is damaged.
std::string_view row_of_index_entry(std::string_view key, std::string_view value);
std::string_view row_of_geo_entry(std::string_view key);
Point point_of_geo_entry(std::string_view value);  // of 8 bytes

}  // namespace wf
