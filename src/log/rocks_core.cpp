// Appends go through one queue in one order; the log thread writes all that waits as one batch.
#include "log/rocks_core.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "base/check.h"
#include "base/thread_name.h"

namespace wf::rocks {
namespace {

// Whatever reads the log must hold one; what appends stays below by its own batches.
constexpr std::size_t append_bytes_max = std::size_t{32} << 20U;
constexpr std::size_t batch_bytes_kept = std::size_t{1} << 20U;
constexpr Duration step_back_max = Duration::seconds(5);  // beyond it a clock was set right
constexpr Duration disk_asked_every = Duration::seconds(1);

bool readable_at_once(const std::string& topic) { return topic.starts_with("commands."); }

int free_percent_of(const std::string& path) {
  std::error_code error;
  const auto space = std::filesystem::space(path, error);
  if (error || space.capacity == 0) return 100;  // the next write will tell
  return static_cast<int>(space.available * 100 / space.capacity);
}

void end_process(const std::string& reason) {
  std::fprintf(stderr, "wayfold: the log cannot go on: %s\n", reason.c_str());
  std::_Exit(70);
}

RocksLogOptions completed(RocksLogOptions options) {
  if (!options.on_fatal) options.on_fatal = end_process;
  if (!options.free_disk_percent && options.disk == nullptr) {
    options.free_disk_percent = [path = options.path] { return free_percent_of(path); };
  }
  return options;
}

tl::unexpected<Error> stopped() { return fail(Code::io, "the log has failed"); }

}  // namespace

Result<void> Group::wait() {
  std::unique_lock lock(mutex_);
  finished_.wait(lock, [this] { return done_; });
  return result_;
}

void Group::finish(Result<void> result) {
  const std::lock_guard lock(mutex_);
  result_ = std::move(result);
  done_ = true;
  finished_.notify_all();
}

Core::Core(RocksLogOptions options, OpenedDb opened)
    : options_(completed(std::move(options))), opened_(std::move(opened)) {}

Core::~Core() {
  {
    std::unique_lock lock(mutex_);
    WF_CHECK(users_ == 0);  // readers and appenders go before their log
    stopping_ = true;
    work_.notify_one();
    if (options_.inline_commit && !failed_) {
      pending_->sync = true;
      commit(lock);
    }
  }
  if (thread_.joinable()) thread_.join();
}

Result<void> Core::start() {
  for (std::size_t topic = 0; topic < opened_.topics.size(); ++topic) {
    const TopicSpec& spec = opened_.topics[topic];
    auto& partitions = partitions_[spec.name];
    for (std::uint32_t i = 0; i < spec.partitions; ++i) {
      auto partition = std::make_unique<Partition>();
      partition->prefix = slot_prefix(topic, i);
      partition->at_once = readable_at_once(spec.name);
      const auto end = stored_end(*opened_.db, partition->prefix);
      if (!end) return tl::unexpected(end.error());
      partition->next = partition->written = partition->durable = *end;
      partitions.push_back(std::move(partition));
    }
  }
  if (!options_.inline_commit) thread_ = std::thread([this] { run(); });
  return {};
}

Partition* Core::find(const Slot& slot) {
  const auto topic = partitions_.find(slot.topic);
  if (topic == partitions_.end() || slot.partition >= topic->second.size()) return nullptr;
  return topic->second[slot.partition].get();
}

void Core::enter() {
  const std::lock_guard lock(mutex_);
  ++users_;
}

void Core::leave() {
  const std::lock_guard lock(mutex_);
  --users_;
}

Result<void> Core::append(Partition& partition,
                          std::span<const Record> records,
                          Durability durability) {
  const bool now = durability == Durability::now;
  std::string packed = records.empty() ? std::string() : pack(records);
  if (packed.size() > append_bytes_max) {
    return fail(Code::invalid, fmt::format("an append of {} bytes; 32 MiB at most", packed.size()));
  }
  std::shared_ptr<Group> group;
  {
    std::unique_lock lock(mutex_);
    if (!options_.inline_commit) {
      room_.wait(lock, [this] { return failed_ || queued_bytes_ < options_.queue_bytes; });
    }
    if (failed_) return stopped();
    if (disk_is_full()) {
      return fail(Code::full,
                  fmt::format("less than {} % of the disk under {} is free",
                              options_.min_free_disk_percent,
                              options_.path));
    }
    group = enqueue(partition, std::move(packed), records.size());
    if (now) group->sync = true;
    if (options_.inline_commit) {
      if (now || queued_bytes_ >= options_.queue_bytes) commit(lock);
    } else if (work_is_due() || group->entries.size() == 1) {
      work_.notify_one();
    }
  }
  return now ? group->wait() : Result<void>();
}

// A clock that was ahead and is set right is followed: else every command is expired until then.
Instant Core::next_append_time() {
  const Instant now = options_.now();
  if (now > last_appended_ || now < last_appended_ - step_back_max) last_appended_ = now;
  return last_appended_;
}

std::shared_ptr<Group> Core::enqueue(Partition& partition,
                                     std::string packed,
                                     std::size_t records) {
  if (packed.empty()) return pending_;
  stamp(packed, next_append_time());
  const Offset end = partition.next + static_cast<Offset>(records);
  auto block = std::make_shared<const Block>(Block{partition.next, end, std::move(packed)});
  if (pending_->entries.empty()) oldest_pending_ = std::chrono::steady_clock::now();
  pending_->bytes += block->bytes.size();
  queued_bytes_ += block->bytes.size();
  partition.tail_bytes += block->bytes.size();
  partition.next = end;
  partition.tail.push_back(block);
  pending_->entries.push_back({&partition, std::move(block)});
  if (partition.at_once) {
    for (Bell* bell : partition.bells) bell->ring();
  }
  return pending_;
}

bool Core::disk_is_full() {
  if (!options_.free_disk_percent) return false;
  const Instant now = options_.now();
  if (now < disk_asked_ || now - disk_asked_ >= disk_asked_every) {
    disk_asked_ = now;
    disk_full_ = options_.free_disk_percent() < options_.min_free_disk_percent;
  }
  return disk_full_;
}

bool Core::work_is_due() const {
  return pending_->sync || pending_->bytes >= options_.queue_bytes / 2;
}

std::shared_ptr<Group> Core::take() { return std::exchange(pending_, std::make_shared<Group>()); }

Result<void> Core::write(const Group& group) {
  for (const Group::Entry& entry : group.entries) {
    batch_.Put(block_key(entry.partition->prefix, entry.block->first), entry.block->bytes);
  }
  rocksdb::WriteOptions options;
  options.sync = group.sync;
  // Syncing with nothing new to write: an earlier batch may have gone unsynced.
  const rocksdb::Status status =
      group.entries.empty() ? opened_.db->SyncWAL() : opened_.db->Write(options, &batch_);
  if (group.bytes > batch_bytes_kept) {
    batch_ = rocksdb::WriteBatch();
  } else {
    batch_.Clear();
  }
  if (!status.ok()) return tl::unexpected(error_of(status));
  return {};
}

void Core::publish(const Group& group) {
  queued_bytes_ -= group.bytes;
  for (const auto& [partition, block] : group.entries) {
    partition->written = block->end;
    unsynced_.push_back(partition);
    while (partition->tail_bytes > options_.tail_bytes &&
           partition->tail.front()->end <= partition->written && partition->tail.size() > 1) {
      partition->tail_bytes -= partition->tail.front()->bytes.size();
      partition->tail.pop_front();
    }
  }
  room_.notify_all();
  if (!group.sync) return;
  for (Partition* partition : unsynced_) {
    if (partition->durable == partition->written) continue;
    partition->durable = partition->written;
    if (partition->at_once) continue;
    for (Bell* bell : partition->bells) bell->ring();
  }
  unsynced_.clear();
}

void Core::commit(std::unique_lock<std::mutex>& lock) {
  lock.unlock();
  const std::lock_guard writing(writing_);
  lock.lock();
  const std::shared_ptr<Group> group = take();
  lock.unlock();
  const Result<void> written = write(*group);
  lock.lock();
  if (written) {
    publish(*group);
  } else {
    fatal(lock, written.error());
  }
  group->finish(written);
}

void Core::fatal(std::unique_lock<std::mutex>& lock, const Error& error) {
  failed_ = true;
  lock.unlock();
  options_.on_fatal(error.detail);
  lock.lock();
  room_.notify_all();
  take()->finish(tl::unexpected(error));
}

void Core::run() {
  name_thread("log");
  const auto bound = std::chrono::microseconds(options_.unsynced_for.us);
  std::unique_lock lock(mutex_);
  while (!failed_) {
    if (stopping_) {
      pending_->sync = true;
      commit(lock);
      return;
    }
    if (work_is_due()) {
      commit(lock);
    } else if (pending_->entries.empty()) {
      work_.wait(lock);
    } else if (work_.wait_until(lock, oldest_pending_ + bound) == std::cv_status::timeout) {
      if (!pending_->entries.empty()) commit(lock);
    }
  }
}

}  // namespace wf::rocks
