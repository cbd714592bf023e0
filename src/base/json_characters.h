// What JSON's grammar calls white space and digits (RFC 8259, 2 and 6).
#pragma once

namespace wf {

constexpr bool is_json_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }
constexpr bool is_json_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace wf
