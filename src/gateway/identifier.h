// E-mail addresses and phone numbers as logins know them: one text however people write theirs.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace wf::gateway {

// "Asha@Example.org " → "asha@example.org", "+91 98-76 543210" → "+919876543210". Nothing for what
// is neither.
std::optional<std::string> normal_identifier(std::string_view text);

}  // namespace wf::gateway
