// The rows read last, so that a row read often costs no search in RocksDB. Thread-safe.
#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "storage/row_fold.h"
#include "storage/table_view.h"

namespace wf {

// Shared by all tables of a process; bounded in bytes. Each shard has two maps: rows used since the
// last turn, and those before. When the first holds half of the bound, the second is dropped.
class ReadCache {
 public:
  explicit ReadCache(std::size_t bytes_max) : half_(bytes_max / 2 / shards) {}

  std::optional<RowRead> get(std::string_view key);
  // Unless `writes`, looked at after every earlier erase() of the key, is no longer `begun`.
  void put(std::string_view key,
           const RowRead& row,
           const std::atomic<std::uint64_t>& writes,
           std::uint64_t begun);
  void erase(std::string_view key);

 private:
  static constexpr std::size_t shards = 16;
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  using Rows = std::unordered_map<std::string, RowRead, Hash, std::equal_to<>>;
  struct Shard {
    std::mutex mutex;
    Rows young;
    Rows old;
    std::size_t young_bytes = 0;
  };

  Shard& shard_of(std::string_view key);
  void make_room(Shard& shard, std::size_t bytes) const;

  std::size_t half_;
  std::array<Shard, shards> shards_;
};

// What one store keeps there. A row is found only while it is what the store holds: it goes before
// a write that changes it begins, and none that was read before or during a write is kept.
class StoreReads {
 public:
  explicit StoreReads(std::shared_ptr<ReadCache> cache);

  // The store's key behind what makes it the cache's.
  std::string key_of(std::string_view row_key) const;
  static std::string_view stored_key(const std::string& key);

  std::uint64_t begin_read() const { return writes_.load(); }
  std::optional<RowRead> get(const std::string& key) const { return cache_->get(key); }
  void put(const std::string& key, const RowRead& row, std::uint64_t begun) const;

  void begin_write(std::span<const Edit> rows);
  void end_write() { ++writes_; }

 private:
  std::shared_ptr<ReadCache> cache_;
  std::string prefix_;
  std::atomic<std::uint64_t> writes_ = 0;  // begun and ended; odd: one is under way
};

}  // namespace wf
