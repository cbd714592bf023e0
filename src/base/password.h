// Argon2id hashes of passwords. Slow on purpose: only on a bounded pool, never on an io thread. Any
// thread.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"

namespace wf {

// What one hash costs. The defaults are libsodium's "interactive" ones: about 0.1 s.
struct PasswordCost {
  std::uint64_t passes = 2;                           // at least 1
  std::size_t memory_bytes = std::size_t{64} << 20U;  // at least 8 KiB
};

// "$argon2id$v=19$m=…,t=…,p=1$salt$hash", under 128 bytes, with a random salt; Code::full if the
// memory is not there, Code::invalid for a cost out of range.
Result<std::string> hash_password(const Secret& password, const PasswordCost& cost);
// At the cost the hash names. False for another password or a text that is no such hash.
bool password_matches(const Secret& password, std::string_view hash);

}  // namespace wf
