// Cursors as clients carry them. A place in a list is the key of the last row looked at, which may
// be a stranger's: nobody reads it, and what is changed does not open.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/secret.h"

namespace wf::gateway {

// base64url. Each time another text.
std::string seal_cursor(const Secret& key, std::string_view place);
// Nothing if it was not sealed by this key.
std::optional<std::string> open_cursor(const Secret& key, std::string_view text);

}  // namespace wf::gateway
