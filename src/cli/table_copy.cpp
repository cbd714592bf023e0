// Finding a table's live generation, with a process on it or without.
#include "cli/table_copy.h"

#include <fmt/format.h>

#include <optional>

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

namespace {

fs::path copy_of(const ScratchDir& scratch, std::string_view table) {
  return scratch.path() / fmt::format("copy-{}", table);
}

fs::path home_of(const ProcessConfig& process, std::string_view table) {
  return fs::path(process.var) / "tables" / table;
}

// The live generation's; nothing: there is none.
Result<std::optional<fs::path>> find_store(const fs::path& home) {
  const auto current = read_small_file(home / "CURRENT");
  if (!current) return tl::unexpected(current.error());
  if (current->empty()) return std::nullopt;
  fs::path store = home / *current;
  std::error_code error;
  const bool there = fs::exists(store, error);
  if (error) return fail(code_of_errno(error.value()), home.string() + ": " + error.message());
  if (!there) return std::nullopt;
  return store;
}

// Of the running process's store.
Result<std::shared_ptr<TableStore>> open_checkpoint(const ProcessConfig& process,
                                                    const TableType& type,
                                                    const Resources& resources,
                                                    const Uuid& log_id,
                                                    const ScratchDir& scratch) {
  const std::string name(type.info().name);
  const fs::path copy = copy_of(scratch, name);
  const auto copied = ask_checkpoint(control_path(process), name, copy.string());
  if (copied) return TableStore::open(copy, type, resources, log_id);
  const fs::path home = home_of(process, name);
  const auto store = find_store(home);
  const bool deleted = copied.error().code == Code::io && store && !*store;
  if (!deleted) return tl::unexpected(copied.error());
  return fail(Code::io,
              fmt::format("the files of the table below {} were deleted under the running process: "
                          "`wayfold rebuild {}` makes them anew",
                          home.string(),
                          name));
}

}  // namespace

Error of_own_files(Error error,
                   const ProcessConfig& process,
                   const TableType& type,
                   const ScratchDir& scratch) {
  const std::string copy = copy_of(scratch, type.info().name).string();
  const auto store = find_store(home_of(process, type.info().name));
  if (!store || !*store) return error;
  const std::string own = (*store)->string();
  for (std::size_t at = 0; (at = error.detail.find(copy, at)) != std::string::npos;) {
    error.detail.replace(at, copy.size(), own);
    at += own.size();
  }
  const bool damaged = error.code == Code::corrupt || error.code == Code::not_found;
  if (damaged && error.detail.find(own) != std::string::npos) {
    error.detail += fmt::format("; `wayfold rebuild {}` mends damaged files", type.info().name);
  }
  return error;
}

Result<std::shared_ptr<TableStore>> open_table_copy(const ProcessConfig& process,
                                                    const TableType& type,
                                                    const Resources& resources,
                                                    const Uuid& log_id,
                                                    const ScratchDir& scratch) {
  const std::string name(type.info().name);
  if (Connection::open(control_path(process))) {
    return open_checkpoint(process, type, resources, log_id, scratch);
  }
  const auto there = find_store(home_of(process, name));
  if (!there) return tl::unexpected(there.error());
  if (!*there) {
    return fail(Code::not_found,
                "table " + name + " has no store below " + process.var +
                    ": it was deleted or never built, and a start builds it");
  }
  auto store = TableStore::open(**there, type, resources, log_id);
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
