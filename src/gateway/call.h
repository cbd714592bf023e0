// One request on its way through the handlers, and the ways they may answer it.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/catalogue.h"
#include "gateway/http.h"
#include "gateway/position.h"
#include "gateway/router.h"
#include "gateway/secrets.h"
#include "gateway/server.h"
#include "gateway/token.h"
#include "gen/platform.h"
#include "gen/process.h"
#include "log/log.h"
#include "storage/fold_item.h"

namespace wf::gateway {

// How a command was decided, from the engine's own table.
struct KnownOutcome {
  AccountId principal;  // who may see it
  std::string json;
};

// What a gateway stands on. All of it must outlive the gateway; all of it is thread-safe.
struct Services {
  Log& log;
  const Catalogue& catalogue;
  std::map<std::string, const TableView*, std::less<>> tables;  // by name, those served here
  const Secrets& secrets;
  const ProcessConfig& process;
  const PlatformConfig& platform;
  std::function<Instant()> clock = wall_clock;
  // Of the table `commands`; if it is not known and the table has not come as far as `read`,
  // Code::unavailable, and another error if the table cannot be read. Empty: GET /commands/{id}
  // knows only what is still under way.
  using FindOutcome = Result<std::optional<KnownOutcome>>(const Uuid& id, const Offsets& read);
  std::function<FindOutcome> command_outcome = {};
  // Since when the tables here are not folded, for whatever reason; {0}: they are. Empty: always.
  std::function<Instant()> failing_since = {};
  SlotPositions positions = {};      // where that table stands: reading outcomes may begin there
  std::function<bool()> ready = {};  // empty: yes
  std::string docs_directory = {};   // Swagger UI's files; empty: /docs is 404
};

// What outlives handle() of a request that is answered later. Cheap to copy.
struct Exchange {
  Ticket ticket;
  std::uint16_t route = 0;
  bool tls = false;
  std::uint64_t address = 0;  // the client's, as a hash
  Uuid correlation;
  Instant began;
  Instant patience;  // of a read that waits for a position; {0}: it has not waited yet
  std::shared_ptr<const std::string> origin;  // of a browser that may read the answer
  bool channel = false;                       // it asks for one
};

struct Call {
  const Request& request;
  const Match& match;
  const Caller& caller;
  const Exchange& exchange;
  Instant now;
  Offsets position;  // what the client has seen
};

struct Pending {};  // the answer comes later
// A table has not folded yet what the client has seen: ask again when it has. No table: ask again
// when the log was asked how far it is.
struct NotYet {
  const TableView* table = nullptr;
  Offsets position = {};
};
using Answer = std::variant<Response, Pending, NotYet>;

// How an answer that comes later leaves. On the io thread.
using Later = std::function<void(const Exchange&, Response)>;

// 401 for a guest, 403 for anybody else.
Response not_allowed(const Caller& caller);
Response not_found();
// 422 `invalid`, with every fault.
Response invalid(const std::vector<Fault>& faults);
Response invalid_parameter(std::string_view name, std::string_view detail);
Response malformed_query();
Response json_response(int status, std::string body);

// What the client has seen, by the position token it gives as `name`; 400 if that is not of `log`.
std::variant<Offsets, Response> seen_position(std::string_view name,
                                              std::string_view token,
                                              const Uuid& log);

}  // namespace wf::gateway
