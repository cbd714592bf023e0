// RocksDB as the table engine uses it. Included by src/storage/*.cpp only.
#pragma once
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/rate_limiter.h>
#include <rocksdb/write_batch.h>
#include <rocksdb/write_buffer_manager.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "storage/keys.h"
#include "storage/resources.h"

namespace wf {

struct Resources::Shared {
  ResourceLimits limits;
  std::shared_ptr<rocksdb::Cache> block_cache;
  std::shared_ptr<rocksdb::WriteBufferManager> write_buffers;
  std::shared_ptr<rocksdb::RateLimiter> rate_limiter;
};

rocksdb::Options engine_options(const Resources::Shared& shared);
Result<std::unique_ptr<rocksdb::DB>> open_engine(const std::filesystem::path& dir,
                                                 const Resources::Shared& shared);
Error engine_error(const rocksdb::Status& status);

// Empty if there is no such key.
Result<std::string> read_value(rocksdb::DB& db,
                               const rocksdb::ReadOptions& options,
                               std::string_view key);

inline rocksdb::Slice slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

// A state of the store that stays the same while it is read.
class Snapshot {
 public:
  explicit Snapshot(rocksdb::DB& db) : db_(db), options_() { options_.snapshot = db.GetSnapshot(); }
  ~Snapshot() { db_.ReleaseSnapshot(options_.snapshot); }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;
  const rocksdb::ReadOptions& options() const { return options_; }

 private:
  rocksdb::DB& db_;
  rocksdb::ReadOptions options_;
};

// The keys of [from, to), in order.
class Range {
 public:
  Range(rocksdb::DB& db, rocksdb::ReadOptions options, std::string from, std::string to);
  Range(const Range&) = delete;
  Range& operator=(const Range&) = delete;
  bool valid() const { return iterator_->Valid(); }
  void next() { iterator_->Next(); }
  std::string_view key() const { return iterator_->key().ToStringView(); }
  std::string_view value() const { return iterator_->value().ToStringView(); }
  Result<void> end() const;  // after the last one: was it an error that ended it?

 private:
  std::string to_;
  rocksdb::Slice bound_;
  std::unique_ptr<rocksdb::Iterator> iterator_;
};

// All entries of one kind.
Range all_of(rocksdb::DB& db, const rocksdb::ReadOptions& options, KeyKind kind);

}  // namespace wf
