// An account follows its login.
#include "gen/account.h"

namespace wf::account {

Commands react(const login::Registered& e, const Meta& meta) {
  return {
      To{e.account.value, Open{e.account, LoginId{meta.stream}, e.identifier, e.roles, e.name}}};
}

Commands react(const login::PasswordChanged& e, const Meta&) {
  return {To{e.account.value, RevokeSessions{}}};
}

}  // namespace wf::account
