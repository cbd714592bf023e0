// Rows that changed more than once, decoded, so that they are not read again at the next change.
#pragma once
#include <absl/container/flat_hash_map.h>

#include <optional>
#include <string>
#include <utility>

#include "storage/row_fold.h"

namespace wf {

// Two maps: rows used since the last turn, and those before. When the first holds half of the
// bound, the second is dropped. One thread.
class RowCache {
 public:
  explicit RowCache(std::size_t rows_max) : half_(rows_max / 2 + 1) {}

  // Takes the row out; it is put back when it was written.
  std::optional<LiveRow> take(const std::string& key) {
    for (auto* map : {&young_, &old_}) {
      const auto found = map->find(key);
      if (found == map->end()) continue;
      std::optional<LiveRow> row = std::move(found->second);
      map->erase(found);
      return row;
    }
    return std::nullopt;
  }
  void put(std::string key, LiveRow row) {
    if (young_.size() >= half_) {
      old_ = std::move(young_);
      young_.clear();
    }
    young_.insert_or_assign(std::move(key), std::move(row));
  }
  void clear() {
    young_.clear();
    old_.clear();
  }

 private:
  std::size_t half_;
  absl::flat_hash_map<std::string, LiveRow> young_;
  absl::flat_hash_map<std::string, LiveRow> old_;
};

}  // namespace wf
