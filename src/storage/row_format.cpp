// Rows to bytes and back, and the hashes digests are made of.
#include "storage/row_format.h"

#include <algorithm>
#include <cstring>

#include "storage/bytes.h"

namespace wf {
namespace {
constexpr std::size_t own_bytes = 17;
constexpr std::size_t since_bytes = 8;
}  // namespace

std::vector<OwnStream> StoredRow::own_streams() const {
  std::vector<OwnStream> streams(own.size() / own_bytes);
  for (std::size_t i = 0; i < streams.size(); ++i) {
    const char* at = own.data() + i * own_bytes;
    streams[i].part = static_cast<std::uint8_t>(*at);
    std::memcpy(streams[i].stream.bytes.data(), at + 1, streams[i].stream.bytes.size());
  }
  return streams;
}

void append_row(std::string& out, const RowContent& row) {
  const bool same = !row.json.empty() && row.json == row.parts;
  out.reserve(out.size() + 32 + own_bytes * row.own->size() + row.json.size() + row.parts.size());
  out.push_back(static_cast<char>(row.flags | (same ? row_flag::parts_are_json : 0)));
  out.push_back(static_cast<char>(row.own->size()));
  put_little(out, static_cast<std::uint32_t>(row.json.size()));
  put_little(out, row.version);
  for (const OwnStream& own : *row.own) {
    out.push_back(static_cast<char>(own.part));
    put_id(out, own.stream);
  }
  out.append(row.json);
  if (!same) out.append(row.parts);
  if ((row.flags & row_flag::quarantined) != 0) {
    put_little(out, static_cast<std::uint64_t>(row.since.us));
  }
}

Result<StoredRow> parse_row(std::string_view value) {
  ByteReader reader(value);
  StoredRow row;
  row.flags = reader.little<std::uint8_t>();
  const std::size_t own_count = reader.little<std::uint8_t>();
  const std::size_t json_size = reader.little<std::uint32_t>();
  row.version = reader.little<std::uint64_t>();
  row.own = reader.take(own_bytes * own_count);
  row.json = reader.take(json_size);
  row.parts = reader.rest();
  if (reader.ok() && row.quarantined()) {
    if (row.parts.size() < since_bytes) return fail(Code::corrupt, "a stored row is too short");
    const std::size_t size = row.parts.size() - since_bytes;
    row.since.us =
        static_cast<std::int64_t>(ByteReader(row.parts.substr(size)).little<std::uint64_t>());
    row.parts = row.parts.substr(0, size);
  }
  if (!reader.ok()) return fail(Code::corrupt, "a stored row is too short");
  if ((row.flags & row_flag::parts_are_json) != 0) row.parts = row.json;
  return row;
}

Digest128 row_hash(std::string_view key, std::string_view value) {
  const auto flags = value.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(value[0]);
  if ((flags & row_flag::fold_failed) != 0) {
    value = value.substr(0, 1);
  } else if ((flags & row_flag::view_failed) != 0) {
    value.remove_suffix(std::min(value.size(), since_bytes));
  }
  std::string both;
  for (const Digest128 hash : {xxh3_128(key), xxh3_128(value)}) {
    put_little(both, hash.high);
    put_little(both, hash.low);
  }
  return xxh3_128(both);
}

}  // namespace wf
