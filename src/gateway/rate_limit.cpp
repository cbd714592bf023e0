// GCRA: a request moves the time at which its bucket is full by one interval.
#include "gateway/rate_limit.h"

#include <algorithm>

namespace wf::gateway {

Duration RateLimit::take(std::uint64_t key, const Rate& rate, Instant now) {
  const std::lock_guard lock(mutex_);
  auto found = full_at_.find(key);
  Instant* full_at = nullptr;
  if (found != full_at_.end()) {
    full_at = &found->second;
  } else {
    if (full_at_.size() >= entries_max_) make_room(now);
    full_at = full_at_.size() < entries_max_ ? &full_at_[key] : &others_full_at_;
  }
  const std::int64_t interval_us = std::max<std::int64_t>(1, 60'000'000 / rate.per_minute);
  const Duration tolerance{interval_us * (rate.burst - 1)};
  // No bucket is emptier than empty: its clock was set back.
  *full_at = std::min(*full_at, now + tolerance + Duration{interval_us});
  const Instant base = std::max(*full_at, now);
  if (base - now > tolerance) return {(base - now).us - tolerance.us};
  *full_at = base + Duration{interval_us};
  return {};
}

std::size_t RateLimit::size() const {
  const std::lock_guard lock(mutex_);
  return full_at_.size();
}

// At most once a second: a full map of busy buckets must not cost a scan per request.
void RateLimit::make_room(Instant now) {
  if (now < swept_at_ + Duration::seconds(1)) return;
  swept_at_ = now;
  absl::erase_if(full_at_, [now](const auto& entry) { return entry.second <= now; });
}

}  // namespace wf::gateway
