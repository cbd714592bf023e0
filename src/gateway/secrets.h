// What a deployment must never lose or show: its signing key, master keys, pepper and two more.
#pragma once
#include <string>
#include <vector>

#include "base/crypto.h"
#include "base/ed25519.h"
#include "base/result.h"
#include "base/secret.h"
#include "base/uuid.h"

namespace wf::gateway {

// As they stand in the file; 32 bytes each.
struct SecretBytes {
  Secret signing;
  std::vector<Secret> masters;  // the first wraps keys of subjects; all of them unwrap
  Secret pepper;
  Secret fingerprint;
  Secret refresh;
  Uuid log = {};  // begun with the file; nil: the file was provided, or is of an older build
};

struct MasterKey {
  std::string id;  // 16 hex digits of the key's digest
  Secret key;
};

// Ready to use. Moved, never copied; immutable; any thread.
struct Secrets {
  explicit Secrets(SecretBytes bytes);

  Ed25519Key signing;
  std::string kid;  // names the signing key in tokens and in the JWKS
  std::vector<MasterKey> masters;
  HmacKey pepper;       // of normalised identifiers: names login streams
  HmacKey fingerprint;  // of requests
  HmacKey refresh;      // of refresh tokens
  Secret cursors;       // seals them; derived, as no other text under `fingerprint` is this one
};

SecretBytes random_secrets();

// Reads a secrets file. Code::not_found if there is none, Code::forbidden if anybody but its owner
// may read it, Code::corrupt if it is damaged.
Result<SecretBytes> load_secrets(const std::string& path);
// The same, but makes the file (0600, on the disk before this returns) if there is none, for a new
// `log`. Two processes that start at once end up with one file.
Result<SecretBytes> load_or_make_secrets(const std::string& path, const Uuid& log = {});
// Puts a new master key first; KeyRing::rewrap() then wraps with it. The file is replaced at once.
Result<void> add_master_key(const std::string& path);

}  // namespace wf::gateway
