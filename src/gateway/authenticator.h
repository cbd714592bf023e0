// Who a request comes from: its bearer token, and whether the token's session still lives.
#pragma once
#include <functional>
#include <optional>
#include <string_view>
#include <variant>

#include "gateway/call.h"
#include "gateway/ended_sessions.h"
#include "gateway/token.h"

namespace wf::gateway {

// What follows `Bearer` in the Authorization header; nothing if there is none, or another scheme.
std::optional<std::string_view> bearer_token(const Request& request);

// One thread.
class Authenticator {
 public:
  Authenticator(const Services& services, const Tokens& tokens, const EndedSessions& ended);

  // Asked before a signature is verified, which is dear. False: it is not, and the answer is 401.
  using MayVerify = std::function<bool()>;

  // A guest without an Authorization header; else the caller, or 401 (503 if nobody can tell now).
  std::variant<Caller, Response> authenticate(const Request& request,
                                              Instant now,
                                              const MayVerify& may_verify);
  std::variant<Caller, Response> authenticate_token(std::string_view token, Instant now);

  std::uint32_t role_bit(std::string_view name) const;
  std::size_t cached() const { return cache_.size(); }
  std::int64_t verifications() const { return cache_.verifications(); }

 private:
  std::variant<Caller, Response> caller_of(const Claims& claims, Instant now) const;
  std::optional<Response> check_session(const Claims& claims, Instant now) const;

  const Services& services_;
  const EndedSessions& ended_;
  TokenCache cache_;
  const TableView* sessions_ = nullptr;
  std::uint32_t guest_role_ = 0;
};

}  // namespace wf::gateway
