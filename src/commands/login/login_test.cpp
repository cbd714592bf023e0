// One account per identifier.
#include "gen/login.h"
#include "base/spec.h"
#include "gen/login_json.h"
#include "gen/platform.h"

namespace wf::login {
namespace {

constexpr AccountId asha{Uuid{{0xa5}}};
constexpr AccountId mira{Uuid{{0x31}}};
const PlatformConfig platform{.name = "Test", .open_roles = {Role::renter, Role::host}};

Register registering(AccountId account = asha, std::vector<Role> roles = {Role::host}) {
  return {account, {"k.id"}, "$argon2id$1", std::move(roles), {"k.name"}};
}

Registered registered(std::vector<Role> roles = {Role::host}) {
  return {asha, {"k.id"}, "$argon2id$1", std::move(roles), {"k.name"}};
}

Spec given(const std::vector<SpecEvent>& past) {
  return Specs(aggregate(), platform)(past).by(guest).as(Role::guest);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(login_tests)

BOOST_AUTO_TEST_CASE(a_guest_registers_AU1) {
  given({}).when(registering()).then(registered());
  const std::vector<Role> both = {Role::renter, Role::host};
  given({}).when(registering(asha, both)).then(registered(both));
}

BOOST_AUTO_TEST_CASE(an_identifier_is_taken_once_AU1) {
  given({registered()}).when(registering(mira)).then(Reason::taken);
  given({registered()}).when(registering(asha)).then_nothing();
}

BOOST_AUTO_TEST_CASE(nobody_gives_himself_a_role_AU8) {
  for (const Role role :
       {Role::operator_, Role::admin, Role::importer, Role::system, Role::guest}) {
    given({}).when(registering(asha, {Role::host, role})).then(Reason::role_not_open);
  }
}

BOOST_AUTO_TEST_CASE(an_administrator_gives_any_but_the_systems_AU8) {
  given({})
      .when(registering(asha, {Role::operator_}))
      .as(Role::admin)
      .then(registered({Role::operator_}));
  given({}).when(registering(asha, {Role::admin})).as(Role::system).then(registered({Role::admin}));
  given({}).when(registering(asha, {Role::system})).as(Role::admin).then(Reason::role_not_open);
}

BOOST_AUTO_TEST_CASE(its_owner_changes_the_password_AU9) {
  const ChangePassword change{"$argon2id$2"};
  given({registered()}).when(change).by(asha).then(PasswordChanged{asha, "$argon2id$2"});
  given({registered()}).when(change).by(mira).then(Reason::not_yours);
  given({registered()})
      .when(change)
      .by(mira)
      .as(Role::admin)
      .then(PasswordChanged{asha, "$argon2id$2"});
  given({}).when(change).by(asha).then(Reason::not_found);
  given({registered(), PasswordChanged{asha, "$argon2id$2"}})
      .when(registering(mira))
      .then(Reason::taken);
}

BOOST_AUTO_TEST_CASE(a_refused_send_is_only_recorded) {
  given({registered()})
      .when(Command{Refused{"account.Open", Uuid{{1}}, "internal", Uuid{{2}}}})
      .then(SendRefused{"account.Open", "internal"});
  given({registered(), SendRefused{"account.Open", "internal"}})
      .when(registering(mira))
      .then(Reason::taken);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::login
