// Changes of a store in key order, in memory: what one batch wrote, or what several came to.
// Immutable, so any thread may read one while the writer merges it with others.
#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "storage/row_fold.h"

namespace wf {

struct RunEntry {
  std::string_view key;
  std::string_view value;
  bool erase = false;  // the key goes
};

class SortedRun {
 public:
  // Each list is sorted, the second comes after the first, and no key is there twice.
  static std::shared_ptr<const SortedRun> of(std::span<const Edit> first,
                                             std::span<const Edit> second);
  // Of a key in both the newer one counts. Shares their bytes.
  static std::shared_ptr<const SortedRun> merged(const SortedRun& older, const SortedRun& newer);

  const RunEntry* find(std::string_view key) const;  // null: it says nothing of that key
  std::span<const RunEntry> entries() const { return entries_; }
  std::span<const RunEntry> between(std::string_view from,
                                    std::string_view to) const;  // [from, to)
  std::size_t bytes() const { return bytes_; }  // in memory, superseded values included

 private:
  std::vector<RunEntry> entries_;
  std::vector<std::shared_ptr<const std::string>> blocks_;  // what the entries point into
  std::size_t bytes_ = 0;
};

// Oldest first.
using Runs = std::vector<std::shared_ptr<const SortedRun>>;

// Runs of like size are merged, so that n batches are kept in about log2(n) runs and each entry is
// copied as often.
void push(Runs& runs, std::shared_ptr<const SortedRun> run);
std::size_t bytes_of(const Runs& runs);

}  // namespace wf
