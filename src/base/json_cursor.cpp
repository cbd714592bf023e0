// The pull reader: bounds-checked on every byte, no allocation unless a string has escapes.
#include "base/json_cursor.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "base/json.h"
#include "base/json_characters.h"
#include "base/utf8.h"

namespace wf {
namespace {

bool ends_scalar(char c) { return c == ',' || c == '}' || c == ']' || is_json_space(c); }

char unescaped(char c) {
  switch (c) {
    case '"':
    case '\\':
    case '/':
      return c;
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
  }
  return '\0';
}

// The bytes of the word that are `c`, each by its highest bit: the lowest set one is right.
constexpr std::uint64_t equal_bytes(std::uint64_t word, char c) {
  constexpr std::uint64_t ones = 0x0101'0101'0101'0101;
  const std::uint64_t other = word ^ ones * static_cast<unsigned char>(c);
  return (other - ones) & ~other & (ones << 7);
}

// The first quote or backslash, or the end: eight bytes at a time, as most strings are ids and
// times.
const char* plain_end(const char* at, const char* end) {
  static_assert(std::endian::native == std::endian::little);
  std::uint64_t word = 0;
  for (; end - at >= static_cast<std::ptrdiff_t>(sizeof word); at += sizeof word) {
    std::memcpy(&word, at, sizeof word);
    const std::uint64_t found = equal_bytes(word, '"') | equal_bytes(word, '\\');
    if (found != 0) return at + std::countr_zero(found) / 8;
  }
  while (at != end && *at != '"' && *at != '\\') ++at;
  return at;
}

// Past the closing quote of the string that starts at `at`; null if it does not end.
const char* string_end(const char* at, const char* end) {
  const char* const first = at + 1;
  for (at = first; at < end; ++at) {
    at = static_cast<const char*>(std::memchr(at, '"', static_cast<std::size_t>(end - at)));
    if (at == nullptr) return nullptr;
    const char* escapes = at;
    while (escapes != first && escapes[-1] == '\\') --escapes;
    if ((at - escapes) % 2 == 0) return at + 1;
  }
  return nullptr;
}

// Past the bracket that closes the one at `at`; null if none does.
const char* container_end(const char* at, const char* end) {
  int depth = 0;
  while (at < end) {
    if (*at == '"') {
      at = string_end(at, end);
      if (at == nullptr) return nullptr;
      continue;
    }
    if (*at == '{' || *at == '[') ++depth;
    if ((*at == '}' || *at == ']') && --depth == 0) return at + 1;
    ++at;
  }
  return nullptr;
}

}  // namespace

void JsonCursor::fail() {
  ok_ = false;
  at_ = end_;
}

bool JsonCursor::finished() {
  skip_space();
  return ok_ && at_ == end_;
}

void JsonCursor::skip_space() {
  while (at_ != end_ && is_json_space(*at_)) ++at_;
}

bool JsonCursor::peek(char c) {
  skip_space();
  return at_ != end_ && *at_ == c;
}

bool JsonCursor::take(char c) {
  if (!peek(c)) return false;
  ++at_;
  return true;
}

void JsonCursor::begin(char open) {
  if (!take(open)) fail();
  first_ = true;
}

bool JsonCursor::next_key(std::string_view& key) {
  const bool first = std::exchange(first_, false);
  if (!ok_ || take('}')) return false;
  if (!first && !take(',')) fail();
  key = string_view();
  if (!take(':')) fail();
  return ok_;
}

bool JsonCursor::next_element() {
  const bool first = std::exchange(first_, false);
  if (!ok_ || take(']')) return false;
  if (!first && !take(',')) fail();
  return ok_;
}

bool JsonCursor::take_word(std::string_view word) {
  skip_space();
  if (static_cast<std::size_t>(end_ - at_) < word.size()) return false;
  if (std::string_view(at_, word.size()) != word) return false;
  at_ += word.size();
  return true;
}

bool JsonCursor::take_null() { return take_word("null"); }

bool JsonCursor::boolean() {
  if (take_word("true")) return true;
  if (!take_word("false")) fail();
  return false;
}

std::int64_t JsonCursor::int64() {
  skip_space();
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(at_, end_, value);
  if (error != std::errc{} || (end != end_ && !ends_scalar(*end))) {
    fail();
    return 0;
  }
  at_ = end;
  return value;
}

std::string_view JsonCursor::string_view() {
  if (!take('"')) {
    fail();
    return {};
  }
  const char* const begin = at_;
  at_ = plain_end(at_, end_);
  if (at_ != end_ && *at_ == '"') return {begin, static_cast<std::size_t>(at_++ - begin)};
  scratch_.assign(begin, at_);
  while (at_ != end_ && *at_ != '"') unescape();
  if (!take('"')) {
    fail();
    return {};
  }
  return scratch_;
}

void JsonCursor::string(std::string& out) { out = string_view(); }

// Moves one character, escaped or not, to the scratch.
void JsonCursor::unescape() {
  if (*at_ != '\\') {
    scratch_ += *at_++;
    return;
  }
  if (++at_ == end_) return fail();
  if (*at_ == 'u') {
    ++at_;
    return unescape_unicode();
  }
  const char c = unescaped(*at_++);
  if (c == '\0') return fail();
  scratch_ += c;
}

void JsonCursor::unescape_unicode() {
  char32_t code = hex4();
  if (code >= 0xD800 && code <= 0xDBFF) {
    if (!take_word("\\u")) return fail();
    const char32_t low = hex4();
    if (low < 0xDC00 || low > 0xDFFF) return fail();
    code = 0x10000 + ((code - 0xD800) << 10U) + (low - 0xDC00);
  } else if (code >= 0xDC00 && code <= 0xDFFF) {
    return fail();
  }
  if (ok_) append_utf8(scratch_, code);
}

unsigned JsonCursor::hex4() {
  unsigned value = 0;
  if (end_ - at_ < 4 || std::from_chars(at_, at_ + 4, value, 16).ptr != at_ + 4) {
    fail();
    return 0;
  }
  at_ += 4;
  return value;
}

std::string_view JsonCursor::raw() {
  skip_space();
  if (at_ == end_) {
    fail();
    return {};
  }
  const char* const begin = at_;
  const char* end = begin;
  if (*begin == '"') {
    end = string_end(begin, end_);
  } else if (*begin == '{' || *begin == '[') {
    end = container_end(begin, end_);
  } else {
    while (end != end_ && !ends_scalar(*end)) ++end;
  }
  if (end == nullptr || end == begin) {
    fail();
    return {};
  }
  at_ = end;
  return {begin, static_cast<std::size_t>(end - begin)};
}

Uuid JsonCursor::uuid() {
  const auto id = Uuid::parse(string_view());
  if (!id) fail();
  return id.value_or(Uuid{});
}

Instant JsonCursor::instant() {
  const auto at = Instant::parse(string_view());
  if (!at) fail();
  return at.value_or(Instant{});
}

// As others write numbers near zero (ECMAScript: below 0.000001).
std::optional<std::int32_t> JsonCursor::exponent_e7(std::int32_t degrees_max) {
  skip_space();
  const char* const end = std::find_if(at_, end_, ends_scalar);
  if (std::none_of(at_, end, [](char c) { return c == 'e' || c == 'E'; })) return std::nullopt;
  const auto number = parse_json({at_, static_cast<std::size_t>(end - at_)});
  at_ = end;
  if (!number || !number->root().is_number() ||
      std::abs(number->root().as_double()) > degrees_max) {
    fail();
    return 0;
  }
  return static_cast<std::int32_t>(std::lround(number->root().as_double() * 1e7));
}

// A decimal of at most three digits and seven decimals, as append_point writes it.
std::int32_t JsonCursor::degrees_e7(std::int32_t degrees_max) {
  if (const auto value = exponent_e7(degrees_max)) return *value;
  const bool negative = take('-');
  std::int32_t value = 0;
  int digits = 0;
  for (; at_ != end_ && is_json_digit(*at_) && digits < 3; ++at_, ++digits)
    value = value * 10 + (*at_ - '0');
  if (digits == 0 || value > degrees_max) fail();
  int decimals = 0;
  bool round_up = false;
  if (at_ != end_ && *at_ == '.') {
    ++at_;
    for (; at_ != end_ && is_json_digit(*at_) && decimals < 7; ++at_, ++decimals) {
      value = value * 10 + (*at_ - '0');
    }
    if (decimals == 0) fail();
    round_up = at_ != end_ && *at_ >= '5' && *at_ <= '9';
    while (at_ != end_ && is_json_digit(*at_)) ++at_;
  }
  if (!ok_ || at_ == end_ || !ends_scalar(*at_)) {
    fail();
    return 0;
  }
  for (; decimals < 7; ++decimals) value *= 10;
  if (round_up) ++value;
  if (value > degrees_max * 10'000'000) fail();
  return negative ? -value : value;
}

Point JsonCursor::point() {
  Point at;
  begin_array();
  if (!next_element()) fail();
  at.lon_e7 = degrees_e7(180);
  if (!next_element()) fail();
  at.lat_e7 = degrees_e7(90);
  if (next_element()) fail();
  return at;
}

Money JsonCursor::money() {
  Money sum;
  begin_object();
  for (std::string_view key; next_key(key);) {
    if (key == "minor") {
      sum.minor = int64();
    } else if (key == "currency") {
      const std::string_view code = string_view();
      if (code.size() == sum.currency.size()) {
        code.copy(sum.currency.data(), code.size());
      } else {
        fail();
      }
    } else {
      fail();
    }
  }
  return sum;
}

}  // namespace wf
