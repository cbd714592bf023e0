// Access tokens: JWTs (RFC 7519) signed with Ed25519, and the key set that verifies them.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "base/time.h"
#include "base/uuid.h"
#include "gateway/secrets.h"

namespace wf::gateway {

// Who asks, as of now.
struct Caller {
  AccountId account;        // nil: a guest
  std::uint32_t roles = 0;  // bits of Role; a guest has the guest's
  Uuid session;             // nil: a token of `wayfold admin token`, which only its end revokes

  bool is_guest() const { return account == guest; }
};

struct Claims {
  Caller caller;
  Instant issued_at;
  Instant expires_at;
};

// Immutable; any thread. `role_names` (by bit) and `secrets` must outlive it.
class Tokens {
 public:
  Tokens(const Secrets& secrets, std::span<const std::string_view> role_names, std::string issuer);

  std::string sign(const Claims& claims) const;
  // Code::forbidden for whatever is not a token of ours that is good at `now`: another algorithm or
  // key, another issuer or audience, one bit changed, expired, not yet good. The detail says which;
  // it is for the log, not the client. About 70 µs.
  Result<Claims> verify(std::string_view token, Instant now) const;

  std::string jwks() const;  // RFC 7517 and 8037

 private:
  Result<Claims> read_claims(std::string_view payload, Instant now) const;

  const Secrets& secrets_;
  std::span<const std::string_view> role_names_;
  std::string issuer_;
  std::string header_;  // base64url, of every token
  Ed25519PublicKey public_key_;
};

// Tokens verified once and good until they expire; at most `entries_max`. One thread.
class TokenCache {
 public:
  TokenCache(const Tokens& tokens, std::size_t entries_max)
      : tokens_(tokens), entries_max_(entries_max) {}
  // A token verified before that is still good. Cheap.
  std::optional<Claims> known(std::string_view token, Instant now);
  // As Tokens::verify.
  Result<Claims> verify(std::string_view token, Instant now);
  std::size_t size() const { return verified_.size(); }
  std::int64_t verifications() const { return verifications_; }

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  const Tokens& tokens_;
  std::size_t entries_max_;
  std::int64_t verifications_ = 0;
  // By the whole token: nobody can make two that are one here.
  std::unordered_map<std::string, Claims, Hash, std::equal_to<>> verified_;
};

}  // namespace wf::gateway
