// Making, merging and searching runs.
#include "storage/sorted_run.h"

#include <algorithm>

namespace wf {

std::shared_ptr<const SortedRun> SortedRun::of(Changes&& changes) {
  auto run = std::make_shared<SortedRun>();
  run->entries_ = std::move(changes.others);
  run->entries_.insert(run->entries_.end(), changes.rows.begin(), changes.rows.end());
  run->bytes_ = changes.blocks.bytes() + run->entries_.size() * sizeof(Edit);
  run->blocks_.push_back(std::make_shared<const Blocks>(std::move(changes.blocks)));
  return run;
}

std::shared_ptr<const SortedRun> SortedRun::merged(const SortedRun& older, const SortedRun& newer) {
  auto run = std::make_shared<SortedRun>();
  run->entries_.reserve(older.entries_.size() + newer.entries_.size());
  auto a = older.entries_.begin();
  auto b = newer.entries_.begin();
  while (a != older.entries_.end() && b != newer.entries_.end()) {
    const int order = a->key.compare(b->key);
    run->entries_.push_back(order < 0 ? *a : *b);
    if (order <= 0) ++a;
    if (order >= 0) ++b;
  }
  run->entries_.insert(run->entries_.end(), a, older.entries_.end());
  run->entries_.insert(run->entries_.end(), b, newer.entries_.end());
  run->blocks_.reserve(older.blocks_.size() + newer.blocks_.size());
  for (const SortedRun* part : {&older, &newer}) {
    run->blocks_.insert(run->blocks_.end(), part->blocks_.begin(), part->blocks_.end());
  }
  run->bytes_ = older.bytes_ + newer.bytes_;
  return run;
}

const Edit* SortedRun::find(std::string_view key) const {
  const auto at = std::ranges::lower_bound(entries_, key, {}, &Edit::key);
  return at != entries_.end() && at->key == key ? &*at : nullptr;
}

std::span<const Edit> SortedRun::between(std::string_view from, std::string_view to) const {
  const auto first = std::ranges::lower_bound(entries_, from, {}, &Edit::key);
  const auto last = std::ranges::lower_bound(first, entries_.end(), to, {}, &Edit::key);
  return {first, last};
}

void push(Runs& runs, std::shared_ptr<const SortedRun> run) {
  runs.push_back(std::move(run));
  while (runs.size() > 1) {
    const SortedRun& newer = *runs.back();
    const SortedRun& older = *runs[runs.size() - 2];
    if (older.entries().size() > 2 * newer.entries().size()) return;
    auto both = SortedRun::merged(older, newer);
    runs.pop_back();
    runs.back() = std::move(both);
  }
}

std::size_t bytes_of(const Runs& runs) {
  std::size_t bytes = 0;
  for (const auto& run : runs) bytes += run->bytes();
  return bytes;
}

}  // namespace wf
