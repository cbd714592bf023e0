// Finds a consumer that does not read the slot yet, or makes one.
#include "log/kafka_consumers.h"

#include <algorithm>

namespace wf::kafka {

Result<Seat> Consumers::take(const Slot& slot) {
  const std::lock_guard lock(mutex_);
  std::erase_if(all_, [](const Consumer& one) { return one.client.expired(); });
  for (Consumer& one : all_) {
    auto client = one.client.lock();
    if (client && one.taken.insert(slot).second) return Seat(*this, std::move(client), slot);
  }
  auto client = make();
  if (!client) return tl::unexpected(client.error());
  all_.push_back({*client, {slot}});
  return Seat(*this, std::move(*client), slot);
}

void Consumers::leave(const Client& client, const Slot& slot) {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find_if(
      all_, [&](const Consumer& one) { return one.client.lock().get() == &client; });
  if (found != all_.end()) found->taken.erase(slot);
}

Result<std::shared_ptr<Client>> Consumers::make() const {
  const auto read_ahead_kb = std::max<std::size_t>(options_.read_ahead_bytes / 1024, 1);
  return Client::make(
      options_,
      {.type = RD_KAFKA_CONSUMER,
       .name = "reader",
       // A seek waits for the fetch under way, too.
       .preferred = {{"fetch.wait.max.ms", std::to_string(milliseconds(options_.fetch_wait))},
                     {"fetch.min.bytes", "65536"},
                     {"fetch.error.backoff.ms", "20"},
                     {"fetch.message.max.bytes", "1048576"},
                     {"queued.min.messages", "100000"},
                     {"check.crcs", "true"}},
       .fixed = {{"queued.max.messages.kbytes", std::to_string(read_ahead_kb)},
                 {"enable.auto.commit", "false"},
                 {"enable.auto.offset.store", "false"},
                 {"enable.partition.eof", "false"},
                 {"auto.offset.reset", "error"},
                 // Nothing of ours is transactional; a stranger's open transaction must not hold
                 // the readers up.
                 {"isolation.level", "read_uncommitted"}},
       .takes_errors = true});
}

}  // namespace wf::kafka
