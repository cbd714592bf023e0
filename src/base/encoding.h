// Bytes as text and back: base64url (RFC 4648, 5) without padding, and hex. Any thread.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace wf {

std::string to_base64url(std::string_view bytes);
// Strict, so that one value has one text: no padding, no white space, no stray bits in the last
// character.
std::optional<std::string> from_base64url(std::string_view text);

std::string to_hex(std::string_view bytes);                  // lower case
std::optional<std::string> from_hex(std::string_view text);  // either case

}  // namespace wf
