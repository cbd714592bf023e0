// The headers of a command: idempotency, patience, versions, and what only importers may say. Pure.
#pragma once
#include <optional>
#include <string>
#include <variant>

#include "gateway/call.h"

namespace wf::gateway {

struct CommandHeaders {
  std::string key;             // Idempotency-Key; empty: none
  Duration wait;               // Prefer: wait=N, within the bounds
  std::int64_t if_match = -1;  // the version an ETag names; -1: any
  AccountId principal;         // the caller, or whom an importer acts for
  Instant occurred_at;
  Uuid import;
};

// 403 if it says what only importers may, and the caller is none.
std::optional<Response> importer_only(const Request& request,
                                      const Caller& caller,
                                      std::uint32_t importer_role);

// Or the answer that names what is wrong.
std::variant<CommandHeaders, Response> command_headers(const Request& request,
                                                       const Caller& caller,
                                                       std::uint32_t importer_role,
                                                       const GatewayConfig& config,
                                                       Instant now);

// Prefer: wait=N, which bounds whatever the request waits for.
std::optional<Duration> preferred_wait(const Request& request);

// 415 if it has a body and says that it is something else than JSON.
std::optional<Response> other_than_json(const Request& request);

// The body, filled with the route's parameter, as an object with no fault. An empty body is `{}`
// where that is valid.
std::variant<JsonDocument, Response> command_body(const Request& request,
                                                  const CommandType& type,
                                                  const Match& match);

}  // namespace wf::gateway
