// Reads the tail's blocks without copying them, RocksDB's through a kept iterator.
#include "log/rocks_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace wf::rocks {
namespace {

constexpr std::size_t readahead_bytes = std::size_t{2} << 20U;
constexpr std::size_t chunk_bytes_max = std::size_t{1} << 20U;

tl::unexpected<Error> misplaced(Offset offset) {
  return fail(Code::corrupt, fmt::format("offset {} is not where the log should hold it", offset));
}

// Copies blocks into a few large chunks that the batch owns.
class Chunks {
 public:
  explicit Chunks(Batch& batch) : batch_(batch) {}

  std::string_view copy(std::string_view bytes) {
    if (bytes.size() > free_) {
      size_ = std::max(bytes.size(), std::min(size_ * 2, chunk_bytes_max));
      const std::shared_ptr<char[]> chunk(new char[size_]);
      at_ = chunk.get();
      free_ = size_;
      batch_.owners.push_back(chunk);
    }
    std::memcpy(at_, bytes.data(), bytes.size());
    const std::string_view copied(at_, bytes.size());
    at_ += bytes.size();
    free_ -= bytes.size();
    return copied;
  }

 private:
  Batch& batch_;
  char* at_ = nullptr;
  std::size_t free_ = 0;
  std::size_t size_ = 4096;
};

// Fills a batch up to its limit.
class Filler {
 public:
  Filler(Batch& batch, Limit limit, Offset visible)
      : batch_(batch), limit_(limit), visible_(visible) {}

  // Takes records until the block, the limit or what is visible ends. False: no more may be taken.
  Result<bool> take(BlockWalk& walk) {
    const Offset left = std::min(walk.end(), visible_) - walk.next_offset();
    expect(static_cast<std::size_t>(std::max<Offset>(0, left)));
    while (!walk.at_end() && walk.next_offset() < visible_) {
      if (full_) return false;
      Record& record = batch_.records.emplace_back();
      const auto there = walk.next(record);
      if (!there) return tl::unexpected(there.error());
      if (!*there) {
        batch_.records.pop_back();
        continue;
      }
      bytes_ += record.payload.size();
      full_ = batch_.records.size() >= limit_.records || bytes_ >= limit_.bytes;
    }
    return !full_;
  }

 private:
  // Makes room for that many records more at once: a record is large to move.
  void expect(std::size_t records) {
    const std::size_t wanted = std::min(batch_.records.size() + records, limit_.records);
    if (wanted <= batch_.records.capacity()) return;
    batch_.records.reserve(std::max(wanted, 2 * batch_.records.capacity()));
  }

  Batch& batch_;
  const Limit limit_;
  const Offset visible_;
  std::size_t bytes_ = 0;
  bool full_ = false;
};

}  // namespace

RocksReader::RocksReader(Core& core) : core_(core) { core_.enter(); }

RocksReader::~RocksReader() {
  while (!cursors_.empty()) drop(Slot(cursors_.begin()->first));
  core_.leave();
}

Result<void> RocksReader::seek(const Slot& slot, Offset from) {
  Partition* const partition = core_.find(slot);
  if (partition == nullptr) {
    return fail(Code::not_found,
                fmt::format("the log has no partition {}/{}", slot.topic, slot.partition));
  }
  {
    const std::lock_guard lock(core_.mutex());
    if (from < 0 || from > partition->visible()) {
      return fail(Code::mismatch,
                  fmt::format("{}/{}: offset {} is outside of 0 … {}",
                              slot.topic,
                              slot.partition,
                              from,
                              partition->visible()));
    }
  }
  drop(slot);
  Cursor& cursor = cursors_[slot];
  cursor.partition = partition;
  cursor.next = from;
  const std::lock_guard lock(core_.mutex());
  partition->bells.push_back(&bell_);
  return {};
}

void RocksReader::drop(const Slot& slot) {
  const auto found = cursors_.find(slot);
  if (found == cursors_.end()) return;
  {
    const std::lock_guard lock(core_.mutex());
    std::erase(found->second.partition->bells, &bell_);
  }
  cursors_.erase(found);
}

Result<Batch> RocksReader::read(const Slot& slot, Limit limit) {
  const auto found = cursors_.find(slot);
  if (found == cursors_.end()) {
    return fail(Code::invalid,
                fmt::format("read before seek of {}/{}", slot.topic, slot.partition));
  }
  Cursor& cursor = found->second;
  while (true) {
    std::optional<Blocks> blocks;
    Offset visible = 0;
    {
      const std::lock_guard lock(core_.mutex());
      visible = cursor.partition->visible();
      if (cursor.next < visible) blocks = in_memory(cursor, visible, limit.bytes);
    }
    if (cursor.next >= visible) {
      cursor.stored.reset();  // it would pin old files for as long as nothing is appended
      return Batch{};
    }
    auto batch = blocks ? read_memory(cursor, std::move(*blocks), visible, limit)
                        : read_stored(cursor, visible, limit);
    if (!batch || !batch->records.empty()) return batch;  // else all of it was compacted away
  }
}

