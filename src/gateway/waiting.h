// The commands whose senders wait for an outcome. Thread-safe: io threads add, the tail takes.
#pragma once
#include <absl/container/flat_hash_map.h>

#include <deque>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "base/time.h"
#include "gateway/outcome.h"

namespace wf::gateway {

class Waiting {
 public:
  // A command on the log is known by its id and the fingerprint of its request: under one id only
  // the first request is the command, any other is refused.
  struct Key {
    Uuid id;
    Uuid body;
    bool operator==(const Key&) const = default;
    template <class H>
    friend H AbslHashValue(H hash, const Key& key) {
      return H::combine(std::move(hash), key.id.bytes, key.body.bytes);
    }
  };
  enum class Added : std::uint8_t { first, joined, full };

  explicit Waiting(std::size_t waiters_max) : waiters_max_(waiters_max) {}

  // `joined`: the same command is under way already; the caller must not append it again.
  // `until` is the end of this waiter's patience, whatever that of others is.
  Added add(const Key& key, Instant until, Waiter waiter);
  // Those who wait for it, who wait no longer.
  std::vector<Waiter> take(const Key& key);
  // From now on its waiters may be told that it is `pending`: whoever appends has it.
  void handed_over(std::span<const Key> keys);
  // Those whose patience has ended, of commands handed over; others wait on for the same command.
  struct Expired {
    Key key;
    std::vector<Waiter> waiters;
  };
  std::vector<Expired> take_expired(Instant now);

  // Nobody waits for it any longer, and what became of it is not known.
  void ended(const Uuid& id, Instant now);
  // Whether it is waited for, or was until a moment ago.
  bool contains(const Uuid& id, Instant now) const;
  std::size_t size() const;
  bool empty() const { return size() == 0; }

 private:
  struct Patient {
    Instant until;
    Waiter waiter;
  };
  struct Entry {
    std::vector<Patient> waiters;
    bool handed_over = false;
  };

  const std::size_t waiters_max_;
  mutable std::mutex mutex_;
  absl::flat_hash_map<Key, Entry> entries_;
  std::size_t waiters_ = 0;
  Instant earliest_{INT64_MAX};                 // nobody's patience ends before it
  std::deque<std::pair<Instant, Uuid>> ended_;  // whose patience ended lately, oldest first
};

}  // namespace wf::gateway
