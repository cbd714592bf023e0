// Look-ups and ordered walks over memory and disk.
#include "storage/store_view.h"

namespace wf {

std::optional<std::string_view> StoreView::in_memory(std::string_view key) const {
  const Runs& runs = state_->runs;
  for (auto run = runs.rbegin(); run != runs.rend(); ++run) {
    if (const Edit* entry = (*run)->find(key)) return entry->value;
  }
  return std::nullopt;
}

Result<std::string_view> StoreView::find(std::string_view key,
                                         rocksdb::PinnableSlice& pinned) const {
  if (const auto found = in_memory(key)) return *found;
  const rocksdb::Status status =
      db_->Get(options(), db_->DefaultColumnFamily(), slice(key), &pinned);
  if (status.IsNotFound()) return std::string_view();
  if (!status.ok()) return tl::make_unexpected(engine_error(status));
  return pinned.ToStringView();
}

Result<std::string> StoreView::value(std::string_view key) const {
  rocksdb::PinnableSlice pinned;
  return find(key, pinned).map([](std::string_view found) { return std::string(found); });
}

rocksdb::ReadOptions StoreView::options() const {
  rocksdb::ReadOptions options;
  options.snapshot = state_->disk.get();
  return options;
}

Range::Range(const StoreView& view, std::string from, std::string to)
    : to_(std::move(to)), bound_(to_) {
  const Runs& runs = view.state().runs;
  for (auto run = runs.rbegin(); run != runs.rend(); ++run) {
    const auto part = (*run)->between(from, to_);
    if (!part.empty()) runs_.push_back(part);
  }
  // The iterator keeps a pointer to the bound, so a Range is never moved after this.
  rocksdb::ReadOptions options = view.options();
  options.iterate_upper_bound = &bound_;
  disk_.reset(view.db().NewIterator(options));
  disk_->Seek(from);
  settle();
}

// Finds the first key that is not erased; of equal ones the newest counts.
void Range::settle() {
  for (;; step_over()) {
    const Edit* first = nullptr;
    for (const auto& run : runs_) {
      if (!run.empty() && (first == nullptr || run.front().key < first->key)) first = &run.front();
    }
    const bool on_disk = disk_->Valid();
    valid_ = first != nullptr || on_disk;
    if (!valid_) return;
    if (first == nullptr || (on_disk && disk_->key().ToStringView() < first->key)) {
      key_ = disk_->key().ToStringView();
      value_ = disk_->value().ToStringView();
      return;
    }
    key_ = first->key;
    value_ = first->value;
    if (!first->erase) return;
  }
}

// Leaves the current key behind, wherever it is.
void Range::step_over() {
  for (auto& run : runs_) {
    if (!run.empty() && run.front().key == key_) run = run.subspan(1);
  }
  if (disk_->Valid() && disk_->key().ToStringView() == key_) disk_->Next();
}

void Range::next() {
  step_over();
  settle();
}

Result<void> Range::end() const {
  if (!disk_->status().ok()) return tl::make_unexpected(engine_error(disk_->status()));
  return {};
}

Range all_of(const StoreView& view, KeyKind kind) {
  return {view, kind_key(kind), after_prefix(kind_key(kind))};
}

}  // namespace wf
