// An identifier and its password: the stream is the identifier's keyed hash, so it is unique.
#include "gen/login.h"

#include <algorithm>

#include "gen/platform.h"

namespace wf::login {
namespace {

// Anybody may register with the platform's open roles; the others are given by an administrator.
bool may_give(const std::vector<Role>& roles, const Context& ctx) {
  if (ctx.has(Role::admin) || ctx.has(Role::system)) {
    return std::ranges::find(roles, Role::system) == roles.end();
  }
  const std::vector<Role>& open = ctx.platform.open_roles;
  return std::ranges::all_of(
      roles, [&open](Role role) { return std::ranges::find(open, role) != open.end(); });
}

}  // namespace

State evolve(State s, const Registered& e) {
  s.registered = true;
  s.account = e.account;
  return s;
}

State evolve(State s, const PasswordChanged&) { return s; }
State evolve(State s, const SendRefused&) { return s; }

Decision decide(const State& s, const Register& c, const Context& ctx) {
  if (s.registered && s.account == c.account) return {};
  if (s.registered) return Reason::taken;
  if (!may_give(c.roles, ctx)) return Reason::role_not_open;
  return Registered{c.account, c.identifier, c.password, c.roles, c.name};
}

Decision decide(const State& s, const ChangePassword& c, const Context& ctx) {
  if (!s.registered) return Reason::not_found;
  if (ctx.principal != s.account && !ctx.has(Role::admin)) return Reason::not_yours;
  return PasswordChanged{s.account, c.password};
}

Decision decide(const State&, const Refused& c, const Context&) {
  return SendRefused{c.command, c.reason};
}

}  // namespace wf::login
