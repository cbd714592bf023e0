// One map under one lock, which the tail holds for a look-up at a time.
#include "gateway/waiting.h"

#include <algorithm>
#include <memory>

namespace wf::gateway {
namespace {

// How far commands have come is asked for several times within it (OutcomeTail::lag()).
constexpr Duration remembered = Duration::seconds(2);

}  // namespace

void tell(const Posts& posts, std::vector<Told> all) {
  const auto shared = std::make_shared<const std::vector<Told>>(std::move(all));
  for (std::size_t io = 0; io < posts.size(); ++io) {
    const auto here = [io](const Waiter& waiter) { return waiter.io == io; };
    const bool any = std::ranges::any_of(
        *shared, [&](const Told& one) { return std::ranges::any_of(one.waiters, here); });
    if (!any) continue;
    posts[io]([shared, here] {
      for (const Told& one : *shared) {
        for (const Waiter& waiter : one.waiters) {
          if (here(waiter)) waiter.tell(one.outcome);
        }
      }
    });
  }
}

Waiting::Added Waiting::add(const Key& key, Instant until, Waiter waiter) {
  const std::lock_guard lock(mutex_);
  if (waiters_ >= waiters_max_) return Added::full;
  ++waiters_;
  earliest_ = std::min(earliest_, until);
  auto [entry, first] = entries_.try_emplace(key);
  entry->second.waiters.push_back({until, std::move(waiter)});
  return first ? Added::first : Added::joined;
}

std::vector<Waiter> Waiting::take(const Key& key) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end()) return {};
  std::vector<Waiter> taken;
  for (Patient& one : found->second.waiters) taken.push_back(std::move(one.waiter));
  waiters_ -= taken.size();
  entries_.erase(found);
  return taken;
}

void Waiting::handed_over(std::span<const Key> keys) {
  const std::lock_guard lock(mutex_);
  for (const Key& key : keys) {
    if (const auto found = entries_.find(key); found != entries_.end()) {
      found->second.handed_over = true;
    }
  }
}

std::vector<Waiting::Expired> Waiting::take_expired(Instant now) {
  std::vector<Expired> expired;
  const std::lock_guard lock(mutex_);
  if (now < earliest_) return expired;
  earliest_ = {INT64_MAX};
  absl::erase_if(entries_, [&](auto& entry) {
    Entry& one = entry.second;
    const auto waits = [&](const Patient& patient) {
      return !one.handed_over || patient.until > now;
    };
    const auto ending = std::stable_partition(one.waiters.begin(), one.waiters.end(), waits);
    std::vector<Waiter> gone;
    for (auto at = ending; at != one.waiters.end(); ++at) gone.push_back(std::move(at->waiter));
    one.waiters.erase(ending, one.waiters.end());
    for (const Patient& patient : one.waiters) earliest_ = std::min(earliest_, patient.until);
    if (gone.empty()) return false;
    waiters_ -= gone.size();
    expired.push_back({entry.first, std::move(gone)});
    if (!one.waiters.empty()) return false;
    ended_.emplace_back(now, entry.first.id);
    return true;
  });
  while (!ended_.empty() && ended_.front().first + remembered < now) ended_.pop_front();
  while (ended_.size() > waiters_max_) ended_.pop_front();
  // The map's own order hangs on addresses: a simulated run must be the same each time.
  std::ranges::sort(expired, {}, [](const Expired& one) { return one.key.id; });
  return expired;
}

void Waiting::ended(const Uuid& id, Instant now) {
  const std::lock_guard lock(mutex_);
  ended_.emplace_back(now, id);
  if (ended_.size() > waiters_max_) ended_.pop_front();
}

bool Waiting::contains(const Uuid& id, Instant now) const {
  const std::lock_guard lock(mutex_);
  const bool lately = std::ranges::any_of(
      ended_, [&](const auto& one) { return one.second == id && one.first + remembered >= now; });
  if (lately) return true;
  return std::ranges::any_of(entries_, [&](const auto& entry) { return entry.first.id == id; });
}

std::size_t Waiting::size() const {
  const std::lock_guard lock(mutex_);
  return waiters_;
}

}  // namespace wf::gateway
