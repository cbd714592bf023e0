// Entries are numbered; reading goes up to a number.
#include "gen/inbox.h"
#include "base/spec.h"
#include "gen/inbox_json.h"
#include "gen/platform.h"

namespace wf::inbox {
namespace {

constexpr AccountId asha{Uuid{{0xa5}}};
constexpr BookingId booking_id{Uuid{{0xb0}}};
constexpr ChargerId garage{Uuid{{0x6a}}};
const PlatformConfig platform{.name = "Test", .open_roles = {}};

Deliver deliver() {
  return {asha, What::reserved, booking_id, garage, spec_now, spec_now + Duration::hours(1)};
}

Delivered delivered(std::int64_t number) {
  const EntryId entry{Uuid::v5(spec_command, "entry")};
  return {entry,
          asha,
          number,
          What::reserved,
          booking_id,
          garage,
          spec_now,
          spec_now + Duration::hours(1)};
}

Spec given(const std::vector<SpecEvent>& past) {
  return Specs(aggregate(), platform)(past).by(asha);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(inbox_tests)

BOOST_AUTO_TEST_CASE(entries_are_numbered_NO1) {
  given({}).when(deliver()).then(delivered(1));
  given({delivered(1), delivered(2)}).when(deliver()).then(delivered(3));
}

BOOST_AUTO_TEST_CASE(reading_goes_up_to_a_number_NO1) {
  given({delivered(1), delivered(2)}).when(MarkRead{2}).then(Read{asha, 2});
  given({delivered(1), delivered(2), Read{asha, 2}}).when(MarkRead{1}).then_nothing();
  given({delivered(1), delivered(2), Read{asha, 2}}).when(MarkRead{2}).then_nothing();
  given({delivered(1)}).when(MarkRead{2}).then(Reason::not_found);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::inbox
