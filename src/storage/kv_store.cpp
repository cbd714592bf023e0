// KvStore on RocksDB with its WAL off: one column family, so a batch is flushed whole or not at
// all.
#include "storage/kv_store.h"

#include <rocksdb/cache.h>
#include <rocksdb/compaction_filter.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <atomic>
#include <cerrno>
#include <filesystem>

#include "base/errno_code.h"
#include "storage/open_status.h"
#include "storage/rocks_logger.h"

namespace wf {
namespace {

Error error_of(const rocksdb::Status& status) {
  if (is_locked(status)) return {Code::unavailable, "in use: " + status.ToString()};
  return {code_of_open(status), status.ToString()};
}

// Drops expired entries when RocksDB compacts anyway.
class Expiry : public rocksdb::CompactionFilter {
 public:
  explicit Expiry(char prefix) : prefix_(prefix) {}
  const char* Name() const override { return "wayfold.expiry"; }
  bool Filter(int /*level*/,
              const rocksdb::Slice& key,
              const rocksdb::Slice& value,
              std::string* /*changed*/,
              bool* /*value_changed*/) const override {
    if (prefix_ == 0 || key.empty() || key[0] != prefix_ || value.size() < 8) return false;
    return instant_of({value.data(), 8}).us < before_us.load(std::memory_order_relaxed);
  }

  std::atomic<std::int64_t> before_us{0};

 private:
  char prefix_;
};

class RocksKvStore : public KvStore {
 public:
  explicit RocksKvStore(const KvOptions& options) : expiry_(options.expiring_prefix) {
    if (options.in_memory) env_.reset(rocksdb::NewMemEnv(rocksdb::Env::Default()));
  }

  rocksdb::Status open(const KvOptions& options) {
    rocksdb::BlockBasedTableOptions table;
    table.block_cache = rocksdb::NewLRUCache(options.cache_bytes);
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    rocksdb::Options rocks;
    rocks.create_if_missing = true;
    rocks.compaction_filter = &expiry_;
    rocks.write_buffer_size = options.write_buffer_bytes;
    rocks.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    rocks.memtable_whole_key_filtering = true;  // most look-ups are of keys that are not there
    rocks.memtable_prefix_bloom_size_ratio = 0.05;
    rocks.allow_concurrent_memtable_write = false;  // one thread writes
    rocks.memtable_insert_with_hint_prefix_extractor.reset(rocksdb::NewFixedPrefixTransform(1));
    // What is written often is rewritten soon, and ids do not shrink.
    rocks.compression_per_level = {rocksdb::kNoCompression, rocksdb::kNoCompression};
    rocks.compression_per_level.resize(static_cast<std::size_t>(rocks.num_levels),
                                       rocksdb::kLZ4Compression);
    rocks.info_log = rocks_logger(env_ ? "" : options.path);
    if (env_) rocks.env = env_.get();
    rocksdb::DB* db = nullptr;
    const rocksdb::Status status = rocksdb::DB::Open(rocks, options.path, &db);
    db_.reset(db);
    return status;
  }

  Result<std::optional<std::string>> get(std::string_view key) const override {
    std::string value;
    const rocksdb::Status status = db_->Get({}, rocksdb::Slice(key.data(), key.size()), &value);
    if (status.IsNotFound()) return std::nullopt;
    if (!status.ok()) return tl::unexpected(error_of(status));
    return value;
  }

  Result<void> write(const KvBatch& batch) override {
    std::size_t bytes = 0;
    for (const auto& [key, value] : batch.puts) bytes += key.size() + value.size() + 8;
    rocksdb::WriteBatch rocks(bytes);
    for (const auto& [key, value] : batch.puts) rocks.Put(key, value);
    for (const std::string& key : batch.removals) rocks.Delete(key);
    rocksdb::WriteOptions options;
    options.disableWAL = true;
    const rocksdb::Status status = db_->Write(options, &rocks);
    if (!status.ok()) return tl::unexpected(error_of(status));
    return {};
  }

  Result<void> scan(
      std::string_view prefix,
      const std::function<bool(std::string_view, std::string_view)>& visit) const override {
    const rocksdb::Slice start(prefix.data(), prefix.size());
    std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator({}));
    for (it->Seek(start); it->Valid() && it->key().starts_with(start); it->Next()) {
      if (!visit({it->key().data(), it->key().size()}, {it->value().data(), it->value().size()})) {
        return {};
      }
    }
    if (!it->status().ok()) return tl::unexpected(error_of(it->status()));
    return {};
  }

  void expire_before(Instant instant) override { expiry_.before_us.store(instant.us); }

  Result<void> flush() override {
    const rocksdb::Status status = db_->Flush({});
    if (!status.ok()) return tl::unexpected(error_of(status));
    return {};
  }

 private:
  Expiry expiry_;
  std::unique_ptr<rocksdb::Env> env_;
  std::unique_ptr<rocksdb::DB> db_;
};

}  // namespace

Result<std::unique_ptr<KvStore>> KvStore::open(const KvOptions& options) {
  std::error_code failed;
  if (!options.in_memory) std::filesystem::create_directories(options.path, failed);
  if (failed) {
    return fail(code_of_errno(failed.value()), options.path + ": " + failed.message());
  }
  auto store = std::make_unique<RocksKvStore>(options);
  const rocksdb::Status status = store->open(options);
  if (!status.ok()) return tl::unexpected(error_of(status));
  return store;
}

Result<void> discard_store(const std::string& path) {
  const std::string gone = path + ".gone";
  std::error_code error;
  std::filesystem::remove_all(gone, error);
  if (!error) std::filesystem::rename(path, gone, error);
  if (error.value() == ENOENT) return {};
  if (!error) std::filesystem::remove_all(gone, error);
  if (error) {
    return fail(code_of_errno(error.value()), "cannot remove " + path + ": " + error.message());
  }
  return {};
}

std::string ordered_bytes(Instant instant) {
  std::string out(8, '\0');
  auto bits = static_cast<std::uint64_t>(instant.us) ^ (1ULL << 63U);
  for (int i = 7; i >= 0; --i, bits >>= 8U)
    out[static_cast<std::size_t>(i)] = static_cast<char>(bits & 255U);
  return out;
}

Instant instant_of(std::string_view bytes) {
  std::uint64_t bits = 0;
  for (const char byte : bytes.substr(0, 8)) bits = bits << 8U | static_cast<unsigned char>(byte);
  return {static_cast<std::int64_t>(bits ^ (1ULL << 63U))};
}

}  // namespace wf
