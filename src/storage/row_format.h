// A row as a table store keeps it, and its hash.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/result.h"
#include "base/time.h"
#include "base/uuid.h"

namespace wf {

// flags 1 · own streams 1 · JSON length 4 · row version 8 · (part 1, stream 16)… · JSON · parts ·
// since 8 JSON is empty when hidden, parts when they are the JSON, both when a fold failed; `since`
// is there only when the row is quarantined, and is no part of its hash.
namespace row_flag {
inline constexpr std::uint8_t hidden = 1;
inline constexpr std::uint8_t parts_are_json = 2;
inline constexpr std::uint8_t fold_failed = 4;  // parked: it stays so until the key is refolded
inline constexpr std::uint8_t view_failed = 8;  // folds on; ends when view() succeeds again
inline constexpr std::uint8_t quarantined = fold_failed | view_failed;
}  // namespace row_flag

// The stream an `own` part belongs to.
struct OwnStream {
  std::uint8_t part = 0;
  Uuid stream;
};

// Views into the stored bytes.
struct StoredRow {
  std::uint8_t flags = 0;
  std::uint64_t version = 0;
  std::string_view own;  // 17 bytes each
  std::string_view json;
  std::string_view parts;
  Instant since;

  bool quarantined() const { return (flags & row_flag::quarantined) != 0; }
  bool visible() const { return !json.empty(); }
  std::vector<OwnStream> own_streams() const;
};

struct RowContent {
  std::uint8_t flags = 0;  // parts_are_json is set by append_row
  std::uint64_t version = 0;
  const std::vector<OwnStream>* own = nullptr;
  std::string_view json;
  std::string_view parts;
  Instant since;
};

void append_row(std::string& out, const RowContent& row);
Result<StoredRow> parse_row(std::string_view value);  // Code::corrupt

// 128 bits of key and stored bytes. Of a parked row only of its key: how much of it was folded
// before depends on how partitions interleave, and nothing else of a table may.
Digest128 row_hash(std::string_view key, std::string_view value);

}  // namespace wf
