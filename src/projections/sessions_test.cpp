// A session's row, live and ended.
#include "gen/tables/sessions.h"
#include "base/table_spec.h"
#include "gen/account_json.h"

namespace wf::sessions {
namespace {

const SessionId phone{Uuid{{1}}};
const AccountId asha{Uuid{{0xa5}}};
const Instant nine = *Instant::parse("2026-11-21T09:00:00Z");
const Instant ten = nine + Duration::hours(1);

TableSpec opened() {
  TableSpec rows(table());
  rows.after(
      account::SessionOpened{
          phone, asha, Personal<std::string>{"k.app"}, nine, nine + Duration::hours(24)},
      Meta{});
  return rows;
}

std::string row(std::string_view status, int n, std::string_view refreshed = "09") {
  return R"({"id":"01000000-0000-0000-0000-000000000000",)"
         R"("account":"a5000000-0000-0000-0000-000000000000","client":"k.app","status":")" +
         std::string(status) + R"(","n":)" + std::to_string(n) +
         R"(,"opened_at":"2026-11-21T09:00:00Z","refreshed_at":"2026-11-21T)" +
         std::string(refreshed) + R"(:00:00Z","expires_at":"2026-11-22T09:00:00Z"})";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sessions_tests)

BOOST_AUTO_TEST_CASE(a_session_knows_its_good_token_AU2) {
  BOOST_TEST(opened().only() == row("live", 0));
  BOOST_TEST(opened().after(account::SessionRefreshed{phone, 1, ten}, Meta{}).only() ==
             row("live", 1, "10"));
}

BOOST_AUTO_TEST_CASE(an_ended_one_stays_and_says_how_AU3) {
  BOOST_TEST(
      opened().after(account::SessionRevoked{phone, account::RevokedWhy::reuse}, Meta{}).only() ==
      row("revoked", 0));
  BOOST_TEST(opened().after(account::SessionClosed{phone}, Meta{}).only() == row("closed", 0));
  BOOST_TEST(opened().after(account::SessionExpired{phone}, Meta{}).only() == row("expired", 0));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::sessions
