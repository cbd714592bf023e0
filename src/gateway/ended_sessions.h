// The sessions that ended through this node not long ago, so that their tokens end with the answer
// and not when the table has folded it. Thread-safe.
#pragma once
#include <absl/container/flat_hash_set.h>

#include <mutex>
#include <utility>

#include "base/uuid.h"

namespace wf::gateway {

class EndedSessions {
 public:
  // The newest `max` at least are known, twice as many at most.
  explicit EndedSessions(std::size_t max) : max_(max) {}

  void add(const Uuid& session) {
    const std::lock_guard lock(mutex_);
    if (young_.size() >= max_) old_ = std::exchange(young_, {});
    young_.insert(session);
  }
  bool contains(const Uuid& session) const {
    const std::lock_guard lock(mutex_);
    return young_.contains(session) || old_.contains(session);
  }

 private:
  const std::size_t max_;
  mutable std::mutex mutex_;
  absl::flat_hash_set<Uuid> young_;
  absl::flat_hash_set<Uuid> old_;
};

}  // namespace wf::gateway