std::optional<RocksReader::Blocks> RocksReader::in_memory(const Cursor& cursor,
                                                          Offset visible,
                                                          std::size_t bytes) const {
  const auto& tail = cursor.partition->tail;
  if (tail.empty() || tail.front()->first > cursor.next) return std::nullopt;
  auto at = std::partition_point(
      tail.begin(), tail.end(), [&](const auto& block) { return block->end <= cursor.next; });
  Blocks blocks;
  // A block is more than its payloads, so this is enough to fill the limit, or all there is.
  for (std::size_t held = 0; at != tail.end() && (*at)->first < visible && held <= 2 * bytes;
       ++at) {
    held += (*at)->bytes.size();
    blocks.push_back(*at);
  }
  return blocks;
}

Result<Batch> RocksReader::read_memory(Cursor& cursor, Blocks blocks, Offset visible, Limit limit) {
  cursor.stored.reset();  // it would pin old files
  Batch batch;
  Filler filler(batch, limit, visible);
  for (auto& block : blocks) {
    if (cursor.block != block || cursor.walk.next_offset() != cursor.next) {
      auto walk = BlockWalk::open(block->bytes, block->first);
      if (!walk) return tl::unexpected(walk.error());
      if (auto ok = walk->skip_to(cursor.next); !ok) return tl::unexpected(ok.error());
      cursor.walk = *walk;
      cursor.block = block;
    }
    const auto more = filler.take(cursor.walk);
    if (!more) return tl::unexpected(more.error());
    cursor.next = cursor.walk.next_offset();
    batch.owners.push_back(std::move(block));
    if (!*more) break;
  }
  if (cursor.walk.at_end()) cursor.block.reset();
  return batch;
}

Result<void> RocksReader::find_stored(Cursor& cursor) {
  rocksdb::ReadOptions options;
  options.readahead_size = readahead_bytes;
  options.fill_cache = false;
  cursor.upper = prefix_end(cursor.partition->prefix);
  cursor.upper_key = cursor.upper;
  options.iterate_upper_bound = &cursor.upper_key;
  cursor.block.reset();
  cursor.stored.reset(core_.db().NewIterator(options));
  cursor.stored->SeekForPrev(block_key(cursor.partition->prefix, cursor.next));
  if (!cursor.stored->status().ok()) return tl::unexpected(error_of(cursor.stored->status()));
  if (!cursor.stored->Valid() || !cursor.stored->key().starts_with(cursor.partition->prefix)) {
    return misplaced(cursor.next);
  }
  return {};
}

Result<Batch> RocksReader::read_stored(Cursor& cursor, Offset visible, Limit limit) {
  // The iterator sees what was there when it was made; past that it is made anew, once.
  if (!cursor.stored || !cursor.stored->Valid()) {
    if (auto ok = find_stored(cursor); !ok) return tl::unexpected(ok.error());
  }
  Batch batch;
  Chunks chunks(batch);
  Filler filler(batch, limit, visible);
  while (cursor.next < visible && cursor.stored->Valid()) {
    auto walk = BlockWalk::open(chunks.copy(cursor.stored->value().ToStringView()),
                                first_offset(cursor.stored->key()));
    if (!walk) return tl::unexpected(walk.error());
    if (walk->next_offset() > cursor.next || walk->end() <= cursor.next) {
      return misplaced(cursor.next);
    }
    if (auto ok = walk->skip_to(cursor.next); !ok) return tl::unexpected(ok.error());
    const auto more = filler.take(*walk);
    if (!more) return tl::unexpected(more.error());
    cursor.next = walk->next_offset();
    if (walk->at_end()) cursor.stored->Next();
    if (!*more) break;
  }
  if (!cursor.stored->status().ok()) return tl::unexpected(error_of(cursor.stored->status()));
  return batch;
}

bool RocksReader::anything_to_read() const {
  return std::any_of(cursors_.begin(), cursors_.end(), [](const auto& entry) {
    return entry.second.partition->visible() > entry.second.next;
  });
}

bool RocksReader::wait(Duration timeout) {
  constexpr Duration longest = Duration::hours(24);
  const auto until =
      std::chrono::steady_clock::now() + std::chrono::microseconds(std::min(timeout, longest).us);
  std::unique_lock lock(core_.mutex());
  bell_.rung = anything_to_read();
  bell_.waiting = true;
  bell_.rung_or_timeout.wait_until(lock, until, [this] { return bell_.rung || interrupted_; });
  bell_.waiting = false;
  interrupted_ = false;
  return anything_to_read();
}

void RocksReader::interrupt() {
  const std::lock_guard lock(core_.mutex());
  interrupted_ = true;
  bell_.rung_or_timeout.notify_one();
}

}  // namespace wf::rocks
