// RFC 8785: members sorted by UTF-16 code units, numbers as ECMAScript prints them.
#include "base/json_canonical.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <utility>
#include <vector>

#include "base/json_write.h"

namespace wf {
namespace {

// UTF-8 orders by code point; UTF-16 puts U+10000 and above (lead byte F0 up) before U+E000–U+FFFF
// (EE and EF).
bool utf16_less(std::string_view a, std::string_view b) {
  const auto [x, y] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  if (x == a.end() || y == b.end()) return x == a.end() && y != b.end();
  const auto p = static_cast<unsigned char>(*x);
  const auto q = static_cast<unsigned char>(*y);
  if (p >= 0xEE && q >= 0xEE && (p >= 0xF0) != (q >= 0xF0)) return p >= 0xF0;
  return p < q;
}

// ECMAScript's Number::toString (ECMA-262, 6.1.6.1.20) of a finite number.
void append_number(std::string& out, double value) {
  if (value == 0) {  // minus zero, too
    out += '0';
    return;
  }
  if (value < 0) out += '-';
  std::array<char, 32> buffer;
  const char* const end = std::to_chars(buffer.data(),
                                        buffer.data() + buffer.size(),
                                        std::fabs(value),
                                        std::chars_format::scientific)
                              .ptr;
  const std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  const std::size_t e = text.find('e');
  int exponent = 0;
  std::from_chars(text.data() + e + (text[e + 1] == '+' ? 2 : 1), end, exponent);
  std::string digits(text.substr(0, 1));
  if (e > 2) digits += text.substr(2, e - 2);
  const int count = static_cast<int>(digits.size());
  const int point = exponent + 1;  // value = 0.digits × 10^point
  if (point > 0 && point <= 21) {
    if (count <= point)
      return void(out.append(digits).append(static_cast<std::size_t>(point - count), '0'));
    out.append(digits, 0, static_cast<std::size_t>(point)).append(1, '.');
    out.append(digits, static_cast<std::size_t>(point));
  } else if (point > -6 && point <= 0) {
    out.append("0.").append(static_cast<std::size_t>(-point), '0').append(digits);
  } else {
    out += digits[0];
    if (count > 1) out.append(1, '.').append(digits, 1);
    out += exponent < 0 ? "e-" : "e+";
    append_int(out, std::abs(exponent));
  }
}

void append(std::string& out, Json value);

void append_array(std::string& out, Json array) {
  out += '[';
  bool first = true;
  for (const Json element : array.elements()) {
    if (!std::exchange(first, false)) out += ',';
    append(out, element);
  }
  out += ']';
}

void append_object(std::string& out, Json object) {
  std::vector<Json::Member> members;
  members.reserve(object.size());
  for (const auto& member : object.members()) members.push_back(member);
  std::stable_sort(members.begin(), members.end(), [](const auto& a, const auto& b) {
    return utf16_less(a.key, b.key);
  });
  out += '{';
  bool first = true;
  for (const auto& [key, value] : members) {
    if (!std::exchange(first, false)) out += ',';
    append_json_string(out, key);
    out += ':';
    append(out, value);
  }
  out += '}';
}

void append(std::string& out, Json value) {
  switch (value.kind()) {
    case JsonKind::null:
      out += "null";
      return;
    case JsonKind::boolean:
      return append_bool(out, value.as_bool());
    case JsonKind::string:
      return append_json_string(out, value.as_string());
    case JsonKind::array:
      return append_array(out, value);
    case JsonKind::object:
      return append_object(out, value);
    case JsonKind::integer:
      return append_number(out, value.as_double());
    case JsonKind::number:
      if (std::isfinite(value.as_double())) return append_number(out, value.as_double());
      out += value.number_text();
      return;
  }
}

}  // namespace

std::string canonical(Json value) {
  std::string out;
  append(out, value);
  return out;
}

}  // namespace wf
