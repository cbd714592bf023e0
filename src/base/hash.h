// Fast hashes that no attacker has a say in: partitions (xxh64) and row digests (128-bit XXH3).
// Values; any thread.
#pragma once
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wf {

// A number modulo 2^128, so that the sum over a table's rows is the same in any order.
struct Digest128 {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  auto operator<=>(const Digest128&) const = default;
  constexpr Digest128& operator+=(Digest128 other) {
    low += other.low;
    high += other.high + (low < other.low ? 1 : 0);
    return *this;
  }
  constexpr Digest128& operator-=(Digest128 other) {
    high -= other.high + (low < other.low ? 1 : 0);
    low -= other.low;
    return *this;
  }

  std::string text() const;  // 32 lower-case hex digits
  static std::optional<Digest128> parse(std::string_view text);
};

// Both are part of what is stored: the partition of a stream, and a digest, never change with a
// build.
std::uint64_t xxh64(std::string_view bytes);
Digest128 xxh3_128(std::string_view bytes);

}  // namespace wf
