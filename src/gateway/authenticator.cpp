// Signatures are remembered, sessions are looked up each time.
#include "gateway/authenticator.h"

#include "base/index_key.h"
#include "gateway/row_json.h"

namespace wf::gateway {
namespace {

// A token is signed only after its session was opened, and sessions that ended keep their rows: so
// a missing row is a table that is behind. For so long the token is trusted all the same.
constexpr Duration fold_lag_max = Duration::seconds(60);

Response refused(std::string_view code, std::string_view detail) {
  Response response = problem(401, code, detail);
  response.add("WWW-Authenticate", R"(Bearer error="invalid_token")");
  return response;
}

Response session_ended() { return refused("session_ended", "the session has ended: log in again"); }

}  // namespace

std::optional<std::string_view> bearer_token(const Request& request) {
  constexpr std::string_view scheme = "Bearer ";
  const auto header = request.headers.get("Authorization");
  if (!header || !equal_ignoring_case(header->substr(0, scheme.size()), scheme)) {
    return std::nullopt;
  }
  return header->substr(scheme.size());
}

Authenticator::Authenticator(const Services& services,
                             const Tokens& tokens,
                             const EndedSessions& ended)
    : services_(services),
      ended_(ended),
      cache_(tokens, static_cast<std::size_t>(services.process.gateway.token_cache_max)),
      guest_role_(role_bit("guest")) {
  const auto found = services.tables.find("sessions");
  if (found != services.tables.end()) sessions_ = found->second;
}

std::uint32_t Authenticator::role_bit(std::string_view name) const {
  const auto& roles = services_.catalogue.roles;
  for (std::size_t i = 0; i < roles.size(); ++i) {
    if (roles[i] == name) return 1U << i;
  }
  return 0;
}

std::variant<Caller, Response> Authenticator::authenticate(const Request& request,
                                                           Instant now,
                                                           const MayVerify& may_verify) {
  if (!request.headers.get("Authorization")) return Caller{guest, guest_role_, {}};
  const auto token = bearer_token(request);
  if (!token) return refused("unauthenticated", "a bearer token is needed");
  if (const auto known = cache_.known(*token, now)) return caller_of(*known, now);
  if (!may_verify()) return refused("invalid_token", "the token was not looked at");
  return authenticate_token(*token, now);
}

std::variant<Caller, Response> Authenticator::authenticate_token(std::string_view token,
                                                                 Instant now) {
  const auto claims = cache_.verify(token, now);
  if (!claims) return refused("invalid_token", "the token is not good, or no longer");
  return caller_of(*claims, now);
}

std::variant<Caller, Response> Authenticator::caller_of(const Claims& claims, Instant now) const {
  if (auto ended = check_session(claims, now)) return std::move(*ended);
  return claims.caller;
}

std::optional<Response> Authenticator::check_session(const Claims& claims, Instant now) const {
  if (claims.caller.session.nil()) return std::nullopt;
  if (ended_.contains(claims.caller.session)) return session_ended();
  if (sessions_ == nullptr) return retry_later("not_here", "this node knows no sessions");
  std::string key;
  append_index_key(key, claims.caller.session);
  const auto row = sessions_->get(key);
  if (!row) return retry_later("unavailable", "sessions cannot be read now");
  if (row->found()) {
    if (member(row->json, "status") == "live") return std::nullopt;
    return session_ended();
  }
  if (row->quarantined_since) return retry_later("not_yet", "the session's row is quarantined");
  if (now - claims.issued_at <= fold_lag_max) return std::nullopt;
  if (sessions_->state().failing_since) return std::nullopt;  // its row comes when that is over
  return retry_later("not_yet", "sessions are behind: this one is not known yet");
}

}  // namespace wf::gateway
