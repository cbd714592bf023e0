// One generation of one table: a directory with its rows, indexes, quarantine, positions and
// digest.
//
// Disposable: it can always be folded again from the log. What was applied is in memory until it is
// flushed; a process that dies loses the batches since the last flush, whole ones, so no row is
// ever ahead of the stored position.
//
// One writer thread (apply, unpark, flush); any number of readers (the rest), which see a batch
// entirely or not at all.
#pragma once
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/courtesy.h"
#include "base/result.h"
#include "base/uuid.h"
#include "storage/fold_item.h"
#include "storage/resources.h"
#include "storage/row_fold.h"
#include "storage/table_view.h"

namespace wf {

enum class Filled : std::uint8_t;  // engine_db.h

// One row folded again by itself, beside the store, to end its quarantine. One thread.
class Refold {
 public:
  Refold(const TableType& type, std::string_view key);
  // Every event of every slot from the log's start, in slot order; those of other rows are skipped.
  void add(std::span<const FoldItem> items, const SlotPositions& slots);

 private:
  friend class TableStore;
  const TableType* type_;
  std::string key_;
  LiveRow row_;
};

class TableStore final : public TableView {
 public:
  // Creates the directory if it is not there. Code::mismatch: it is of another log, table, code or
  // format; Code::corrupt: it does not read. In both cases delete it and fold again.
  static Result<std::shared_ptr<TableStore>> open(const std::filesystem::path& dir,
                                                  const TableType& type,
                                                  const Resources& resources,
                                                  const Uuid& log_id);
  // To be filled by a Builder and opened anew.
  static Result<std::shared_ptr<TableStore>> open_to_build(const std::filesystem::path& dir,
                                                           const TableType& type,
                                                           const Resources& resources,
                                                           const Uuid& log_id);
  // A generation of other code whose rows this build reads: to be read until the next one is built,
  // and not written to. Code::mismatch and Code::corrupt as above.
  static Result<std::shared_ptr<TableStore>> open_frozen(const std::filesystem::path& dir,
                                                         const TableType& type,
                                                         const Resources& resources,
                                                         const Uuid& log_id);
  ~TableStore() override;

  // Folds a batch and moves the positions, in one atomic write. `positions`: each slot the items
  // name, and any other that moved; slots not named stay where they are. After an error nothing of
  // the batch is there, and the store may be used further (io) or must be discarded (corrupt).
  // After a flush that failed, in the background too, it takes nothing until one succeeds.
  // Asks `courtesy` between its rows.
  Result<void> apply(std::span<const FoldItem> items,
                     const SlotPositions& positions,
                     Courtesy courtesy = {});

  // Puts a refolded row in the place of the parked one. `positions` is how far it was folded:
  // Code::unavailable if that is not where the store is; Code::not_found if it has no such row;
  // Code::invalid if it failed again.
  Result<void> unpark(Refold& refold, const SlotPositions& positions);

  // Makes everything applied so far durable.
  Result<void> flush();
  // Begins that and returns: it goes on in the background. An error is that of the last flush that
  // ended; it is begun again.
  Result<void> begin_flush();
  // The directory goes when the last reader lets go of the store.
  void remove_when_closed();
  void mark_live();  // the log's end was reached
  // It takes nothing more, for whatever reason. Not live until it is marked so again. If it fails
  // already, it does since the first time.
  void mark_failing(Instant since);
  void mark_recovered();  // it takes batches again, and may be far behind

  SlotPositions positions() const;
  Totals totals() const;
  // Quarantined rows in key order after `after`, at most `limit`.
  Result<std::vector<Quarantine>> quarantined(std::uint32_t limit,
                                              std::string_view after = {}) const;
  const std::filesystem::path& dir() const;
  const Uuid& log_id() const;
  bool frozen() const;

  const TableType& type() const override;
  TableState state() const override;
  bool is_live() const override;  // cheap: nothing is copied
  Result<RowRead> get(std::string_view key) const override;
  Result<std::optional<std::string>> answer(std::string_view key,
                                            const Query& query) const override;
  Result<RowPage> page(const RowQuery& query) const override;

  struct Engine;  // table_engine.h
  Engine& engine() const { return *engine_; }

 private:
  explicit TableStore(std::unique_ptr<Engine> engine);
  static Result<std::shared_ptr<TableStore>> open_as(Filled filled,
                                                     const std::filesystem::path& dir,
                                                     const TableType& type,
                                                     const Resources& resources,
                                                     const Uuid& log_id);
  static Result<std::shared_ptr<TableStore>> with_content(std::unique_ptr<Engine> engine);
  std::unique_ptr<Engine> engine_;
};

// Whether `there` has reached every slot's offset in `goal`.
bool reached(const SlotPositions& there, const SlotPositions& goal);

}  // namespace wf
