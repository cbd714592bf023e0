// What a login's row holds, whichever stream is read first.
#include "gen/tables/logins.h"
#include "base/table_spec.h"
#include "gen/account_json.h"
#include "gen/login_json.h"

namespace wf::logins {
namespace {

const AccountId asha{Uuid{{0xa5}}};
const LoginId login_id{Uuid{{0x10}}};

Meta of(const Uuid& stream) {
  Meta meta;
  meta.stream = stream;
  return meta;
}

const login::Registered registered{asha, {"k.id"}, "$argon2id$1", {Role::host}, {"k.name"}};
const account::Suspended suspended{login_id, asha, {}};

std::string row(std::string_view hash, bool stopped) {
  return R"({"id":"10000000-0000-0000-0000-000000000000",)"
         R"("account":"a5000000-0000-0000-0000-000000000000","hash":")" +
         std::string(hash) + R"(","roles":["host"],"suspended":)" + (stopped ? "true" : "false") +
         "}";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(logins_tests)

BOOST_AUTO_TEST_CASE(a_login_holds_the_hash_of_its_password_AU9) {
  TableSpec rows(table());
  rows.after(registered, of(login_id.value));
  BOOST_TEST(rows.only() == row("$argon2id$1", false));
  rows.after(login::PasswordChanged{asha, "$argon2id$2"}, of(login_id.value));
  BOOST_TEST(rows.only() == row("$argon2id$2", false));
}

BOOST_AUTO_TEST_CASE(its_account_may_be_suspended_and_reinstated_AU3) {
  TableSpec rows(table());
  rows.after(registered, of(login_id.value)).after(suspended, of(asha.value));
  BOOST_TEST(rows.only() == row("$argon2id$1", true));
  rows.after(account::Reinstated{login_id, asha}, of(asha.value));
  BOOST_TEST(rows.only() == row("$argon2id$1", false));
}

BOOST_AUTO_TEST_CASE(the_order_of_the_two_streams_does_not_matter) {
  TableSpec rows(table());
  rows.after(suspended, of(asha.value));
  BOOST_TEST(rows.only() == "");
  rows.after(registered, of(login_id.value));
  BOOST_TEST(rows.only() == row("$argon2id$1", true));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::logins
