// An account's row.
#include "gen/tables/accounts.h"
#include "base/table_spec.h"
#include "gen/account_json.h"

namespace wf::accounts {
namespace {

const AccountId asha{Uuid{{0xa5}}};
const AccountId otto{Uuid{{0x07}}};
const LoginId login_id{Uuid{{0x10}}};

Meta at(std::string_view time) {
  Meta meta;
  meta.stream = asha.value;
  meta.at = *Instant::parse(time);
  return meta;
}

std::string row(std::string_view status, std::string_view updated) {
  return R"({"id":"a5000000-0000-0000-0000-000000000000",)"
         R"("login":"10000000-0000-0000-0000-000000000000",)"
         R"("identifier":"k.id","name":"k.name","roles":["renter","host"],"status":")" +
         std::string(status) + R"(","created_at":"2026-11-21T09:00:00Z","updated_at":")" +
         std::string(updated) + R"("})";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(accounts_tests)

BOOST_AUTO_TEST_CASE(an_account_opens_is_suspended_and_reinstated_AU1) {
  TableSpec rows(table());
  rows.after(account::Opened{asha, login_id, {"k.id"}, {Role::renter, Role::host}, {"k.name"}},
             at("2026-11-21T09:00:00Z"));
  BOOST_TEST(rows.only() == row("open", "2026-11-21T09:00:00Z"));
  rows.after(account::Suspended{login_id, otto, {}}, at("2026-11-21T10:00:00Z"));
  BOOST_TEST(rows.only() == row("suspended", "2026-11-21T10:00:00Z"));
  rows.after(account::Reinstated{login_id, otto}, at("2026-11-21T11:00:00Z"));
  BOOST_TEST(rows.only() == row("open", "2026-11-21T11:00:00Z"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::accounts
