// What is left to read.
#include "gen/tables/inbox_counts.h"
#include "base/table_spec.h"
#include "gen/account_json.h"
#include "gen/inbox_json.h"

namespace wf::inbox_counts {
namespace {

inbox::Delivered delivered(std::int64_t number) {
  inbox::Delivered e;
  e.account = AccountId{Uuid{{0xa5}}};
  e.number = number;
  return e;
}

std::string row(int delivered, int read, int unread) {
  return R"({"account":"a5000000-0000-0000-0000-000000000000","delivered":)" +
         std::to_string(delivered) + R"(,"read":)" + std::to_string(read) + R"(,"unread":)" +
         std::to_string(unread) + "}";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(inbox_counts_tests)

BOOST_AUTO_TEST_CASE(a_new_account_has_nothing_to_read_NO1) {
  account::Opened opened;
  opened.account = AccountId{Uuid{{0xa5}}};
  BOOST_TEST(TableSpec(table()).after(opened, Meta{}).only() == row(0, 0, 0));
}

BOOST_AUTO_TEST_CASE(reading_leaves_the_rest_NO1) {
  TableSpec rows(table());
  rows.after(delivered(1), Meta{}).after(delivered(2), Meta{}).after(delivered(3), Meta{});
  BOOST_TEST(rows.only() == row(3, 0, 3));
  rows.after(inbox::Read{AccountId{Uuid{{0xa5}}}, 2}, Meta{});
  BOOST_TEST(rows.only() == row(3, 2, 1));
  rows.after(delivered(4), Meta{});
  BOOST_TEST(rows.only() == row(4, 2, 2));
}

// As no decision makes them: the row is parked.
BOOST_AUTO_TEST_CASE(what_is_left_beyond_64_bits_is_not_shown) {
  TableSpec rows(table());
  BOOST_CHECK_THROW(rows.after(inbox::Read{AccountId{Uuid{{0xa5}}}, INT64_MIN}, Meta{}),
                    std::overflow_error);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::inbox_counts
