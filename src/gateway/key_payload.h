// What a key's record on the topic `keys` says.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/uuid.h"

namespace wf::gateway {

struct KeyPayload {
  Uuid subject;
  std::string master;   // id of the master key it is wrapped with
  std::string wrapped;  // base64url
};

std::optional<KeyPayload> parse_key_payload(std::string_view payload);

}  // namespace wf::gateway
