// What an account does when its login says something.
#include <boost/test/unit_test.hpp>

#include "gen/account.h"

namespace wf::account {

BOOST_AUTO_TEST_SUITE(account_policy_tests)

BOOST_AUTO_TEST_CASE(a_registered_login_opens_its_account_AU1) {
  const AccountId asha{Uuid{{0xa5}}};
  const login::Registered e{asha, {"k.id"}, "$argon2id$1", {Role::host}, {"k.name"}};
  Meta meta;
  meta.stream = Uuid{{0x10}};
  const Commands sent = react(e, meta);
  BOOST_REQUIRE(sent.size() == 1U);
  BOOST_TEST((sent[0].stream == asha.value));
  const Open open{asha, LoginId{Uuid{{0x10}}}, {"k.id"}, {Role::host}, {"k.name"}};
  BOOST_TEST((sent[0].command == Command{open}));
}

BOOST_AUTO_TEST_CASE(a_changed_password_ends_the_accounts_sessions_AU6) {
  const AccountId asha{Uuid{{0xa5}}};
  const Commands sent = react(login::PasswordChanged{asha, "$argon2id$2"}, Meta{});
  BOOST_REQUIRE(sent.size() == 1U);
  BOOST_TEST((sent[0].stream == asha.value));
  BOOST_TEST((sent[0].command == Command{RevokeSessions{}}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::account
