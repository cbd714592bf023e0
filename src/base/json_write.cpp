// Appending JSON text; append_json_string is also the string form of RFC 8785.
#include "base/json_write.h"

#include <array>
#include <charconv>

namespace wf {
namespace {

// For each byte: 0 if it stands for itself, 'u' for \u00XX, else the letter after the backslash.
constexpr std::array<char, 256> make_escapes() {
  std::array<char, 256> escapes{};
  for (std::size_t i = 0; i < 0x20; ++i) escapes[i] = 'u';
  escapes['\b'] = 'b';
  escapes['\f'] = 'f';
  escapes['\n'] = 'n';
  escapes['\r'] = 'r';
  escapes['\t'] = 't';
  escapes['"'] = '"';
  escapes['\\'] = '\\';
  return escapes;
}
constexpr auto escapes = make_escapes();

void append_escape(std::string& out, unsigned char c) {
  constexpr char digits[] = "0123456789abcdef";
  out += '\\';
  out += escapes[c];
  if (escapes[c] == 'u') {
    out += "00";
    out += digits[c >> 4U];
    out += digits[c & 0x0FU];
  }
}

constexpr std::int32_t e7 = 10'000'000;

void append_degrees(std::string& out, std::int32_t degrees_e7) {
  std::uint32_t rest = static_cast<std::uint32_t>(degrees_e7);
  if (degrees_e7 < 0) {
    out += '-';
    rest = 0 - rest;
  }
  append_int(out, rest / e7);
  rest %= e7;
  if (rest == 0) return;
  out += '.';
  for (std::uint32_t scale = e7 / 10; rest != 0; rest %= scale, scale /= 10) {
    out += static_cast<char>('0' + rest / scale);
  }
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t plain = 0;  // where the run of plain bytes began
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (escapes[c] == 0) continue;
    out.append(text, plain, i - plain);
    append_escape(out, c);
    plain = i + 1;
  }
  out.append(text, plain, text.size() - plain);
  out += '"';
}

void append_int(std::string& out, std::int64_t value) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

void append_bool(std::string& out, bool value) { out += value ? "true" : "false"; }

void append_uuid(std::string& out, const Uuid& id) {
  const std::size_t at = out.size();
  out.resize(at + 38, '"');
  id.write(out.data() + at + 1);
}

void append_instant(std::string& out, Instant at) {
  out += '"';
  at.append_to(out);
  out += '"';
}

void append_point(std::string& out, const Point& at) {
  out += '[';
  append_degrees(out, at.lon_e7);
  out += ',';
  append_degrees(out, at.lat_e7);
  out += ']';
}

void append_money(std::string& out, const Money& sum) {
  out += "{\"minor\":";
  append_int(out, sum.minor);
  out += ",\"currency\":";
  append_json_string(out, sum.code());
  out += '}';
}

}  // namespace wf
