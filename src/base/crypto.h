// Digests, message authentication and sealing with a shared key. Passwords: password.h; signatures:
// ed25519.h.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/secret.h"

namespace wf {

struct Sha256 {
  std::array<std::uint8_t, 32> bytes{};

  bool operator==(const Sha256&) const = default;  // not for comparing MACs: equal_in_constant_time
  std::string_view view() const {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
};

Sha256 sha256(std::string_view bytes);

// HMAC-SHA-256 under one key, whose hashing is done once. Immutable; any thread.
class HmacKey {
 public:
  explicit HmacKey(const Secret& key);  // of any length
  HmacKey(const HmacKey&) = delete;
  HmacKey& operator=(const HmacKey&) = delete;
  HmacKey(HmacKey&&) noexcept = default;
  HmacKey& operator=(HmacKey&&) noexcept = default;

  Sha256 mac(std::string_view message) const;

 private:
  Secret state_;
};

// Takes as long wherever the first difference is. Texts of different lengths are unequal at once.
bool equal_in_constant_time(std::string_view a, std::string_view b);

std::string random_bytes(std::size_t size);

// XChaCha20-Poly1305 (IETF) with a random nonce in front of the ciphertext. Keys are of
// seal_key_size bytes.
inline constexpr std::size_t seal_key_size = 32;
inline constexpr std::size_t seal_overhead =
    24 + 16;  // bytes a sealed text is longer than its plain text
std::string seal(const Secret& key, std::string_view plain, std::string_view associated);
// Nothing if the key, the associated data or one bit is another.
std::optional<std::string> open_sealed(const Secret& key,
                                       std::string_view sealed,
                                       std::string_view associated);

}  // namespace wf
