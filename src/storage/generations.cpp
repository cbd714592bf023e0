// Opening the live generation, and swapping in the next.
#include "storage/generations.h"

#include <rocksdb/env.h>

#include <mutex>
#include <system_error>

#include "base/check.h"
#include "base/errno_code.h"
#include "storage/current_file.h"
#include "storage/engine_db.h"

namespace wf {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view current_name = "CURRENT";
constexpr std::string_view lock_name = "LOCK";

// Removes what builds and processes that died have left.
void remove_all_but(const fs::path& dir, const fs::path& live) {
  std::error_code ignored;  // it costs space only, and the next start tries again
  std::vector<fs::path> rest;
  for (const auto& entry : fs::directory_iterator(dir, ignored)) {
    const fs::path name = entry.path().filename();
    const bool stays = name == live.filename() || name == current_name || name == lock_name;
    if (!stays) rest.push_back(entry.path());
  }
  for (const fs::path& path : rest) fs::remove_all(path, ignored);
}

Result<bool> is_there(const fs::path& path) {
  std::error_code error;
  const bool there = fs::exists(path, error);
  if (error) return fail(code_of_errno(error.value()), path.string() + ": " + error.message());
  return there;
}

}  // namespace

TableHome::TableHome(fs::path dir,
                     const TableType& type,
                     const Resources& resources,
                     const Uuid& log_id)
    : dir_(std::move(dir)), type_(type), resources_(resources), log_id_(log_id) {}

Result<std::unique_ptr<TableHome>> TableHome::open(const fs::path& dir,
                                                   const TableType& type,
                                                   const Resources& resources,
                                                   const Uuid& log_id) {
  std::error_code error;
  fs::create_directories(dir, error);
  if (error) return fail(code_of_errno(error.value()), dir.string() + ": " + error.message());
  std::unique_ptr<TableHome> home(new TableHome(dir, type, resources, log_id));
  if (Result<void> locked = home->lock(); !locked) return tl::make_unexpected(locked.error());
  if (Result<void> opened = home->open_live(); !opened) return tl::make_unexpected(opened.error());
  remove_all_but(dir, home->live_->dir());
  return home;
}

void TableHome::Unlock::operator()(rocksdb::FileLock* lock) const {
  rocksdb::Env::Default()->UnlockFile(lock).PermitUncheckedError();
}

// Nobody else removes what is built here. A store locks its own directory only, a frozen one none.
Result<void> TableHome::lock() {
  rocksdb::FileLock* lock = nullptr;
  const auto status = rocksdb::Env::Default()->LockFile((dir_ / lock_name).string(), &lock);
  if (!status.ok()) return tl::make_unexpected(engine_error(status));
  lock_.reset(lock);
  return {};
}

Result<void> TableHome::open_live() {
  const Result<std::string> current = read_small_file(dir_ / current_name);
  if (!current) return tl::make_unexpected(current.error());
  const Result<bool> named = current->empty() ? false : is_there(dir_ / *current);
  if (!named) return tl::make_unexpected(named.error());
  if (*named) {
    Result<std::shared_ptr<TableStore>> store =
        TableStore::open(dir_ / *current, type_, resources_, log_id_);
    if (store) {
      live_ = std::move(*store);
      return {};
    }
    const bool disposable =
        store.error().code == Code::mismatch || store.error().code == Code::corrupt;
    if (!disposable) return tl::make_unexpected(store.error());
    discarded_ = store.error().detail;
    // What decides who may do what (a table without readers) is not answered from the past.
    const bool internal = type_.info().readers.empty();
    if (store.error().code == Code::mismatch && !internal) {
      store = TableStore::open_frozen(dir_ / *current, type_, resources_, log_id_);
    }
    if (store) {
      live_ = std::move(*store);
      return {};
    }
  }
  const Result<fs::path> next = next_generation();
  if (!next) return tl::make_unexpected(next.error());
  Result<std::shared_ptr<TableStore>> fresh = TableStore::open(*next, type_, resources_, log_id_);
  if (!fresh) return tl::make_unexpected(fresh.error());
  live_ = std::move(*fresh);
  return name_current(live_->dir());
}

Result<fs::path> TableHome::next_generation() const {
  for (int n = 1;; ++n) {
    fs::path path = dir_ / (std::string(type_.info().code_hash) + "-" + std::to_string(n));
    const Result<bool> taken = is_there(path);
    if (!taken) return tl::make_unexpected(taken.error());
    // The live one is open even where somebody deleted its directory.
    const bool open = live_ && live_->dir() == path;
    if (!*taken && !open) return path;
  }
}

Result<void> TableHome::name_current(const fs::path& generation) const {
  return replace_file(dir_ / current_name, generation.filename().string());
}

TableState TableHome::state() const {
  TableState state = live()->state();
  if (!state.live && !state.failing_since && percent_) state.built_percent = percent_();
  return state;
}

std::shared_ptr<TableStore> TableHome::live() const {
  const std::shared_lock lock(mutex_);
  return live_;
}

Result<std::unique_ptr<Builder>> TableHome::begin_build(SlotPositions slots,
                                                        const BuildLimits& limits,
                                                        std::shared_ptr<RowsInMemory> shared) {
  const Result<fs::path> next = next_generation();
  if (!next) return tl::make_unexpected(next.error());
  return Builder::open(
      *next, type_, resources_, log_id_, std::move(slots), limits, std::move(shared));
}

Result<void> TableHome::swap(std::shared_ptr<TableStore> next) {
  WF_CHECK(next->dir().parent_path() == dir_);
  // Only the calling thread applies, so neither store moves meanwhile.
  if (!reached(next->positions(), live_->positions())) {
    return fail(Code::unavailable, "the new generation has not reached the live one");
  }
  if (Result<void> named = name_current(next->dir()); !named) return named;
  if (live_->is_live()) next->mark_live();
  {
    const std::unique_lock lock(mutex_);
    live_.swap(next);
  }
  next->remove_when_closed();
  return {};
}

}  // namespace wf
