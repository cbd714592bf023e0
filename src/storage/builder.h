// Building a generation beside the live one: rows are folded in memory, then written as sorted
// files and ingested.
#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <shared_mutex>
#include <span>
#include <vector>

#include "storage/fold_item.h"
#include "storage/resources.h"
#include "storage/row_fold.h"
#include "storage/table_store.h"

namespace wf {

struct BuildLimits {
  // Of all builds that share a count. Beyond it the one with most rows writes and ingests them, and
  // reads them again when touched. A booking takes about 1 KB.
  std::size_t rows_in_memory = 2'000'000;
  std::size_t threads = 2;  // of finish() and of a spill
};

struct RowsInMemory {
  std::atomic<std::size_t> rows = 0;
  std::atomic<std::size_t> builds = 0;
};

// The touches of a batch, by hash of key.
struct BatchTouches {
  static constexpr std::size_t parts_count = 16;
  std::array<std::vector<RowTouch>, parts_count> parts;
};

// Its content is that of a store which applied the same events, to the bit. Nothing of an
// unfinished build is kept: its directory goes with it.
class Builder {
 public:
  // `slots`: what FoldItem::slot counts; only their names matter. `resources` outlive it.
  static Result<std::unique_ptr<Builder>> open(const std::filesystem::path& dir,
                                               const TableType& type,
                                               const Resources& resources,
                                               const Uuid& log_id,
                                               SlotPositions slots,
                                               const BuildLimits& limits = {},
                                               std::shared_ptr<RowsInMemory> shared = nullptr);
  ~Builder();

  // What a batch touches, made anew in `out`. Any number of threads at once.
  void touches(std::span<const FoldItem> items, BatchTouches& out) const;
  // Any number of threads at once, but the events of one slot one call after another, in order.
  // Best in batches of a thousand or more. After an error the build is lost.
  Result<void> add(std::span<const FoldItem> items, const BatchTouches& touches);
  Result<void> add(std::span<const FoldItem> items);  // makes the touches, too

  // Once, after the last add(): everything that was added, at these positions. The store may then
  // apply() what came meanwhile.
  Result<std::shared_ptr<TableStore>> finish(const SlotPositions& positions);

 private:
  struct Shard;
  Builder(std::shared_ptr<TableStore> store,
          const Resources& resources,
          SlotPositions slots,
          const BuildLimits& limits,
          std::shared_ptr<RowsInMemory> all);
  Result<void> fold(Shard& shard,
                    std::span<const RowTouch> touches,
                    std::span<const FoldItem> items);
  Result<LiveRow> first_touch(const std::string& key) const;
  bool too_many() const;
  Result<void> spill();
  // Writes and ingests all rows in memory, with these further keys, in one step.
  Result<void> ingest(const SlotPositions* positions);

  std::shared_ptr<TableStore> store_;
  const Resources& resources_;
  SlotPositions slots_;
  BuildLimits limits_;
  Totals totals_;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::shared_mutex folding_;  // shared while folding, alone while spilling
  std::atomic<std::size_t> rows_ = 0;
  std::shared_ptr<RowsInMemory> all_;
  bool spilled_ = false;
};

}  // namespace wf
