// Reads a RocksLog: the newest records from memory, older ones from RocksDB.
#pragma once
#include <map>
#include <optional>

#include "log/rocks_core.h"

namespace wf::rocks {

class RocksReader : public Reader {
 public:
  explicit RocksReader(Core& core);
  ~RocksReader() override;

  Result<void> seek(const Slot& slot, Offset from) override;
  void drop(const Slot& slot) override;
  Result<Batch> read(const Slot& slot, Limit limit) override;
  bool wait(Duration timeout) override;
  void interrupt() override;

 private:
  // Where one slot is read. A walk is kept between reads that stop inside a block.
  struct Cursor {
    Partition* partition = nullptr;
    Offset next = 0;
    std::shared_ptr<const Block> block;  // the tail's block that `walk` walks
    BlockWalk walk;
    std::string upper;         // what `upper_key` points to
    rocksdb::Slice upper_key;  // the iterator's bound
    std::unique_ptr<rocksdb::Iterator> stored;
  };
  using Blocks = std::vector<std::shared_ptr<const Block>>;

  bool anything_to_read() const;
  // The tail's blocks from `cursor.next` to `visible`. Nothing if they are older than the tail.
  std::optional<Blocks> in_memory(const Cursor& cursor, Offset visible, std::size_t bytes) const;
  Result<Batch> read_memory(Cursor& cursor, Blocks blocks, Offset visible, Limit limit);
  Result<Batch> read_stored(Cursor& cursor, Offset visible, Limit limit);
  Result<void> find_stored(Cursor& cursor);

  Core& core_;
  std::map<Slot, Cursor> cursors_;
  Bell bell_;
  bool interrupted_ = false;
};

}  // namespace wf::rocks
