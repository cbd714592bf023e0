// The layout of keys and index entries.
#include "storage/keys.h"

#include "base/check.h"
#include "storage/bytes.h"
#include "storage/geo_index.h"

namespace wf {
namespace {
constexpr std::size_t index_head = 2;             // kind, number
constexpr std::size_t geo_head = index_head + 8;  // and the cell
}  // namespace

std::string kind_key(KeyKind kind, std::string_view rest) {
  std::string key;
  key.reserve(1 + rest.size());
  key.push_back(static_cast<char>(kind));
  key.append(rest);
  return key;
}

std::string after_prefix(std::string prefix) {
  while (!prefix.empty() && prefix.back() == '\xff') prefix.pop_back();
  WF_CHECK(!prefix.empty());
  prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

std::string position_key(std::string_view topic, std::uint32_t partition) {
  std::string key = kind_key(KeyKind::position, topic);
  key.push_back('\0');
  put_big(key, partition);
  return key;
}

std::string index_prefix(KeyKind kind, std::uint8_t index, std::string_view rest) {
  std::string key;
  key.reserve(geo_head + rest.size() + 16);
  key.push_back(static_cast<char>(kind));
  key.push_back(static_cast<char>(index));
  key.append(rest);
  return key;
}

StoredEntry stored_entry(const IndexEntry& entry, std::string_view row_key) {
  StoredEntry stored;
  if (entry.point) {
    stored.key = index_prefix(KeyKind::geo, entry.index);
    put_big(stored.key, geo_cell(*entry.point));
    put_little(stored.value, static_cast<std::uint32_t>(entry.point->lon_e7));
    put_little(stored.value, static_cast<std::uint32_t>(entry.point->lat_e7));
  } else {
    stored.key = index_prefix(KeyKind::index, entry.index, entry.key);
    put_little(stored.value, static_cast<std::uint32_t>(row_key.size()));
  }
  stored.key.append(row_key);
  return stored;
}

std::string_view row_of_index_entry(std::string_view key, std::string_view value) {
  const std::size_t size = ByteReader(value).little<std::uint32_t>();
  return size + index_head <= key.size() ? key.substr(key.size() - size) : std::string_view();
}

std::string_view row_of_geo_entry(std::string_view key) {
  return key.size() > geo_head ? key.substr(geo_head) : std::string_view();
}

Point point_of_geo_entry(std::string_view value) {
  ByteReader reader(value);
  const auto lon = static_cast<std::int32_t>(reader.little<std::uint32_t>());
  return {lon, static_cast<std::int32_t>(reader.little<std::uint32_t>())};
}

}  // namespace wf
