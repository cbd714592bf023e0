// Finding a table's live generation, with a process on it or without.
#include "cli/table_copy.h"

#include "base/errno_code.h"
#include "base/uuid.h"
#include "cli/control_wire.h"
#include "cli/remote_log.h"
#include "cli/tool_log.h"
#include "storage/current_file.h"

namespace wf::cli {

namespace fs = std::filesystem;

Result<ScratchDir> ScratchDir::make(const ProcessConfig& process) {
  std::error_code error;
  fs::path path = fs::absolute(process.var) / "scratch" / Uuid::random().text();
  fs::create_directories(path, error);
  if (error) return fail(code_of_errno(error.value()), path.string() + ": " + error.message());
  return ScratchDir(std::move(path));
}

ScratchDir::~ScratchDir() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

Result<std::shared_ptr<TableStore>> open_table_copy(const ProcessConfig& process,
                                                    const TableType& type,
                                                    const Resources& resources,
                                                    const Uuid& log_id,
                                                    const ScratchDir& scratch) {
  const std::string name(type.info().name);
  if (Connection::open(control_path(process))) {
    const fs::path copy = scratch.path() / ("copy-" + name);
    if (auto ok = ask_checkpoint(control_path(process), name, copy.string()); !ok) {
      return tl::unexpected(ok.error());
    }
    return TableStore::open(copy, type, resources, log_id);
  }
  const fs::path home = fs::path(process.var) / "tables" / name;
  const auto current = read_small_file(home / "CURRENT");
  if (!current) return tl::unexpected(current.error());
  std::error_code error;
  const bool there = !current->empty() && fs::exists(home / *current, error);
  if (error) return fail(code_of_errno(error.value()), home.string() + ": " + error.message());
  if (!there) {
    return fail(Code::not_found, "table " + name + " has no store below " + process.var);
  }
  auto store = TableStore::open(home / *current, type, resources, log_id);
  if (!store && store.error().code == Code::mismatch) {
    return fail(Code::mismatch,
                "table " + name + " below " + process.var +
                    " is of another build or log; `wayfold rebuild " + name +
                    "` builds it anew, as the next start does");
  }
  return store;
}

ResourceLimits tool_resources() {
  return {.block_cache_bytes = std::size_t{64} << 20U,
          .read_cache_bytes = 0,
          .write_buffer_bytes = std::size_t{64} << 20U,
          .background_threads = 1,
          .cached_rows = 1024};
}

}  // namespace wf::cli
