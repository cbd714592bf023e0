// Compact JWS, read as strictly as it is written: one header, one algorithm, one key.
#include "gateway/token.h"

#include <fmt/format.h>

#include "base/encoding.h"
#include "base/json.h"
#include "base/json_write.h"

namespace wf::gateway {
namespace {

constexpr std::string_view audience = "wayfold";
constexpr std::size_t token_bytes_max = 4096;

std::string_view bytes_of(const auto& array) {
  return {reinterpret_cast<const char*>(array.data()), array.size()};
}

tl::unexpected<Error> refused(std::string_view why) {
  return fail(Code::forbidden, std::string(why));
}

std::optional<std::string_view> text_of(Json json, std::string_view name) {
  const auto found = json.find(name);
  if (!found || !found->is_string()) return std::nullopt;
  return found->as_string();
}

std::optional<Instant> time_of(Json json, std::string_view name) {
  const auto found = json.find(name);
  const auto seconds = found ? found->as_int64() : std::nullopt;
  if (!seconds || *seconds < 0 || *seconds > 253'402'300'799) return std::nullopt;
  return Instant{*seconds * 1'000'000};
}

std::optional<Uuid> uuid_of(Json json, std::string_view name) {
  const auto text = text_of(json, name);
  return text ? Uuid::parse(*text) : std::nullopt;
}

}  // namespace

Tokens::Tokens(const Secrets& secrets,
               std::span<const std::string_view> role_names,
               std::string issuer)
    : secrets_(secrets),
      role_names_(role_names),
      issuer_(std::move(issuer)),
      header_(
          to_base64url(fmt::format(R"({{"alg":"EdDSA","kid":"{}","typ":"JWT"}})", secrets.kid))),
      public_key_(secrets.signing.public_key()) {}

std::string Tokens::sign(const Claims& claims) const {
  const Caller& caller = claims.caller;
  std::string payload = fmt::format(
      R"({{"iss":"{}","aud":"{}","sub":"{}","roles":[)", issuer_, audience, caller.account.text());
  for (std::size_t i = 0; i < role_names_.size(); ++i) {
    if ((caller.roles >> i & 1U) == 0) continue;
    if (payload.back() != '[') payload += ',';
    append_json_string(payload, role_names_[i]);
  }
  payload += ']';
  if (!caller.session.nil()) payload += fmt::format(R"(,"sid":"{}")", caller.session.text());
  payload += fmt::format(R"(,"jti":"{}","iat":{},"exp":{}}})",
                         to_base64url(random_bytes(9)),
                         claims.issued_at.us / 1'000'000,
                         claims.expires_at.us / 1'000'000);
  std::string token = header_ + '.' + to_base64url(payload);
  const Ed25519Signature signature = secrets_.signing.sign(token);
  return token.append(".").append(to_base64url(bytes_of(signature)));
}

Result<Claims> Tokens::verify(std::string_view token, Instant now) const {
  if (token.size() > token_bytes_max) return refused("too long");
  const std::size_t first = token.find('.');
  const std::size_t second = token.find('.', first + 1);
  if (first == token.npos || second == token.npos) return refused("not a compact JWS");
  // Ours alone have this header, byte for byte: whatever else it could say (none, HS256, another
  // key, `crit`, `jwk`) is not even read.
  if (token.substr(0, first) != header_) return refused("another algorithm, key or type");
  const auto payload = from_base64url(token.substr(first + 1, second - first - 1));
  const auto signature = from_base64url(token.substr(second + 1));
  if (!payload || !signature) return refused("not base64url");
  if (!ed25519_verify(bytes_of(public_key_), token.substr(0, second), *signature)) {
    return refused("the signature is not ours");
  }
  return read_claims(*payload, now);
}

Result<Claims> Tokens::read_claims(std::string_view payload, Instant now) const {
  const auto document = parse_json(payload);
  if (!document || !document->root().is_object()) return refused("the payload is no JSON object");
  const Json json = document->root();
  if (text_of(json, "iss") != issuer_) return refused("another issuer");
  if (text_of(json, "aud") != audience) return refused("another audience");
  const auto subject = uuid_of(json, "sub");
  const auto issued = time_of(json, "iat");
  const auto expires = time_of(json, "exp");
  const auto roles = json.find("roles");
  if (!subject || subject->nil() || !issued || !expires || !roles || !roles->is_array()) {
    return refused("a claim is missing");
  }
  if (*expires <= now) return refused("expired");
  if (json.find("nbf")) {
    const auto at = time_of(json, "nbf");
    if (!at || *at > now) return refused("not yet good");
  }
  Claims claims{{AccountId{*subject}, 0, {}}, *issued, *expires};
  for (const Json role : roles->elements()) {
    if (!role.is_string()) return refused("a role is no string");
    for (std::size_t i = 0; i < role_names_.size(); ++i) {
      if (role_names_[i] == role.as_string()) claims.caller.roles |= 1U << i;
    }
  }
  if (json.find("sid")) {
    const auto session = uuid_of(json, "sid");
    if (!session || session->nil()) return refused("no session id");
    claims.caller.session = *session;
  }
  return claims;
}

std::string Tokens::jwks() const {
  return fmt::format(R"({{"keys":[{{"kty":"OKP","crv":"Ed25519","use":"sig","alg":"EdDSA",)"
                     R"("kid":"{}","x":"{}"}}]}})",
                     secrets_.kid,
                     to_base64url(bytes_of(public_key_)));
}

std::optional<Claims> TokenCache::known(std::string_view token, Instant now) {
  const auto found = verified_.find(token);
  if (found == verified_.end()) return std::nullopt;
  if (found->second.expires_at > now) return found->second;
  verified_.erase(found);
  return std::nullopt;
}

Result<Claims> TokenCache::verify(std::string_view token, Instant now) {
  if (auto before = known(token, now)) return *before;
  ++verifications_;
  auto claims = tokens_.verify(token, now);
  if (!claims) return claims;
  if (verified_.size() >= entries_max_) verified_.erase(verified_.begin());  // any one
  verified_.emplace(token, *claims);
  return claims;
}

}  // namespace wf::gateway
