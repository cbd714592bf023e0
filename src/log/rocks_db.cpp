// Opens the log's database and keeps the list of its topics.
#include "log/rocks_db.h"

#include <fmt/format.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/sst_partitioner.h>
#include <rocksdb/table.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "base/errno_code.h"
#include "log/memory_disk.h"
#include "storage/open_status.h"
#include "storage/rocks_logger.h"

namespace wf::rocks {
namespace {

constexpr std::string_view topics_key{"\0topics", 7};
constexpr std::uint32_t partitions_max = 65'535;

void put_big_endian(std::string& out, std::uint64_t value, unsigned bytes) {
  for (unsigned i = bytes; i-- > 0;) out.push_back(static_cast<char>(value >> (8 * i)));
}

rocksdb::Options db_options(const RocksLogOptions& options) {
  rocksdb::Options db;
  db.create_if_missing = options.create;
  if (options.disk != nullptr) db.env = options.disk->env();
  db.info_log = rocks_logger(options.disk == nullptr ? options.path : "");
  // A file that ends within a batch is what a power loss leaves: nobody was told of that batch, and
  // the log goes on before it. A byte that changed is another thing, and what follows it was
  // acknowledged: such a log does not open.
  db.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  db.paranoid_checks = true;
  // A file flushed holds the newest records of every partition and is soon merged with its likes;
  // the files of that are cut at partitions, so that none overlaps what lies below and all move
  // down by name alone: each record is written twice in its life, compressed once.
  db.compression_per_level = {rocksdb::kNoCompression};
  db.compression_per_level.resize(static_cast<std::size_t>(db.num_levels),
                                  rocksdb::kLZ4Compression);
  db.sst_partitioner_factory =
      rocksdb::NewSstPartitionerFixedPrefixFactory(slot_prefix(0, 0).size());
  db.write_buffer_size = std::size_t{64} << 20U;
  db.max_write_buffer_number = 3;
  db.target_file_size_base = std::uint64_t{128} << 20U;
  db.max_bytes_for_level_base = std::uint64_t{64} << 20U;  // of what each merge writes again
  db.bytes_per_sync = std::uint64_t{1} << 20U;
  db.allow_concurrent_memtable_write = false;  // one thread writes
  db.max_background_jobs = 2;
  db.max_open_files = 1'000;
  rocksdb::BlockBasedTableOptions table;
  table.block_size = std::size_t{32} << 10U;
  table.block_cache = rocksdb::NewLRUCache(std::size_t{16} << 20U);
  table.format_version = 5;
  db.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return db;
}

std::string text_of(const std::vector<TopicSpec>& topics) {
  std::string text;
  for (const TopicSpec& topic : topics) {
    text += fmt::format("{} {} {}\n", topic.name, topic.partitions, topic.compacted ? 1 : 0);
  }
  return text;
}

std::vector<TopicSpec> topics_of(const std::string& text) {
  std::vector<TopicSpec> topics;
  std::istringstream in(text);
  for (TopicSpec topic; in >> topic.name >> topic.partitions >> topic.compacted;) {
    topics.push_back(topic);
  }
  return topics;
}

Result<void> check(const TopicSpec& topic) {
  if (topic.name.empty() || topic.name.find_first_of(" \t\r\n") != std::string::npos) {
    return fail(Code::invalid, fmt::format("\"{}\" cannot be a topic's name", topic.name));
  }
  if (topic.partitions == 0 || topic.partitions > partitions_max) {
    return fail(
        Code::invalid,
        fmt::format("topic {}: {} partitions; 1 to 65535 can be", topic.name, topic.partitions));
  }
  return {};
}

// Adds what is new to `stored`.
Result<void> merge(const std::vector<TopicSpec>& asked,
                   const std::string& path,
                   std::vector<TopicSpec>& stored) {
  for (const TopicSpec& topic : asked) {
    if (auto ok = check(topic); !ok) return ok;
    const auto known = std::find_if(stored.begin(), stored.end(), [&](const TopicSpec& other) {
      return other.name == topic.name;
    });
    if (known == stored.end()) {
      stored.push_back(topic);
    } else if (known->partitions != topic.partitions) {
      return fail(Code::mismatch,
                  fmt::format("topic {} has {} partitions in {}, {} were asked for: the number is "
                              "fixed when a deployment is created; to change it, copy into a new "
                              "one (wayfold copy)",
                              topic.name,
                              known->partitions,
                              path,
                              topic.partitions));
    }
  }
  return {};
}

// The record every log starts with: keys/0, offset 0.
Result<std::string> first_block(const std::vector<TopicSpec>& topics, const Uuid& id, Instant now) {
  Record record;
  record.kind = Kind::log_id;
  record.id = id;
  record.at = now;
  record.type = "log.Created";
  record.payload = "{}";
  std::string block = pack(std::span(&record, 1));
  stamp(block, now);
  if (std::none_of(topics.begin(), topics.end(), [](const TopicSpec& topic) {
        return topic.name == "keys";
      })) {
    return fail(Code::invalid, "a log needs a topic `keys`: its first record is the log's id");
  }
  return block;
}

std::string keys_prefix(const std::vector<TopicSpec>& topics) {
  const auto keys = std::find_if(
      topics.begin(), topics.end(), [](const TopicSpec& topic) { return topic.name == "keys"; });
  return slot_prefix(static_cast<std::size_t>(keys - topics.begin()), 0);
}

Result<void> write_facts(const RocksLogOptions& options, OpenedDb& opened, bool is_new) {
  rocksdb::WriteBatch batch;
  batch.Put(rocksdb::Slice(topics_key.data(), topics_key.size()), text_of(opened.topics));
  if (is_new) {
    const Uuid id = options.id.nil() ? Uuid::random() : options.id;
    const auto block = first_block(opened.topics, id, options.now());
    if (!block) return tl::unexpected(block.error());
    batch.Put(block_key(keys_prefix(opened.topics), 0), *block);
  }
  rocksdb::WriteOptions durable;
  durable.sync = true;
  if (auto status = opened.db->Write(durable, &batch); !status.ok()) {
    return tl::unexpected(error_of(status));
  }
  return {};
}

Result<Uuid> read_id(OpenedDb& opened, const std::string& path) {
  std::string bytes;
  const auto status =
      opened.db->Get(rocksdb::ReadOptions(), block_key(keys_prefix(opened.topics), 0), &bytes);
  if (!status.ok()) return tl::unexpected(error_of(status));
  Record record;
  auto walk = BlockWalk::open(bytes, 0);
  if (!walk) return tl::unexpected(walk.error());
  const auto read = walk->next(record);
  if (!read) return tl::unexpected(read.error());
  if (!*read || record.kind != Kind::log_id) {
    return fail(Code::corrupt, fmt::format("{}: the first record is not the log's id", path));
  }
  return record.id;
}

Error open_error(const rocksdb::Status& status, const std::string& path) {
  if (is_locked(status)) return {Code::unavailable, fmt::format("another process uses {}", path)};
  return {code_of_open(status), fmt::format("{}: {}", path, status.ToString())};
}

}  // namespace

std::string slot_prefix(std::size_t topic, std::uint32_t partition) {
  std::string prefix(1, '\1');
  put_big_endian(prefix, topic, 2);
  put_big_endian(prefix, partition, 2);
  return prefix;
}

std::string block_key(const std::string& prefix, Offset first) {
  std::string key = prefix;
  put_big_endian(key, static_cast<std::uint64_t>(first), 8);
  return key;
}

Offset first_offset(const rocksdb::Slice& key) {
  std::uint64_t first = 0;
  for (std::size_t i = key.size() - 8; i < key.size(); ++i) {
    first = (first << 8U) | static_cast<std::uint8_t>(key[i]);
  }
  return static_cast<Offset>(first);
}

std::string prefix_end(std::string prefix) {
  prefix.append(9, '\xff');  // longer than any offset
  return prefix;
}

Error error_of(const rocksdb::Status& status) {
  return {status.IsCorruption() ? Code::corrupt : Code::io, status.ToString()};
}

// RocksDB takes a directory for an empty database if its CURRENT is missing, and for a shorter log
// if its write-ahead files (*.log) are; then it deletes what it does not know. Neither is so here:
// who lost a part of the log is told before a byte is touched.
Result<bool> is_begun(rocksdb::Env& env, const std::string& path) {
  std::error_code why;  // RocksDB takes a directory that may not be searched for an absent one
  const bool real = &env == rocksdb::Env::Default();
  if (real && !std::filesystem::exists(path + "/CURRENT", why) && why) {
    return fail(code_of_errno(why.value()), fmt::format("{}: {}", path, why.message()));
  }
  std::vector<std::string> names;
  const auto listed = env.GetChildren(path, &names);
  if (!listed.ok() && !listed.IsNotFound()) return tl::unexpected(open_error(listed, path));
  std::string data;  // of what holds records
  bool current = false;
  bool write_ahead = false;
  for (const std::string& name : names) {
    // The first manifest comes before the first CURRENT and the first write-ahead file, every other
    // after them.
    const bool manifest = name.starts_with("MANIFEST-") && name != "MANIFEST-000001";
    if (manifest || name.ends_with(".sst") || name.ends_with(".log")) data = name;
    current = current || name == "CURRENT";
    write_ahead = write_ahead || name.ends_with(".log");
  }
  if (data.empty() || (current && write_ahead)) return current;
  const std::string_view lost = current ? "its newest records (*.log) are" : "CURRENT is";
  return fail(Code::corrupt,
              fmt::format("{0}: {1} missing, but {2} is there: restore {0}", path, lost, data));
}

Result<OpenedDb> open_db(const RocksLogOptions& options) {
  rocksdb::Env& env = options.disk == nullptr ? *rocksdb::Env::Default() : *options.disk->env();
  const auto begun = is_begun(env, options.path);
  if (!begun) return tl::unexpected(begun.error());
  if (!*begun && !options.create) {
    return fail(Code::not_found, fmt::format("{}: there is no log", options.path));
  }
  const rocksdb::Options db = db_options(options);
  std::error_code ignored;  // RocksDB tells what is wrong with the path
  if (options.disk == nullptr) std::filesystem::create_directories(options.path, ignored);
  rocksdb::DB* raw = nullptr;
  const auto status = rocksdb::DB::Open(db, options.path, &raw);
  if (!status.ok()) return tl::unexpected(open_error(status, options.path));
  OpenedDb opened;
  opened.db.reset(raw);

  std::string text;
  const auto got = opened.db->Get(
      rocksdb::ReadOptions(), rocksdb::Slice(topics_key.data(), topics_key.size()), &text);
  if (!got.ok() && !got.IsNotFound()) return tl::unexpected(error_of(got));
  opened.topics = topics_of(text);
  if (auto ok = merge(options.topics, options.path, opened.topics); !ok) {
    return tl::unexpected(ok.error());
  }
  if (got.IsNotFound() || text != text_of(opened.topics)) {
    if (auto ok = write_facts(options, opened, got.IsNotFound()); !ok) {
      return tl::unexpected(ok.error());
    }
  }
  auto id = read_id(opened, options.path);
  if (!id) return tl::unexpected(id.error());
  opened.id = *id;
  return opened;
}

Result<Offset> stored_end(rocksdb::DB& db, const std::string& prefix) {
  const std::unique_ptr<rocksdb::Iterator> last(db.NewIterator(rocksdb::ReadOptions()));
  last->SeekForPrev(prefix_end(prefix));
  if (!last->status().ok()) return tl::unexpected(error_of(last->status()));
  if (!last->Valid() || !last->key().starts_with(prefix)) return 0;
  const auto walk = BlockWalk::open(last->value().ToStringView(), first_offset(last->key()));
  if (!walk) return tl::unexpected(walk.error());
  return walk->end();
}

}  // namespace wf::rocks
