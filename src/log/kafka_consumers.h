// The consumers all readers of a log share, so that one fetch brings what is new in many slots.
#pragma once
#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include "log/kafka_client.h"

namespace wf::kafka {

// A slot of one reader: its place in a consumer, until it is destroyed.
class Seat;

// Thread-safe. Outlives its seats.
class Consumers {
 public:
  explicit Consumers(const KafkaLogOptions& options) : options_(options) {}

  // A consumer reads a slot once, so readers of one slot sit in different ones.
  Result<Seat> take(const Slot& slot);

 private:
  friend class Seat;
  struct Consumer {
    std::weak_ptr<Client> client;  // of the seats, and of messages not yet given back
    std::set<Slot> taken;
  };

  Result<std::shared_ptr<Client>> make() const;
  void leave(const Client& client, const Slot& slot);

  const KafkaLogOptions& options_;
  std::mutex mutex_;
  std::vector<Consumer> all_;
};

class Seat {
 public:
  Seat(Consumers& all, std::shared_ptr<Client> client, Slot slot)
      : all_(&all), client_(std::move(client)), slot_(std::move(slot)) {}
  ~Seat() {
    if (client_) all_->leave(*client_, slot_);
  }
  Seat(Seat&&) noexcept = default;
  Seat& operator=(Seat&&) = delete;

  const std::shared_ptr<Client>& client() const { return client_; }

 private:
  Consumers* all_;
  std::shared_ptr<Client> client_;
  Slot slot_;
};

}  // namespace wf::kafka
