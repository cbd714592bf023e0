// An entry of an inbox.
#include "gen/tables/inbox_entries.h"
#include "base/table_spec.h"
#include "gen/inbox_json.h"

namespace wf::inbox_entries {

BOOST_AUTO_TEST_SUITE(inbox_entries_tests)

BOOST_AUTO_TEST_CASE(an_entry_says_what_happened_when_NO1) {
  const Instant nine = *Instant::parse("2026-11-21T09:00:00Z");
  const inbox::Delivered e{EntryId{Uuid{{0xe0}}},
                    AccountId{Uuid{{0xa5}}},
                    7,
                    inbox::What::requested,
                    BookingId{Uuid{{0xb0}}},
                    ChargerId{Uuid{{0x6a}}},
                    nine + Duration::hours(1),
                    nine + Duration::hours(2)};
  Meta meta;
  meta.at = nine;
  BOOST_TEST(TableSpec(table()).after(e, meta).only() ==
             R"({"id":"e0000000-0000-0000-0000-000000000000",)"
             R"("account":"a5000000-0000-0000-0000-000000000000","number":7,)"
             R"("what":"requested",)"
             R"("booking":"b0000000-0000-0000-0000-000000000000",)"
             R"("charger":"6a000000-0000-0000-0000-000000000000",)"
             R"("start":"2026-11-21T10:00:00Z","end":"2026-11-21T11:00:00Z",)"
             R"("at":"2026-11-21T09:00:00Z"})");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::inbox_entries
