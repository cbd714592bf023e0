// How a generation's RocksDB is set up: it holds sorted files only, which are made elsewhere and
// taken in whole, so it needs no WAL and no large memtables.
#include "storage/engine_db.h"

#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

#include "storage/open_status.h"
#include "storage/read_cache.h"
#include "storage/rocks_logger.h"

namespace wf {
namespace {
constexpr std::size_t memtable_bytes = std::size_t{1} << 20;  // for the record of whose it is
constexpr int open_files_max = 256;
// Most look-ups of a projector are of rows that are not there, in each of many young files: with
// the usual 10 bits one in ten reads a block for nothing.
constexpr double filter_bits_per_key = 16;
constexpr int merged_from_files = 8;

std::shared_ptr<rocksdb::Logger> logger_of(const std::filesystem::path& dir) {
  return rocks_logger(dir.string(), rocksdb::InfoLogLevel::WARN_LEVEL);
}
}  // namespace

Resources::Resources(const ResourceLimits& limits)
    : shared_(std::make_unique<Shared>(
          Shared{limits,
                 rocksdb::NewLRUCache(limits.block_cache_bytes),
                 std::shared_ptr<rocksdb::RateLimiter>(
                     rocksdb::NewGenericRateLimiter(limits.background_bytes_per_s)),
                 std::make_shared<std::atomic<std::size_t>>(0),
                 std::make_shared<ReadCache>(limits.read_cache_bytes),
                 std::make_shared<std::mutex>()})) {
  rocksdb::Env* env = rocksdb::Env::Default();
  env->SetBackgroundThreads(limits.background_threads, rocksdb::Env::LOW);
  env->SetBackgroundThreads(1, rocksdb::Env::HIGH);
  // Merges of all of a table, which take minutes once it is large: neither small ones nor the log's
  // wait for them.
  env->SetBackgroundThreads(1, rocksdb::Env::BOTTOM);
}

Resources::~Resources() = default;

rocksdb::Options engine_options(const Resources::Shared& shared) {
  rocksdb::BlockBasedTableOptions blocks;
  blocks.block_cache = shared.block_cache;
  blocks.block_size = 8 << 10;
  blocks.cache_index_and_filter_blocks = true;
  blocks.pin_l0_filter_and_index_blocks_in_cache = true;
  blocks.filter_policy.reset(rocksdb::NewBloomFilterPolicy(filter_bits_per_key));
  blocks.format_version = 5;

  rocksdb::Options options;
  options.create_if_missing = true;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(blocks));
  options.rate_limiter = shared.rate_limiter;
  options.compression = rocksdb::kLZ4Compression;
  options.write_buffer_size = memtable_bytes;
  // A live table's files come every few seconds, however small: merged with their likes, each key
  // is written again a handful of times. RocksDB's levels would merge every fourth of them with up
  // to 256 MB of the table (docs/adr/0010).
  options.compaction_style = rocksdb::kCompactionStyleUniversal;
  options.level0_file_num_compaction_trigger = merged_from_files;
  options.max_open_files = open_files_max;
  // One is for memtables; the rest merge, side by side once files are many.
  options.max_background_jobs = shared.limits.background_threads + 1;
  options.stats_dump_period_sec = 0;
  return options;
}

Result<std::unique_ptr<rocksdb::DB>> open_engine(const std::filesystem::path& dir,
                                                 const Resources::Shared& shared,
                                                 Filled filled) {
  rocksdb::DB* db = nullptr;
  rocksdb::Options options = engine_options(shared);
  if (filled == Filled::by_build) {
    options.compaction_style = rocksdb::kCompactionStyleLevel;
    options.level_compaction_dynamic_level_bytes = true;
  }
  options.info_log = logger_of(dir);
  const rocksdb::Status status = rocksdb::DB::Open(options, dir.string(), &db);
  if (!status.ok()) return tl::make_unexpected(engine_error(status));
  return std::unique_ptr<rocksdb::DB>(db);
}

Result<std::unique_ptr<rocksdb::DB>> open_engine_to_read(const std::filesystem::path& dir,
                                                         const Resources::Shared& shared) {
  rocksdb::Options options = engine_options(shared);
  options.info_log = logger_of(dir);
  options.create_if_missing = false;
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = rocksdb::DB::OpenForReadOnly(options, dir.string(), &db);
  if (!status.ok()) return tl::make_unexpected(engine_error(status));
  return std::unique_ptr<rocksdb::DB>(db);
}

Error engine_error(const rocksdb::Status& status) {
  const Code code = status.IsInvalidArgument() ? Code::mismatch : code_of_open(status);
  return {code, "table store: " + status.ToString()};
}

Result<std::string> read_value(rocksdb::DB& db,
                               const rocksdb::ReadOptions& options,
                               std::string_view key) {
  std::string value;
  const rocksdb::Status status = db.Get(options, slice(key), &value);
  if (status.IsNotFound()) return std::string();
  if (!status.ok()) return tl::make_unexpected(engine_error(status));
  return value;
}

}  // namespace wf
