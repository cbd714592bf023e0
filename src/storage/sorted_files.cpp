// Sorted files from merged lists.
#include "storage/sorted_files.h"

#include <rocksdb/sst_file_writer.h>

#include <algorithm>

#include "storage/engine_db.h"

namespace wf {
namespace {

constexpr std::uint64_t file_bytes_max = std::uint64_t{64} << 20;

class SortedFiles {
 public:
  SortedFiles(std::filesystem::path dir, std::string name, const Resources::Shared& resources)
      : dir_(std::move(dir)), name_(std::move(name)), options_(engine_options(resources)) {}

  Result<void> add(std::string_view key, std::string_view value, bool erase) {
    if (!writer_) {
      paths_.push_back((dir_ / (name_ + "-" + std::to_string(paths_.size()) + ".sst")).string());
      writer_ = std::make_unique<rocksdb::SstFileWriter>(rocksdb::EnvOptions(), options_);
      if (const auto status = writer_->Open(paths_.back()); !status.ok()) {
        return tl::make_unexpected(engine_error(status));
      }
    }
    const rocksdb::Status status =
        erase ? writer_->Delete(slice(key)) : writer_->Put(slice(key), slice(value));
    if (!status.ok()) return tl::make_unexpected(engine_error(status));
    return writer_->FileSize() < file_bytes_max ? Result<void>() : close();
  }

  Result<void> close() {
    if (!writer_) return {};
    const rocksdb::Status status = writer_->Finish();
    writer_.reset();
    if (!status.ok()) return tl::make_unexpected(engine_error(status));
    return {};
  }

  std::vector<std::string> paths() && { return std::move(paths_); }

 private:
  std::filesystem::path dir_;
  std::string name_;
  rocksdb::Options options_;
  std::unique_ptr<rocksdb::SstFileWriter> writer_;
  std::vector<std::string> paths_;
};

}  // namespace

Result<std::vector<std::string>> write_sorted_files(const std::filesystem::path& dir,
                                                    const std::string& name,
                                                    const std::vector<std::span<const Edit>>& lists,
                                                    const Resources::Shared& resources) {
  SortedFiles files(dir, name, resources);
  std::vector<std::span<const Edit>> heap;
  for (const auto& list : lists) {
    if (!list.empty()) heap.push_back(list);
  }
  const auto later = [](std::span<const Edit> a, std::span<const Edit> b) {
    return a.front().key > b.front().key;
  };
  std::ranges::make_heap(heap, later);
  while (!heap.empty()) {
    std::ranges::pop_heap(heap, later);
    const Edit& edit = heap.back().front();
    if (Result<void> added = files.add(edit.key, edit.value, edit.erase); !added) {
      return tl::make_unexpected(added.error());
    }
    heap.back() = heap.back().subspan(1);
    if (heap.back().empty()) {
      heap.pop_back();
    } else {
      std::ranges::push_heap(heap, later);
    }
  }
  if (Result<void> closed = files.close(); !closed) return tl::make_unexpected(closed.error());
  return std::move(files).paths();
}

Result<std::vector<std::string>> write_sorted_files(const std::filesystem::path& dir,
                                                    const std::string& name,
                                                    const SortedRun& run,
                                                    const Resources::Shared& resources) {
  SortedFiles files(dir, name, resources);
  for (const RunEntry& entry : run.entries()) {
    if (Result<void> added = files.add(entry.key, entry.value, entry.erase); !added) {
      return tl::make_unexpected(added.error());
    }
  }
  if (Result<void> closed = files.close(); !closed) return tl::make_unexpected(closed.error());
  return std::move(files).paths();
}

}  // namespace wf
