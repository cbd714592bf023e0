// Writing sorted files.
#include "storage/sorted_files.h"

#include <rocksdb/sst_file_writer.h>
#include <unistd.h>

#include "storage/engine_db.h"
#include "storage/prefetch.h"

namespace wf {
namespace {

constexpr std::uint64_t file_bytes_max = std::uint64_t{64} << 20;
constexpr std::size_t edits_ahead = 16;

class SortedFiles {
 public:
  SortedFiles(std::filesystem::path dir, std::string name, const Resources::Shared& resources)
      : dir_(std::move(dir)), name_(std::move(name)), options_(engine_options(resources)) {}

  Result<void> add(const Edit& edit) {
    if (!writer_) {
      paths_.push_back((dir_ / (name_ + "-" + std::to_string(paths_.size()) + ".sst")).string());
      // A process killed right after a file of that name was taken in has left it: a link to a file
      // of the store, which writing would destroy.
      ::unlink(paths_.back().c_str());
      writer_ = std::make_unique<rocksdb::SstFileWriter>(rocksdb::EnvOptions(), options_);
      if (const auto status = writer_->Open(paths_.back()); !status.ok()) {
        return tl::make_unexpected(engine_error(status));
      }
    }
    const rocksdb::Status status = edit.erase ? writer_->Delete(slice(edit.key))
                                              : writer_->Put(slice(edit.key), slice(edit.value));
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
                                                    std::span<const Edit> edits,
                                                    const Resources::Shared& resources) {
  SortedFiles files(dir, name, resources);
  for (std::size_t n = 0; n < edits.size(); ++n) {
    if (n + edits_ahead < edits.size()) {  // edits in order are anywhere in memory
      prefetch(edits[n + edits_ahead].key.data(), 1);
      prefetch(edits[n + edits_ahead].value.data(), edits[n + edits_ahead].value.size());
    }
    if (Result<void> added = files.add(edits[n]); !added) return tl::make_unexpected(added.error());
  }
  if (Result<void> closed = files.close(); !closed) return tl::make_unexpected(closed.error());
  return std::move(files).paths();
}

}  // namespace wf
