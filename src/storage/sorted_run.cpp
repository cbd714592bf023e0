// Making, merging and searching runs.
#include "storage/sorted_run.h"

#include <algorithm>

namespace wf {

std::shared_ptr<const SortedRun> SortedRun::of(std::span<const Edit> first,
                                               std::span<const Edit> second) {
  std::size_t size = 0;
  for (const auto list : {first, second}) {
    for (const Edit& edit : list) size += edit.key.size() + edit.value.size();
  }
  auto block = std::make_shared<std::string>();
  block->reserve(size);  // entries point into it: it never grows
  auto run = std::make_shared<SortedRun>();
  run->entries_.reserve(first.size() + second.size());
  for (const auto list : {first, second}) {
    for (const Edit& edit : list) {
      const char* const at = block->data() + block->size();
      block->append(edit.key).append(edit.value);
      run->entries_.push_back(
          {{at, edit.key.size()}, {at + edit.key.size(), edit.value.size()}, edit.erase});
    }
  }
  run->bytes_ = size + run->entries_.size() * sizeof(RunEntry);
  run->blocks_.push_back(std::move(block));
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

const RunEntry* SortedRun::find(std::string_view key) const {
  const auto at = std::ranges::lower_bound(entries_, key, {}, &RunEntry::key);
  return at != entries_.end() && at->key == key ? &*at : nullptr;
}

std::span<const RunEntry> SortedRun::between(std::string_view from, std::string_view to) const {
  const auto first = std::ranges::lower_bound(entries_, from, {}, &RunEntry::key);
  const auto last = std::ranges::lower_bound(first, entries_.end(), to, {}, &RunEntry::key);
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
