// Argon2id by libsodium.
#include "base/password.h"

#include <sodium.h>

#include <array>

#include "base/sodium_ready.h"

namespace wf {

Result<std::string> hash_password(const Secret& password, const PasswordCost& cost) {
  sodium_ready();
  if (cost.passes < crypto_pwhash_argon2id_OPSLIMIT_MIN ||
      cost.memory_bytes < crypto_pwhash_argon2id_MEMLIMIT_MIN) {
    return fail(Code::invalid, "argon2id needs one pass and 8 KiB at least");
  }
  std::array<char, crypto_pwhash_argon2id_STRBYTES> text;
  if (crypto_pwhash_argon2id_str(
          text.data(), password.reveal().data(), password.size(), cost.passes, cost.memory_bytes) !=
      0) {
    return fail(Code::full, "no memory for an argon2id hash");
  }
  return std::string(text.data());
}

bool password_matches(const Secret& password, std::string_view hash) {
  sodium_ready();
  const std::string text(hash);  // with its terminating zero
  return crypto_pwhash_argon2id_str_verify(
             text.c_str(), password.reveal().data(), password.size()) == 0;
}

}  // namespace wf
