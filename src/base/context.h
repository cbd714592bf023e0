// What decide() and the folds may know besides state, command and event: no clock, no log, no other
// stream.
#pragma once
#include <cstdint>
#include <string_view>

#include "base/time.h"
#include "base/uuid.h"

namespace wf {

struct PlatformConfig;  // generated from schemas/config/platform.json; one platform = one file

// What a decision may know. Copyable; the configuration outlives it.
struct Context {
  const PlatformConfig& platform;
  Instant now;          // max(the stream's last now, occurred_at or at); a deadline's own due time
  AccountId principal;  // guest, an account, or system_account (deadlines, policies)
  std::uint32_t roles = 0;     // bits, judged by the gateway as of the command's `at`
  Uuid command;                // the command's id
  std::int64_t if_match = -1;  // the version the client saw; -1: any
  bool imported = false;

  // The id of a thing this command makes: UUIDv5(command id, type). The gateway computes the same.
  Uuid id(std::string_view type) const { return Uuid::v5(command, type); }
  template <class Role>
  bool has(Role role) const {
    return (roles >> static_cast<unsigned>(role) & 1u) != 0;
  }
};

// What a fold or a policy may know of an event besides its body.
struct Meta {
  Uuid id;  // of the event
  Uuid stream;
  std::uint64_t stream_version = 0;  // this event included
  Instant at;                        // the decision's now
  AccountId by;
  Uuid command;
  Uuid correlation;
};

}  // namespace wf
