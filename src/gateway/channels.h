// Row channels: /ws/TABLE/{id}, over WebSocket or as server-sent events, sends the whole row
// whenever it changes, the latest one wins.
#pragma once
#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "gateway/authenticator.h"
#include "gateway/call.h"
#include "gateway/key_ring.h"
#include "gateway/outcome.h"
#include "gateway/row_access.h"
#include "gateway/websocket.h"

namespace wf::gateway {

// A message is {"sequence": N, "row": {…}}; the row is null once there is none the client may see.
// A table that was built anew may show the same events otherwise: then N is sent again.
// Everything on the io thread, but changed().
class Channels {
 public:
  Channels(const Services& services, Authenticator& authenticator, const KeyRing& keys, Post post);
  ~Channels();

  // "?since=N", or Last-Event-ID: nothing is sent before a row newer than the N-th, unless the row
  // is older than that: then it is what there is, and is sent first. "?position=P": like the
  // Wayfold-Position header, which browsers cannot set; the token comes in the Authorization header
  // or, for the same reason, as the subprotocol "bearer.TOKEN" beside "wayfold".
  std::variant<UpgradeAnswer, NotYet> upgrade(const Request& request, Instant now);

  // Rows that changed and are readable; no keys: any of the table's may have. Any thread; returns
  // at once.
  void changed(const TableInfo& table, const std::vector<std::string>& keys);

  // Ends channels whose token or session has ended; looks at a few in each call.
  void tick(Instant now);
  std::size_t open() const { return subscribers_.size(); }

 private:
  class Subscriber;
  struct Address {
    const TableView* table = nullptr;
    std::string key;
    bool operator==(const Address&) const = default;
    template <class H>
    friend H AbslHashValue(H hash, const Address& address) {
      return H::combine(std::move(hash), address.table, address.key);
    }
  };

  // A row as it is now, for all its subscribers.
  struct Published {
    std::uint64_t sequence = 0;
    std::size_t hash = 0;   // of the row as it is sent
    bool readable = false;  // there, and with its personal fields opened
    std::string stored;     // what rights are judged by
    std::shared_ptr<const Message> message;
  };

  std::optional<Published> read(const Address& address) const;  // empty: it could not be read
  void add(Subscriber& subscriber);
  void remove(Subscriber& subscriber);
  void publish_some();
  bool next_row();
  void retry_unread();

  const Services& services_;
  Authenticator& authenticator_;
  const KeyRing& keys_;
  Post post_;
  std::vector<Subscriber*> subscribers_;
  absl::flat_hash_map<Address, std::vector<Subscriber*>> by_address_;
  std::size_t checked_ = 0;  // where tick() goes on

  std::vector<Address> due_;     // rows to be read and published
  std::vector<Address> unread_;  // whose reading failed: due again at the next tick()
  std::optional<Published> row_;
  std::vector<Subscriber*> left_;  // whom row_ is still to be offered to

  std::mutex mutex_;  // of what changed() sees
  absl::flat_hash_map<std::string, absl::flat_hash_set<std::string>> watched_;  // keys by table
  absl::flat_hash_set<Address> dirty_;
  bool posted_ = false;  // until all that is dirty or due is published
};

}  // namespace wf::gateway
