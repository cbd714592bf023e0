// Who a request comes from: its bearer token, and whether the token's session still lives.
#pragma once
#include <variant>

#include "gateway/call.h"
#include "gateway/token.h"

namespace wf::gateway {

// One thread.
class Authenticator {
 public:
  Authenticator(const Services& services, const Tokens& tokens);

  // A guest without an Authorization header; else the caller, or 401 (503 if nobody can tell now).
  std::variant<Caller, Response> authenticate(const Request& request, Instant now);
  std::variant<Caller, Response> authenticate_token(std::string_view token, Instant now);

  std::uint32_t role_bit(std::string_view name) const;
  std::size_t cached() const { return cache_.size(); }

 private:
  std::optional<Response> check_session(const Claims& claims, Instant now) const;

  const Services& services_;
  TokenCache cache_;
  const TableView* sessions_ = nullptr;
  std::uint32_t guest_role_ = 0;
};

}  // namespace wf::gateway
