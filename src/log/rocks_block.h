// A block: the records of one append to one slot, packed. The value of one RocksDB key, and what
// the tail in memory is made of.
//
//   u8 version | i64 appended, little-endian µs | varint count | per record:
//   varint header size (0: compacted away) | header | varint type size | type | varint payload size
//   | payload
#pragma once
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "log/record.h"

namespace wf::rocks {

struct Block {
  Offset first = 0;  // offset of its first record
  Offset end = 0;    // first + count
  std::string bytes;
};

std::string pack(std::span<const Record> records);
void stamp(std::string& block, Instant appended);  // sets the block's append time in place

// The block without the records `drop` names; their offsets stay, empty. The same bytes if there
// are none.
Result<std::string> without(std::string_view block,
                            Offset first,
                            const std::function<bool(const Record&)>& drop);

// Walks one block. The records' views point into its bytes.
class BlockWalk {
 public:
  BlockWalk() = default;
  // Code::corrupt if the bytes are no block.
  static Result<BlockWalk> open(std::string_view bytes, Offset first);

  Offset next_offset() const { return next_; }
  Offset end() const { return end_; }
  bool at_end() const { return next_ == end_; }
  std::size_t bytes_left() const { return rest_.size(); }

  Result<void> skip_to(Offset offset);  // forward only, at most to end()
  // The record at next_offset(), and moves on. False: it was compacted away, `out` is untouched.
  Result<bool> next(Record& out);

 private:
  bool varint(std::uint64_t& value);
  bool take(std::string_view& out);

  std::string_view rest_;
  Offset next_ = 0;
  Offset end_ = 0;
  Instant appended_;
};

}  // namespace wf::rocks
