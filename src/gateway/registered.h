// Where the newest registrations of this node ended, so that a login right after one waits for its
// row. Thread-safe.
#pragma once
#include <absl/container/flat_hash_map.h>

#include <mutex>
#include <optional>

#include "storage/table_view.h"

namespace wf::gateway {

class Registered {
 public:
  void add(const Uuid& login, const SlotOffset& end) {
    const std::lock_guard lock(mutex_);
    if (ends_.size() >= entries_max) ends_.clear();
    ends_.insert_or_assign(login, end);
  }
  std::optional<SlotOffset> find(const Uuid& login) const {
    const std::lock_guard lock(mutex_);
    const auto found = ends_.find(login);
    return found == ends_.end() ? std::nullopt : std::optional(found->second);
  }
  void remove(const Uuid& login) {
    const std::lock_guard lock(mutex_);
    ends_.erase(login);
  }

 private:
  // More than login.threads make before the table has them: each takes a password's hash.
  static constexpr std::size_t entries_max = 10'000;
  mutable std::mutex mutex_;
  absl::flat_hash_map<Uuid, SlotOffset> ends_;
};

}  // namespace wf::gateway
