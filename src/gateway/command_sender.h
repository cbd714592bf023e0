// Takes a validated command to the log: seals what must not be read there, then submits it.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "gateway/backend.h"

namespace wf::gateway {

// A command whose body is still the client's.
struct Draft {
  Command command;  // without payload
  JsonDocument body;
  Instant until;  // the end of the client's patience
  OnOutcome on_outcome;
};

// On io thread `io`. What needs a password hashed, or a key made, goes by a thread of the key pool
// first.
class CommandSender {
 public:
  CommandSender(Backend& backend, std::size_t io) : backend_(backend), io_(io) {}

  // Nothing: `on_outcome` will be called. Else why not, and it will not be.
  std::optional<Outcome::Fate> send(Draft draft);

 private:
  struct Sealed {
    std::string_view name;
    std::string text;
  };
  using SealedFields = std::vector<Sealed>;

  bool at_once(const Draft& draft) const;
  // Whatever thread; waits for the log and hashes.
  tl::expected<SealedFields, Outcome::Fate> seal(const Draft& draft, bool may_wait);
  std::optional<Outcome::Fate> submit(Draft draft, const SealedFields& sealed);

  Backend& backend_;
  const std::size_t io_;
};

// JSON as the log has it: integers in full, whatever their spelling was.
void append_json(std::string& out, Json value);

}  // namespace wf::gateway
