// RocksDB as the table engine uses it. Included by src/storage/*.cpp only.
#pragma once
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/rate_limiter.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/result.h"
#include "storage/resources.h"

namespace wf {

class ReadCache;

struct Resources::Shared {
  ResourceLimits limits;
  std::shared_ptr<rocksdb::Cache> block_cache;
  std::shared_ptr<rocksdb::RateLimiter> rate_limiter;
  // Over all tables: bytes of what is in memory only.
  std::shared_ptr<std::atomic<std::size_t>> unwritten;
  std::shared_ptr<ReadCache> read_cache;
  // One table drains at a time: all at once would hold up whoever waits for the log's next sync.
  std::shared_ptr<std::mutex> draining;
};

// A build's files lie at the bottom as they are, which RocksDB does only where it has levels. A
// store may be opened as the other kind later: it goes on with the files it has.
enum class Filled : std::uint8_t { by_drains, by_build };

rocksdb::Options engine_options(const Resources::Shared& shared);
Result<std::unique_ptr<rocksdb::DB>> open_engine(const std::filesystem::path& dir,
                                                 const Resources::Shared& shared,
                                                 Filled filled = Filled::by_drains);
// Writes nothing there.
Result<std::unique_ptr<rocksdb::DB>> open_engine_to_read(const std::filesystem::path& dir,
                                                         const Resources::Shared& shared);
Error engine_error(const rocksdb::Status& status);

// Empty if there is no such key.
Result<std::string> read_value(rocksdb::DB& db,
                               const rocksdb::ReadOptions& options,
                               std::string_view key);

inline rocksdb::Slice slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

}  // namespace wf
