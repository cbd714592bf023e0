// Ed25519 signatures (RFC 8032): a signing key, and strict verification.
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/secret.h"

namespace wf {

using Ed25519PublicKey = std::array<std::uint8_t, 32>;
using Ed25519Signature = std::array<std::uint8_t, 64>;

// Immutable; any thread.
class Ed25519Key {
 public:
  static constexpr std::size_t seed_size = 32;
  explicit Ed25519Key(
      const Secret& seed);  // of seed_size bytes; Secret::random(seed_size) makes a new key
  Ed25519Key(Ed25519Key&&) noexcept;
  Ed25519Key& operator=(Ed25519Key&&) noexcept;
  ~Ed25519Key();

  Ed25519PublicKey public_key() const;
  Ed25519Signature sign(std::string_view message) const;

 private:
  struct Handle;
  std::unique_ptr<Handle> handle_;
};

// False for a key or a signature of another length, too. About 60 µs: cache what was verified. Any
// thread.
bool ed25519_verify(std::string_view public_key,
                    std::string_view message,
                    std::string_view signature);

}  // namespace wf
