// One state of a store, as readers see it: the runs that are in memory only, over what is on disk.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "storage/engine_db.h"
#include "storage/fold_item.h"
#include "storage/row_fold.h"
#include "storage/sorted_run.h"

namespace wf {

// What the last batch left: all of it is of the same position.
struct StoreState {
  SlotPositions positions;
  Totals totals;
  Runs runs;                                      // newer than anything on disk
  std::shared_ptr<const rocksdb::Snapshot> disk;  // without what a drain under way has ingested
};

// Stays as it is while the store goes on. Any thread.
class StoreView {
 public:
  StoreView(rocksdb::DB& db, std::shared_ptr<const StoreState> state)
      : db_(&db), state_(std::move(state)) {}

  // Empty if there is no such key; stored values never are. Valid as long as `pinned` and the view.
  Result<std::string_view> find(std::string_view key, rocksdb::PinnableSlice& pinned) const;
  Result<std::string> value(std::string_view key) const;
  // Nothing: no run knows the key, and the disk must be asked. Empty: it was erased.
  std::optional<std::string_view> in_memory(std::string_view key) const;

  rocksdb::ReadOptions options() const;  // of the disk's state
  const StoreState& state() const { return *state_; }
  rocksdb::DB& db() const { return *db_; }

 private:
  rocksdb::DB* db_;
  std::shared_ptr<const StoreState> state_;
};

// The keys of [from, to) of a view, in order. The view outlives it.
class Range {
 public:
  Range(const StoreView& view, std::string from, std::string to);
  Range(const Range&) = delete;
  Range& operator=(const Range&) = delete;
  bool valid() const { return valid_; }
  void next();
  std::string_view key() const { return key_; }
  std::string_view value() const { return value_; }
  Result<void> end() const;  // after the last one: was it an error that ended it?

 private:
  void settle();
  void step_over();

  std::string to_;
  rocksdb::Slice bound_;
  std::unique_ptr<rocksdb::Iterator> disk_;
  std::vector<std::span<const Edit>> runs_;  // what is left of each, newest first
  bool valid_ = false;
  std::string_view key_;
  std::string_view value_;
};

// All entries of one kind.
Range all_of(const StoreView& view, KeyKind kind);

}  // namespace wf
