// How the log lies in RocksDB: options, keys, and what is remembered about topics. Only rocks_*.cpp
// include it.
#pragma once
#include <rocksdb/db.h>

#include <memory>
#include <string>
#include <vector>

#include "log/rocks_block.h"
#include "log/rocks_log.h"

namespace wf::rocks {

// Keys: 0x00 name → facts about the log itself; 0x01, u16 topic, u16 partition, u64 first offset,
// all big-endian → a block. A topic's number is its place in the stored list and never changes.
std::string slot_prefix(std::size_t topic, std::uint32_t partition);
std::string block_key(const std::string& prefix, Offset first);
Offset first_offset(const rocksdb::Slice& key);
std::string prefix_end(std::string prefix);  // the first key after all of a prefix

Error error_of(const rocksdb::Status& status);

struct OpenedDb {
  std::unique_ptr<rocksdb::DB> db;
  std::vector<TopicSpec> topics;  // as stored, in the order of their numbers
  Uuid id;
};

// Whether a database was begun there; Code::corrupt if one was and its CURRENT is gone.
Result<bool> is_begun(rocksdb::Env& env, const std::string& path);

// Opens the database, creating the log if there is none, and checks or adds topics.
Result<OpenedDb> open_db(const RocksLogOptions& options);

// The offset after the last record of a slot.
Result<Offset> stored_end(rocksdb::DB& db, const std::string& prefix);

}  // namespace wf::rocks
