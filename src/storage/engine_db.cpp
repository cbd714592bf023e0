// How a generation's RocksDB is set up: no WAL (the log is the WAL), one memtable at a time, so
// that what a flush makes durable is always a whole number of batches.
#include "storage/engine_db.h"

#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>

namespace wf {
namespace {
constexpr std::size_t memtable_bytes = std::size_t{32} << 20;
constexpr int open_files_max = 256;
}  // namespace

Resources::Resources(const ResourceLimits& limits)
    : shared_(std::make_unique<Shared>(
          Shared{limits,
                 rocksdb::NewLRUCache(limits.block_cache_bytes),
                 std::make_shared<rocksdb::WriteBufferManager>(limits.write_buffer_bytes),
                 std::shared_ptr<rocksdb::RateLimiter>(
                     rocksdb::NewGenericRateLimiter(limits.background_bytes_per_s))})) {
  rocksdb::Env* env = rocksdb::Env::Default();
  env->SetBackgroundThreads(limits.background_threads, rocksdb::Env::LOW);
  env->SetBackgroundThreads(1, rocksdb::Env::HIGH);
}

Resources::~Resources() = default;

rocksdb::Options engine_options(const Resources::Shared& shared) {
  rocksdb::BlockBasedTableOptions blocks;
  blocks.block_cache = shared.block_cache;
  blocks.block_size = 8 << 10;
  blocks.cache_index_and_filter_blocks = true;
  blocks.pin_l0_filter_and_index_blocks_in_cache = true;
  blocks.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  blocks.format_version = 5;

  rocksdb::Options options;
  options.create_if_missing = true;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(blocks));
  options.write_buffer_manager = shared.write_buffers;
  options.rate_limiter = shared.rate_limiter;
  options.compression = rocksdb::kLZ4Compression;
  options.write_buffer_size = memtable_bytes;
  options.max_write_buffer_number = 3;
  options.level_compaction_dynamic_level_bytes = true;
  options.max_open_files = open_files_max;
  options.max_background_jobs = shared.limits.background_threads;
  // Batches come sorted: within one kind of key each insert starts where the last one ended.
  options.allow_concurrent_memtable_write = false;
  options.memtable_insert_with_hint_prefix_extractor.reset(rocksdb::NewFixedPrefixTransform(1));
  options.memtable_whole_key_filtering = true;
  options.memtable_prefix_bloom_size_ratio = 0.05;
  options.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  options.keep_log_file_num = 2;
  options.max_log_file_size = std::size_t{1} << 20;
  options.stats_dump_period_sec = 0;
  return options;
}

Result<std::unique_ptr<rocksdb::DB>> open_engine(const std::filesystem::path& dir,
                                                 const Resources::Shared& shared) {
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(engine_options(shared), dir.string(), &db);
  if (!status.ok()) return tl::make_unexpected(engine_error(status));
  return std::unique_ptr<rocksdb::DB>(db);
}

Error engine_error(const rocksdb::Status& status) {
  const Code code = status.IsCorruption()        ? Code::corrupt
                    : status.IsInvalidArgument() ? Code::mismatch
                                                 : Code::io;
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

Range::Range(rocksdb::DB& db, rocksdb::ReadOptions options, std::string from, std::string to)
    : to_(std::move(to)), bound_(to_) {
  // The iterator keeps a pointer to the bound, so a Range is never moved after this.
  options.iterate_upper_bound = &bound_;
  iterator_.reset(db.NewIterator(options));
  iterator_->Seek(from);
}

Result<void> Range::end() const {
  if (!iterator_->status().ok()) return tl::make_unexpected(engine_error(iterator_->status()));
  return {};
}

Range all_of(rocksdb::DB& db, const rocksdb::ReadOptions& options, KeyKind kind) {
  return {db, options, kind_key(kind), after_prefix(kind_key(kind))};
}

}  // namespace wf
