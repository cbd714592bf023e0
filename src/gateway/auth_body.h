// The bodies of /auth: strict JSON with a shape each. Pure.
#pragma once
#include <string>
#include <variant>

#include "base/json.h"
#include "gateway/http.h"
#include "gen/platform.h"

namespace wf::gateway {

std::variant<JsonDocument, Response> registration_body(const Request& request,
                                                       const PlatformConfig& platform);
std::variant<JsonDocument, Response> login_body(const Request& request);
std::variant<JsonDocument, Response> refresh_body(const Request& request);

}  // namespace wf::gateway
