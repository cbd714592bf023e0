// One map under one lock, which the tail holds for a look-up at a time.
#include "gateway/waiting.h"

#include <algorithm>

namespace wf::gateway {

Waiting::Added Waiting::add(const Key& key, Instant until, OnOutcome on_outcome) {
  const std::lock_guard lock(mutex_);
  if (waiters_ >= waiters_max_) return Added::full;
  ++waiters_;
  earliest_ = std::min(earliest_, until);
  auto [entry, first] = entries_.try_emplace(key);
  Entry& one = entry->second;
  one.until = first ? until : std::max(one.until, until);
  one.callbacks.push_back(std::move(on_outcome));
  return first ? Added::first : Added::joined;
}

std::vector<OnOutcome> Waiting::take(const Key& key) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end()) return {};
  std::vector<OnOutcome> taken = std::move(found->second.callbacks);
  waiters_ -= taken.size();
  entries_.erase(found);
  return taken;
}

std::vector<Waiting::Expired> Waiting::take_expired(Instant now) {
  std::vector<Expired> expired;
  const std::lock_guard lock(mutex_);
  if (now < earliest_) return expired;
  earliest_ = {INT64_MAX};
  absl::erase_if(entries_, [&](auto& entry) {
    Entry& one = entry.second;
    if (one.until > now) {
      earliest_ = std::min(earliest_, one.until);
      return false;
    }
    waiters_ -= one.callbacks.size();
    expired.push_back({entry.first, std::move(one.callbacks)});
    return true;
  });
  return expired;
}

bool Waiting::contains(const Uuid& id) const {
  const std::lock_guard lock(mutex_);
  return std::ranges::any_of(entries_, [&](const auto& entry) { return entry.first.id == id; });
}

std::size_t Waiting::size() const {
  const std::lock_guard lock(mutex_);
  return waiters_;
}

}  // namespace wf::gateway
