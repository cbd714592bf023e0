// Cursors: version 1 · hash of the ordering 8 · the last key looked at.
#include "storage/page_cursor.h"

#include "base/hash.h"
#include "storage/bytes.h"

namespace wf {
namespace {

constexpr std::uint8_t cursor_version = 1;
constexpr std::size_t cursor_bytes_max = 3072;

std::uint64_t ordering_hash(std::string_view table, const RowQuery& query) {
  std::string bytes;
  put_text(bytes, table);
  put_text(bytes, query.index);
  put_text(bytes, query.prefix);
  if (query.near) {
    put_little(bytes, static_cast<std::uint32_t>(query.near->lon_e7));
    put_little(bytes, static_cast<std::uint32_t>(query.near->lat_e7));
    put_little(bytes, query.radius_m);
  }
  return xxh64(bytes);
}

}  // namespace

std::string encode_cursor(std::string_view table, const RowQuery& query, std::string_view after) {
  std::string bytes;
  put_little(bytes, cursor_version);
  put_little(bytes, ordering_hash(table, query));
  bytes.append(after);
  return bytes;
}

Result<std::string> decode_cursor(std::string_view table, const RowQuery& query) {
  if (query.cursor.empty()) return std::string();
  const auto invalid = fail(Code::invalid, "this cursor is not of this list");
  if (query.cursor.size() > cursor_bytes_max) return invalid;
  ByteReader reader(query.cursor);
  const bool ours = reader.little<std::uint8_t>() == cursor_version &&
                    reader.little<std::uint64_t>() == ordering_hash(table, query) && reader.ok();
  if (!ours || reader.rest().empty()) return invalid;
  return std::string(reader.rest());
}

}  // namespace wf
