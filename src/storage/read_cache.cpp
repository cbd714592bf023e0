// A look-up copies the row out under its shard's lock; a writer takes the same lock to erase it.
#include "storage/read_cache.h"

#include "base/check.h"
#include "base/hash.h"
#include "storage/bytes.h"

namespace wf {
namespace {

constexpr std::size_t prefix_bytes = 8;
constexpr std::size_t entry_bytes = 64;  // of the map, about

std::size_t bytes_of(std::string_view key, const RowRead& row) {
  return entry_bytes + sizeof(RowRead) + key.size() + row.json.size();
}

}  // namespace

ReadCache::Shard& ReadCache::shard_of(std::string_view key) { return shards_[xxh64(key) % shards]; }

void ReadCache::make_room(Shard& shard, std::size_t bytes) const {
  shard.young_bytes += bytes;
  if (shard.young_bytes <= half_) return;
  shard.old = std::move(shard.young);
  shard.young.clear();
  shard.young_bytes = bytes;
}

std::optional<RowRead> ReadCache::get(std::string_view key) {
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  if (const auto found = shard.young.find(key); found != shard.young.end()) return found->second;
  const auto found = shard.old.find(key);
  if (found == shard.old.end()) return std::nullopt;
  auto node = shard.old.extract(found);
  make_room(shard, bytes_of(key, node.mapped()));
  return shard.young.insert(std::move(node)).position->second;
}

void ReadCache::put(std::string_view key,
                    const RowRead& row,
                    const std::atomic<std::uint64_t>& writes,
                    std::uint64_t begun) {
  Shard& shard = shard_of(key);
  const std::size_t bytes = bytes_of(key, row);
  if (bytes > half_) return;
  const std::lock_guard lock(shard.mutex);
  if (writes != begun || shard.young.contains(key)) return;
  make_room(shard, bytes);
  shard.young.emplace(key, row);
}

void ReadCache::erase(std::string_view key) {
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  if (const auto found = shard.young.find(key); found != shard.young.end()) {
    shard.young_bytes -= bytes_of(key, found->second);
    shard.young.erase(found);
  }
  if (const auto found = shard.old.find(key); found != shard.old.end()) shard.old.erase(found);
}

StoreReads::StoreReads(std::shared_ptr<ReadCache> cache) : cache_(std::move(cache)) {
  static std::atomic<std::uint64_t> stores = 0;
  put_little(prefix_, ++stores);
}

std::string StoreReads::key_of(std::string_view row_key) const {
  std::string key;
  key.reserve(prefix_bytes + 1 + row_key.size());
  key.append(prefix_).push_back(static_cast<char>(KeyKind::row));
  key.append(row_key);
  return key;
}

std::string_view StoreReads::stored_key(const std::string& key) {
  return std::string_view(key).substr(prefix_bytes);
}

void StoreReads::put(const std::string& key, const RowRead& row, std::uint64_t begun) const {
  if (begun % 2 == 0) cache_->put(key, row, writes_, begun);
}

void StoreReads::begin_write(std::span<const Edit> rows) {
  ++writes_;
  WF_CHECK(writes_ % 2 == 1);
  std::string key;
  for (const Edit& row : rows) {
    key.assign(prefix_).append(row.key);
    cache_->erase(key);
  }
}

}  // namespace wf
