// The generations of one table: which one is live, and how the next one takes its place.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <shared_mutex>
#include <string>

#include "storage/builder.h"
#include "storage/table_store.h"

namespace rocksdb {
class FileLock;
}

namespace wf {

// A directory (VAR/tables/NAME) with a directory per generation, named by the code's hash and a
// number, a file CURRENT that names the live one, and a file LOCK. Reads are thread-safe and always
// answered by the live generation; open, begin_build and swap are for one thread at a time, which
// applies or holds up the one that does.
class TableHome final : public TableView {
 public:
  // Opens the live generation. One of other code whose rows this build reads is frozen: it is read,
  // and not written to, until the next takes its place. Where there is none, or it is of another
  // log or format, or damaged, an empty one. Whatever else the directory holds is removed.
  // Code::unavailable while another object, of any process, has the directory open.
  static Result<std::unique_ptr<TableHome>> open(const std::filesystem::path& dir,
                                                 const TableType& type,
                                                 const Resources& resources,
                                                 const Uuid& log_id);

  // Why the generation that was there could not be used; empty if it could, or there was none.
  const std::string& discarded() const { return discarded_; }
  // Whether the live generation is never to be fed: the next one is to be built.
  bool frozen() const { return live()->frozen(); }
  // How far building the next one is, from any thread; before the home is read.
  void tell_progress(std::function<std::optional<int>()> percent) { percent_ = std::move(percent); }

  // The store in use. Hold it for one call, not longer: its files stay as long as it is held.
  std::shared_ptr<TableStore> live() const;

  // Starts a generation beside the live one; see Builder::open.
  Result<std::unique_ptr<Builder>> begin_build(SlotPositions slots,
                                               const BuildLimits& limits = {},
                                               std::shared_ptr<RowsInMemory> shared = nullptr);

  // Makes a built generation the live one, once it has folded all that the live one has: else
  // Code::unavailable, and it must apply() on. Readers see the one or the other; the old one is
  // removed when the last of them is done.
  Result<void> swap(std::shared_ptr<TableStore> next);

  const TableType& type() const override { return type_; }
  TableState state() const override;
  bool is_live() const override { return live()->is_live(); }
  Result<RowRead> get(std::string_view key) const override { return live()->get(key); }
  Result<std::optional<std::string>> answer(std::string_view key,
                                            const Query& query) const override {
    return live()->answer(key, query);
  }
  Result<RowPage> page(const RowQuery& query) const override { return live()->page(query); }

 private:
  TableHome(std::filesystem::path dir,
            const TableType& type,
            const Resources& resources,
            const Uuid& log_id);
  Result<void> lock();
  Result<void> open_live();
  Result<std::filesystem::path> next_generation() const;
  Result<void> name_current(const std::filesystem::path& generation) const;

  std::filesystem::path dir_;
  const TableType& type_;
  const Resources& resources_;
  Uuid log_id_;
  struct Unlock {
    void operator()(rocksdb::FileLock* lock) const;
  };
  std::unique_ptr<rocksdb::FileLock, Unlock> lock_;
  std::string discarded_;
  std::function<std::optional<int>()> percent_;
  mutable std::shared_mutex mutex_;  // of live_
  std::shared_ptr<TableStore> live_;
};

}  // namespace wf
