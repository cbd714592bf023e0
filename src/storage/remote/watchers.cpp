// A list under one lock; a watcher takes all that is its own at once.
#include "storage/remote/watchers.h"

#include <utility>

#include "storage/table_view.h"

namespace wf::remote {

void Watchers::rows_changed(std::size_t table, const std::vector<std::string>& keys) {
  if (keys == no_row) return;  // no row: moved() tells the position
  const std::lock_guard lock(mutex_);
  for (Watcher* const watcher : watchers_) {
    Changes& changes = watcher->changes_[table];
    if (changes.all) continue;
    if (keys.empty() || keys.size() > keys_max_ - changes.keys.size()) {
      changes = {.all = true, .keys = {}};
    } else {
      changes.keys.insert(changes.keys.end(), keys.begin(), keys.end());
    }
  }
}

void Watchers::moved() {
  {
    const std::lock_guard lock(mutex_);
    if (watchers_.empty()) return;
    ++moves_;
  }
  moved_.notify_all();
}

void Watchers::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  moved_.notify_all();
}

Watchers::Watcher::Watcher(Watchers& all) : all_(all), changes_(all.tables_) {
  const std::lock_guard lock(all_.mutex_);
  place_ = all_.watchers_.insert(all_.watchers_.end(), this);
}

Watchers::Watcher::~Watcher() {
  const std::lock_guard lock(all_.mutex_);
  all_.watchers_.erase(place_);
}

std::optional<std::vector<Changes>> Watchers::Watcher::wait(Deadline until) {
  std::unique_lock lock(all_.mutex_);
  all_.moved_.wait_until(lock, until, [&] { return all_.stopping_ || all_.moves_ != seen_; });
  if (all_.stopping_) return std::nullopt;
  seen_ = all_.moves_;
  return std::exchange(changes_, std::vector<Changes>(all_.tables_));
}

}  // namespace wf::remote
