// Packs and walks blocks; nothing in here trusts the bytes.
#include "log/rocks_block.h"

#include <fmt/format.h>

#include "base/check.h"

namespace wf::rocks {
namespace {

constexpr char block_version = 1;
constexpr std::size_t stamp_at = 1;
constexpr std::size_t head_bytes = 9;  // version, append time

void put_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7U) out.push_back(static_cast<char>(value | 0x80U));
  out.push_back(static_cast<char>(value));
}

void put_sized(std::string& out, std::string_view bytes) {
  put_varint(out, bytes.size());
  out.append(bytes);
}

tl::unexpected<Error> corrupt(Offset at) {
  return fail(Code::corrupt, fmt::format("the block of offset {} is damaged", at));
}

}  // namespace

std::string pack(std::span<const Record> records) {
  std::size_t size = head_bytes + 10;
  for (const Record& record : records) size += 250 + record.type.size() + record.payload.size();
  std::string out;
  out.reserve(size);
  out.push_back(block_version);
  out.append(head_bytes - 1, '\0');
  put_varint(out, records.size());
  std::string header;
  for (const Record& record : records) {
    header.clear();
    append_header(header, record);
    put_sized(out, header);
    put_sized(out, record.type);
    put_sized(out, record.payload);
  }
  return out;
}

void stamp(std::string& block, Instant appended) {
  WF_CHECK(block.size() > head_bytes);
  const auto us = static_cast<std::uint64_t>(appended.us);
  for (unsigned i = 0; i < 8; ++i) block[stamp_at + i] = static_cast<char>(us >> (8 * i));
}

Result<std::string> without(std::string_view block,
                            Offset first,
                            const std::function<bool(const Record&)>& drop) {
  auto walk = BlockWalk::open(block, first);
  if (!walk) return tl::unexpected(walk.error());
  const auto at = [&] { return block.size() - walk->bytes_left(); };
  std::string out(block.substr(0, at()));
  Record record;
  while (!walk->at_end()) {
    const std::size_t start = at();
    const auto there = walk->next(record);
    if (!there) return tl::unexpected(there.error());
    if (*there && drop(record)) {
      out.push_back('\0');
    } else {
      out.append(block.substr(start, at() - start));
    }
  }
  return out;
}

Result<BlockWalk> BlockWalk::open(std::string_view bytes, Offset first) {
  if (bytes.size() <= head_bytes || bytes[0] != block_version) return corrupt(first);
  std::uint64_t us = 0;
  for (unsigned i = 0; i < 8; ++i) {
    us |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(bytes[stamp_at + i])) << (8 * i);
  }
  BlockWalk walk;
  walk.appended_ = Instant{static_cast<std::int64_t>(us)};
  walk.rest_ = bytes.substr(head_bytes);
  std::uint64_t count = 0;
  if (!walk.varint(count) || count > walk.rest_.size()) return corrupt(first);
  walk.next_ = first;
  walk.end_ = first + static_cast<Offset>(count);
  return walk;
}

Result<void> BlockWalk::skip_to(Offset offset) {
  WF_CHECK(offset >= next_ && offset <= end_);
  std::string_view skipped;
  while (next_ < offset) {
    if (!take(skipped)) return corrupt(next_);
    if (!skipped.empty() && !(take(skipped) && take(skipped))) return corrupt(next_);
    ++next_;
  }
  return {};
}

Result<bool> BlockWalk::next(Record& out) {
  WF_CHECK(next_ < end_);
  std::string_view header;
  if (!take(header)) return corrupt(next_);
  if (header.empty()) {
    ++next_;
    return false;
  }
  if (!take(out.type) || !take(out.payload)) return corrupt(next_);
  if (auto read = read_header(header, out); !read) return tl::unexpected(read.error());
  if (out.appended == Instant{}) out.appended = appended_;  // else a copied record's original
  out.offset = next_++;
  return true;
}

bool BlockWalk::varint(std::uint64_t& value) {
  value = 0;
  for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
    const auto byte = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

bool BlockWalk::take(std::string_view& out) {
  std::uint64_t size = 0;
  if (!varint(size) || size > rest_.size()) return false;
  out = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return true;
}

}  // namespace wf::rocks
