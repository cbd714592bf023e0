// RocksDB's in-memory file system, with a record of how much of each file was synced.
#include "log/memory_disk.h"

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "base/check.h"

namespace wf {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

// What the power switch and the files share.
class Power {
 public:
  // Whether one more write or sync may happen.
  IOStatus use() {
    const std::lock_guard lock(mutex_);
    if (left_ > 0 && --left_ == 0) on_ = false;
    return on_ ? IOStatus::OK() : IOStatus::IOError("no power");
  }
  bool on() const {
    const std::lock_guard lock(mutex_);
    return on_;
  }
  void set(bool on, int left) {
    const std::lock_guard lock(mutex_);
    on_ = on;
    left_ = left;
  }
  void on_sync(std::function<void()> callback) { on_sync_ = std::move(callback); }
  void before_sync() const {
    if (on_sync_) on_sync_();
  }
  void synced(const std::string& path, std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    synced_[path] = bytes;
  }
  void forget(const std::string& path) {
    const std::lock_guard lock(mutex_);
    synced_.erase(path);
  }
  void rename(const std::string& from, const std::string& to) {
    const std::lock_guard lock(mutex_);
    if (auto node = synced_.extract(from)) {
      synced_.erase(to);
      node.key() = to;
      synced_.insert(std::move(node));
    }
  }
  std::map<std::string, std::uint64_t> synced() const {
    const std::lock_guard lock(mutex_);
    return synced_;
  }

 private:
  mutable std::mutex mutex_;
  bool on_ = true;
  int left_ = 0;  // operations until the power goes; 0: it stays
  std::map<std::string, std::uint64_t> synced_;
  std::function<void()> on_sync_;  // set while nothing runs
};

class File : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  File(std::unique_ptr<FSWritableFile>&& file, std::string path, Power& power)
      : FSWritableFileOwnerWrapper(std::move(file)), path_(std::move(path)), power_(power) {}

  using FSWritableFileOwnerWrapper::Append;
  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* context) override {
    if (IOStatus status = power_.use(); !status.ok()) return status;
    return target()->Append(data, options, context);
  }
  IOStatus Append(const Slice& data,
                  const IOOptions& options,
                  const rocksdb::DataVerificationInfo&,
                  IODebugContext* context) override {
    return Append(data, options, context);
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* context) override {
    power_.before_sync();
    if (IOStatus status = power_.use(); !status.ok()) return status;
    const IOStatus status = target()->Sync(options, context);
    if (status.ok()) power_.synced(path_, target()->GetFileSize(options, context));
    return status;
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* context) override {
    return Sync(options, context);
  }
  bool IsSyncThreadSafe() const override { return true; }  // it has a mutex of its own

 private:
  const std::string path_;
  Power& power_;
};

// Names (creating, renaming, deleting) count as durable at once, as on a journalling file system.
class Files : public rocksdb::FileSystemWrapper {
 public:
  Files(const std::shared_ptr<FileSystem>& memory, Power& power)
      : FileSystemWrapper(memory), power_(power) {}
  const char* Name() const override { return "wayfold.MemoryDisk"; }

  IOStatus NewWritableFile(const std::string& path,
                           const rocksdb::FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* out,
                           IODebugContext* context) override {
    if (!power_.on()) return IOStatus::IOError("no power");
    std::unique_ptr<rocksdb::FSWritableFile> file;
    IOStatus status = target()->NewWritableFile(path, options, &file, context);
    if (!status.ok()) return status;
    power_.synced(path, 0);
    *out = std::make_unique<File>(std::move(file), path, power_);
    return status;
  }
  IOStatus DeleteFile(const std::string& path,
                      const IOOptions& options,
                      IODebugContext* context) override {
    if (!power_.on()) return IOStatus::IOError("no power");
    power_.forget(path);
    return target()->DeleteFile(path, options, context);
  }
  IOStatus RenameFile(const std::string& from,
                      const std::string& to,
                      const IOOptions& options,
                      IODebugContext* context) override {
    if (!power_.on()) return IOStatus::IOError("no power");
    power_.rename(from, to);
    return target()->RenameFile(from, to, options, context);
  }

 private:
  Power& power_;
};

// Rewrites a file as its first `size` bytes; the in-memory file system cannot truncate a path.
void cut(rocksdb::FileSystem& files, const std::string& path, std::uint64_t size) {
  std::string bytes;
  WF_CHECK(rocksdb::ReadFileToString(&files, path, &bytes).ok());
  if (bytes.size() <= size) return;
  bytes.resize(size);
  WF_CHECK(files.DeleteFile(path, IOOptions(), nullptr).ok());
  WF_CHECK(rocksdb::WriteStringToFile(&files, bytes, path, true).ok());
}

}  // namespace

struct MemoryDisk::State {
  Power power;
  std::unique_ptr<rocksdb::Env> memory{rocksdb::NewMemEnv(rocksdb::Env::Default())};
  std::shared_ptr<Files> files = std::make_shared<Files>(memory->GetFileSystem(), power);
  std::unique_ptr<rocksdb::Env> env = rocksdb::NewCompositeEnv(files);
};

MemoryDisk::MemoryDisk() : state_(std::make_unique<State>()) {}
MemoryDisk::~MemoryDisk() = default;

void MemoryDisk::cut_power() { state_->power.set(false, 0); }
void MemoryDisk::cut_power_after(int operations) { state_->power.set(true, operations); }

void MemoryDisk::on_sync(std::function<void()> callback) {
  state_->power.on_sync(std::move(callback));
}

void MemoryDisk::restore_power(std::size_t torn) {
  for (const auto& [path, bytes] : state_->power.synced()) {
    cut(*state_->memory->GetFileSystem(), path, bytes + torn);
  }
  state_->power.set(true, 0);
}

rocksdb::Env* MemoryDisk::env() const { return state_->env.get(); }

}  // namespace wf
