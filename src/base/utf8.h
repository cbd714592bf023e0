// UTF-8: validation, length in code points, and encoding of one. Any thread.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace wf {

// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
bool valid_utf8(std::string_view text);
// Code points of a valid text, as JSON Schema's maxLength counts them.
std::size_t count_code_points(std::string_view text);
// `code` is a scalar value: at most 0x10FFFF and no surrogate.
void append_utf8(std::string& out, char32_t code);

}  // namespace wf
