// Changes of a store in key order, in memory: what one batch wrote, or what several came to.
// Immutable, so any thread may read one while the writer merges it with others.
#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "storage/edits.h"

namespace wf {

class SortedRun {
 public:
  // Both lists are sorted, rows come after all others, and no key is there twice.
  static std::shared_ptr<const SortedRun> of(Changes&& changes);
  // Of a key in both the newer one counts. Shares their bytes.
  static std::shared_ptr<const SortedRun> merged(const SortedRun& older, const SortedRun& newer);

  const Edit* find(std::string_view key) const;  // null: it says nothing of that key
  std::span<const Edit> entries() const { return entries_; }
  std::span<const Edit> between(std::string_view from, std::string_view to) const;  // [from, to)
  std::size_t bytes() const { return bytes_; }  // in memory, superseded values included

 private:
  std::vector<Edit> entries_;
  std::vector<std::shared_ptr<const Blocks>> blocks_;  // what the entries point into
  std::size_t bytes_ = 0;
};

// Oldest first.
using Runs = std::vector<std::shared_ptr<const SortedRun>>;

// Runs of like size are merged, so that n batches are kept in about log2(n) runs and each entry is
// copied as often.
void push(Runs& runs, std::shared_ptr<const SortedRun> run);
std::size_t bytes_of(const Runs& runs);

}  // namespace wf
