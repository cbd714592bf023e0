// How often one may ask: token buckets, a bounded number of them. Thread-safe.
#pragma once
#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <mutex>
#include <string_view>

#include "base/time.h"

namespace wf::gateway {

struct Rate {
  std::int64_t per_minute = 60;
  std::int64_t burst = 60;  // asked at once, after a silence
};

// A bucket is one number: when it will be full again (GCRA). Full ones are forgotten first; when
// `entries_max` are not full, newcomers share one bucket.
class RateLimit {
 public:
  explicit RateLimit(std::size_t entries_max) : entries_max_(entries_max) {}

  // Takes one token of `key`'s bucket: {0} if there was one, else how long until there is.
  // `key` is a hash of who asks; two that collide share a bucket.
  Duration take(std::uint64_t key, const Rate& rate, Instant now);
  std::size_t size() const;

 private:
  void make_room(Instant now);

  const std::size_t entries_max_;
  mutable std::mutex mutex_;
  absl::flat_hash_map<std::uint64_t, Instant> full_at_;
  Instant others_full_at_;  // the shared bucket
  Instant swept_at_;
};

}  // namespace wf::gateway
