// Takes records out of a compacted topic: blocks are rewritten in place, then the old bytes go.
#include "log/rocks_core.h"

namespace wf::rocks {

Result<std::uint64_t> Core::compact(Partition& partition,
                                    const std::function<bool(const Record&)>& drop) {
  Offset durable = 0;
  {
    const std::lock_guard lock(mutex_);
    durable = partition.durable;
  }
  std::uint64_t dropped = 0;
  const auto counted = [&](const Record& record) {
    const bool goes = record.kind != Kind::log_id && drop(record);
    if (goes) ++dropped;
    return goes;
  };
  rocksdb::WriteOptions synced;
  synced.sync = true;
  const std::string upper = prefix_end(partition.prefix);
  std::unique_ptr<rocksdb::Iterator> at(db().NewIterator(rocksdb::ReadOptions()));
  for (at->Seek(partition.prefix); at->Valid() && at->key().compare(upper) < 0; at->Next()) {
    const Offset first = first_offset(at->key());
    if (first >= durable) break;
    auto kept = without(at->value().ToStringView(), first, counted);
    if (!kept) return tl::unexpected(kept.error());
    if (at->value() == *kept) continue;
    if (auto status = db().Put(synced, at->key(), *kept); !status.ok()) {
      return tl::unexpected(error_of(status));
    }
  }
  if (!at->status().ok()) return tl::unexpected(error_of(at->status()));
  at.reset();  // it keeps the old files
  {
    const std::lock_guard lock(mutex_);  // older blocks are read from RocksDB from here on
    while (!partition.tail.empty() && partition.tail.front()->end <= durable) {
      partition.tail_bytes -= partition.tail.front()->bytes.size();
      partition.tail.pop_front();
    }
  }
  rocksdb::CompactRangeOptions all;
  all.exclusive_manual_compaction = false;  // the other topics' go on
  all.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
  const rocksdb::Slice from(partition.prefix);
  const rocksdb::Slice to(upper);
  if (auto status = db().CompactRange(all, &from, &to); !status.ok()) {
    return tl::unexpected(error_of(status));
  }
  return dropped;
}

}  // namespace wf::rocks
