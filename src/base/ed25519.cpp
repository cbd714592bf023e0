// Ed25519 by OpenSSL.
#include "base/ed25519.h"

#include <openssl/evp.h>

#include "base/check.h"
#include "base/unsigned_bytes.h"

namespace wf {
namespace {

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using KeyPtr = std::unique_ptr<EVP_PKEY, Free>;
using ContextPtr = std::unique_ptr<EVP_MD_CTX, Free>;

}  // namespace

struct Ed25519Key::Handle {
  KeyPtr key;
};

Ed25519Key::Ed25519Key(const Secret& seed) : handle_(std::make_unique<Handle>()) {
  WF_CHECK(seed.size() == seed_size);
  handle_->key.reset(EVP_PKEY_new_raw_private_key(
      EVP_PKEY_ED25519, nullptr, unsigned_bytes(seed.reveal()), seed.size()));
  WF_CHECK(handle_->key != nullptr);
}

Ed25519Key::Ed25519Key(Ed25519Key&&) noexcept = default;
Ed25519Key& Ed25519Key::operator=(Ed25519Key&&) noexcept = default;
Ed25519Key::~Ed25519Key() = default;

Ed25519PublicKey Ed25519Key::public_key() const {
  Ed25519PublicKey bytes{};
  std::size_t size = bytes.size();
  WF_CHECK(EVP_PKEY_get_raw_public_key(handle_->key.get(), bytes.data(), &size) == 1);
  WF_CHECK(size == bytes.size());
  return bytes;
}

Ed25519Signature Ed25519Key::sign(std::string_view message) const {
  const ContextPtr context(EVP_MD_CTX_new());
  WF_CHECK(context != nullptr);
  WF_CHECK(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, handle_->key.get()) == 1);
  Ed25519Signature bytes{};
  std::size_t size = bytes.size();
  WF_CHECK(EVP_DigestSign(
               context.get(), bytes.data(), &size, unsigned_bytes(message), message.size()) == 1);
  WF_CHECK(size == bytes.size());
  return bytes;
}

bool ed25519_verify(std::string_view public_key,
                    std::string_view message,
                    std::string_view signature) {
  if (public_key.size() != Ed25519PublicKey{}.size()) return false;
  if (signature.size() != Ed25519Signature{}.size()) return false;
  const KeyPtr key(EVP_PKEY_new_raw_public_key(
      EVP_PKEY_ED25519, nullptr, unsigned_bytes(public_key), public_key.size()));
  const ContextPtr context(EVP_MD_CTX_new());
  if (key == nullptr || context == nullptr) return false;
  if (EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1) return false;
  return EVP_DigestVerify(context.get(),
                          unsigned_bytes(signature),
                          signature.size(),
                          unsigned_bytes(message),
                          message.size()) == 1;
}

}  // namespace wf
