// A table's store for tools to look at: a checkpoint of the running process's, or the directory
// itself.
#pragma once
#include <filesystem>
#include <memory>

#include "gen/process.h"
#include "storage/resources.h"
#include "storage/table_store.h"

namespace wf::cli {

// A directory below VAR that goes with its owner.
class ScratchDir {
 public:
  // Code::io if VAR cannot be written to.
  static Result<ScratchDir> make(const ProcessConfig& process);
  ~ScratchDir();
  ScratchDir(ScratchDir&& other) noexcept : path_(std::move(other.path_)) { other.path_.clear(); }
  ScratchDir& operator=(ScratchDir&&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  explicit ScratchDir(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

// The store as it stands. Code::not_found: the table has none yet; Code::unavailable: a process has
// it open that does not answer on VAR/control.sock. `scratch` outlives the store.
Result<std::shared_ptr<TableStore>> open_table_copy(const ProcessConfig& process,
                                                    const TableType& type,
                                                    const Resources& resources,
                                                    const Uuid& log_id,
                                                    const ScratchDir& scratch);

// An error that names files of the copy, as of the table's own, which stay, with what mends them.
// Others stay as they are.
Error of_own_files(Error error,
                   const ProcessConfig& process,
                   const TableType& type,
                   const ScratchDir& scratch);

// Small: a tool shares the machine with what it looks at.
ResourceLimits tool_resources();

}  // namespace wf::cli
