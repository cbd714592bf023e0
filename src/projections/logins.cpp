// Internal: what the gateway needs to verify a password.
#include "gen/tables/logins.h"

#include <algorithm>

namespace wf::logins {

Own fold(Own own, const login::Registered& e, const Meta&) {
  own.account = e.account;
  own.hash = e.hash;
  own.roles = e.roles;
  return own;
}

Own fold(Own own, const login::PasswordChanged& e, const Meta&) {
  own.hash = e.hash;
  return own;
}

Standing fold(Standing standing, const account::Suspended&, const Meta&) {
  standing.suspended = true;
  return standing;
}

Standing fold(Standing standing, const account::Reinstated&, const Meta&) {
  standing.suspended = false;
  return standing;
}

std::optional<Row> view(const Key& key, const Own& own, const std::map<Uuid, Standing>& standing) {
  if (own.hash.empty()) return std::nullopt;  // its account's stream was read first
  const bool suspended =
      std::ranges::any_of(standing, [](const auto& one) { return one.second.suspended; });
  return Row{key.id, own.account, own.hash, own.roles, suspended};
}

}  // namespace wf::logins
