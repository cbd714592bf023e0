// Symmetric cryptography by libsodium.
#include "base/crypto.h"

#include <sodium.h>

#include <cstring>

#include "base/check.h"
#include "base/sodium_ready.h"
#include "base/unsigned_bytes.h"

namespace wf {
namespace {

using HmacState = crypto_auth_hmacsha256_state;

constexpr std::size_t nonce_size = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t tag_size = crypto_aead_xchacha20poly1305_ietf_ABYTES;
static_assert(seal_key_size == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
static_assert(seal_overhead == nonce_size + tag_size);

}  // namespace

Sha256 sha256(std::string_view bytes) {
  Sha256 digest;
  crypto_hash_sha256(digest.bytes.data(), unsigned_bytes(bytes), bytes.size());
  return digest;
}

HmacKey::HmacKey(const Secret& key) {
  HmacState state;
  crypto_auth_hmacsha256_init(&state, unsigned_bytes(key.reveal()), key.size());
  state_ = Secret({reinterpret_cast<const char*>(&state), sizeof state});
  sodium_memzero(&state, sizeof state);
}

Sha256 HmacKey::mac(std::string_view message) const {
  WF_CHECK(state_.size() == sizeof(HmacState));
  HmacState state;
  std::memcpy(&state, state_.reveal().data(), sizeof state);
  Sha256 mac;
  crypto_auth_hmacsha256_update(&state, unsigned_bytes(message), message.size());
  crypto_auth_hmacsha256_final(&state, mac.bytes.data());
  sodium_memzero(&state, sizeof state);
  return mac;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string random_bytes(std::size_t size) {
  sodium_ready();
  std::string bytes(size, '\0');
  randombytes_buf(bytes.data(), size);
  return bytes;
}

std::string seal(const Secret& key, std::string_view plain, std::string_view associated) {
  WF_CHECK(key.size() == seal_key_size);
  std::string sealed = random_bytes(nonce_size);
  sealed.resize(nonce_size + plain.size() + tag_size);
  crypto_aead_xchacha20poly1305_ietf_encrypt(unsigned_bytes(sealed) + nonce_size,
                                             nullptr,
                                             unsigned_bytes(plain),
                                             plain.size(),
                                             unsigned_bytes(associated),
                                             associated.size(),
                                             nullptr,
                                             unsigned_bytes(sealed),
                                             unsigned_bytes(key.reveal()));
  return sealed;
}

std::optional<std::string> open_sealed(const Secret& key,
                                       std::string_view sealed,
                                       std::string_view associated) {
  WF_CHECK(key.size() == seal_key_size);
  sodium_ready();
  if (sealed.size() < seal_overhead) return std::nullopt;
  std::string plain(sealed.size() - seal_overhead, '\0');
  const bool genuine =
      crypto_aead_xchacha20poly1305_ietf_decrypt(unsigned_bytes(plain),
                                                 nullptr,
                                                 nullptr,
                                                 unsigned_bytes(sealed) + nonce_size,
                                                 sealed.size() - nonce_size,
                                                 unsigned_bytes(associated),
                                                 associated.size(),
                                                 unsigned_bytes(sealed),
                                                 unsigned_bytes(key.reveal())) == 0;
  if (!genuine) return std::nullopt;
  return plain;
}

}  // namespace wf
