// For tests: a charger, its people, and bookings of 21 November 2026, a Saturday.
#pragma once
#include <utility>

#include "base/spec.h"
#include "gen/booking.h"
#include "gen/booking_json.h"
#include "gen/charger_json.h"
#include "gen/platform.h"

namespace wf::booking {

inline constexpr AccountId asha{Uuid{{0xa5}}};  // the host
inline constexpr AccountId ravi{Uuid{{0x4a}}};  // the renter
inline constexpr AccountId mira{Uuid{{0x31}}};  // somebody else
inline constexpr AccountId otto{Uuid{{0x07}}};  // an operator
inline constexpr ChargerId garage{Uuid{{0x6a}}};
inline const BookingId made_id{Uuid::v5(spec_command, "booking")};
inline const BookingId other_id{Uuid{{0x99}}};

inline const PlatformConfig platform{.name = "Test", .open_roles = {Role::renter, Role::host}};

// A time of that day, UTC; commands come at nine unless they say otherwise.
inline Instant t(int hour, int minute = 0) {
  return spec_now + Duration::minutes((hour - 9) * 60 + minute);
}

inline Money inr(std::int64_t minor) { return {minor, {'I', 'N', 'R'}}; }

inline std::vector<Window> every_day(std::int64_t from = 0, std::int64_t to = 1440) {
  std::vector<Window> week;
  for (std::int64_t day = 1; day <= 7; ++day) week.push_back({day, from, to});
  return week;
}

inline charger::Listed listed() {
  charger::Listed e;
  e.host = asha;
  e.title = "Garage";
  e.connectors = {{1, ConnectorType::type2, 22'000}, {2, ConnectorType::ccs2, 60'000}};
  e.price_per_hour = inr(12'000);
  e.price_per_kwh = inr(1'850);
  e.instant = true;
  e.time_zone = "Asia/Kolkata";
  e.schedule = every_day();
  return e;
}

inline charger::Listed approving() {
  charger::Listed e = listed();
  e.instant = false;
  return e;
}

// Noon to two on connector 1, made at nine.
inline Reserve reserve() { return {garage, 1, t(12), t(14)}; }

inline Reserved reserved(BookingId id = made_id) {
  return {id,
          garage,
          1,
          asha,
          ravi,
          t(12),
          t(14),
          120,
          inr(24000),
          inr(2400),
          1000,
          inr(12'000),
          inr(1'850),
          t(12),
          t(12, 15)};
}

inline Requested requested() {
  const Reserved r = reserved();
  return {r.booking,
          r.charger,
          r.connector,
          r.host,
          r.renter,
          r.start,
          r.end,
          r.minutes,
          r.amount,
          r.fee,
          r.fee_bp,
          r.price_per_hour,
          r.price_per_kwh,
          r.cancel_until,
          t(10)};
}

inline Approved approved() { return {made_id, asha, 1, t(12), t(14), 120, t(12, 15), ravi}; }
inline CheckedIn checked_in(Instant at = t(12)) { return {made_id, at, t(26), 1, t(12)}; }
inline Cancelled cancelled(Side side = Side::renter, std::int64_t released = 120) {
  return {made_id, asha, 1, t(12), t(14), t(9), side, {}, released, {}, {}, ravi};
}
inline Declined declined() { return {made_id, asha, 1, t(12), t(14), t(9), {}, ravi}; }
inline Expired expired() { return {made_id, asha, 1, t(12), t(14), t(10), ravi}; }
inline Missed missed() { return {made_id, asha, 1, t(12), t(14), t(12, 15), ravi}; }
inline Completed completed(Instant at = t(13), std::int64_t used = 60, bool overdue = false) {
  return {made_id, asha, 1, t(12), t(14), at, used, overdue, at - Duration::minutes(used)};
}

inline Spec given(const std::vector<SpecEvent>& past) {
  return Specs(aggregate(), platform)(past).by(ravi).as(Role::renter);
}

}  // namespace wf::booking
