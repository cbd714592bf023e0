// Counts what a body takes, not what is in it.
#include "gateway/unwritten.h"

#include <absl/container/flat_hash_map.h>

#include <mutex>

namespace wf::gateway {

// Only large answers come here, so a lock is not felt.
struct Unwritten::Held {
  std::mutex mutex;
  std::size_t all = 0;
  absl::flat_hash_map<std::uint64_t, std::size_t> by_address;  // of those that hold any

  void give_back(std::uint64_t address, std::size_t bytes) {
    const std::lock_guard lock(mutex);
    all -= bytes;
    const auto own = by_address.find(address);
    if ((own->second -= bytes) == 0) by_address.erase(own);
  }
};

Unwritten::Unwritten(std::size_t bytes_max, std::size_t per_address_max)
    : bytes_max_(bytes_max), per_address_max_(per_address_max), held_(std::make_shared<Held>()) {}

Response Unwritten::count(std::uint64_t address, Response response) {
  if (response.owner || response.body.size() <= small_body_max) return response;
  const std::size_t size = response.body.capacity();
  {
    const std::lock_guard lock(held_->mutex);
    const auto own = held_->by_address.find(address);
    if (own != held_->by_address.end() && own->second + size > per_address_max_) {
      return retry_later("overloaded", "too many answers wait for clients of your address to read");
    }
    if (held_->all > 0 && held_->all + size > bytes_max_) {
      return retry_later("overloaded", "too many answers wait for their clients to read");
    }
    held_->all += size;
    held_->by_address[address] += size;
  }
  const std::shared_ptr<const std::string> body(
      new std::string(std::move(response.body)),
      [held = held_, address, size](const std::string* taken) {
        delete taken;
        held->give_back(address, size);
      });
  response.body.clear();
  response.shared = *body;
  response.owner = body;
  return response;
}

}  // namespace wf::gateway
