// Two thousand bookings under way; of three events one is a new booking.
#include "bench/past.h"

#include <fmt/format.h>

#include "gen/booking_json.h"
#include "gen/charger_json.h"

namespace wf {
namespace {

constexpr std::size_t live_min = 2'000;
constexpr std::uint64_t days = 84;
constexpr std::uint64_t hosts = 16;
constexpr std::uint64_t renters = 100'000;
constexpr std::int64_t price_per_hour = 12'000;
constexpr std::int64_t fee_bp = 1'000;

Uuid charger_id(std::uint64_t n) { return Uuid::v5({}, fmt::format("charger {}", n)); }
AccountId host_of(std::uint64_t charger) {
  return {Uuid::v5({}, fmt::format("host {}", charger % hosts))};
}

Money inr(std::int64_t minor) { return {minor, {'I', 'N', 'R'}}; }
Money price(std::int64_t minutes) { return inr(price_per_hour * minutes / 60); }
Money fee(std::int64_t minutes) { return inr(price(minutes).minor * fee_bp / 10'000); }

template <class T>
std::string json(const T& value) {
  std::string out;
  booking::write_json(out, value);
  return out;
}

}  // namespace

Past::Past(Instant now) : versions_(chargers) {
  const std::int64_t day = Duration::hours(24).us;
  first_day_ = {(now.us / day + 2) * day};
}

Step Past::next(Instant at) {
  if (listed_ < chargers) return list();
  if (live_.size() < live_min || chance(36)) return request(at);
  const std::size_t n = random(live_.size());
  Booking& booking = live_[n];
  Step made = step(booking.charger, booking.renter);
  made.cancelled = cancelled(booking, at);
  if (!go_on(made, booking, at)) {
    taken_.erase(booking.slot);
    booking = live_.back();
    live_.pop_back();
  }
  return made;
}

// False: the booking is over.
bool Past::go_on(Step& step, Booking& booking, Instant at) {
  if (!booking.confirmed) {
    if (chance(88)) {
      approve(step, booking);
      return true;
    }
    decline(step, booking, at);
    return false;
  }
  const std::uint64_t what = random(100);
  if (what < 12) {
    change(step, booking);
    return true;
  }
  if (what < 25) {
    cancel(step, booking, at);
  } else {
    complete(step, booking, at);
  }
  return false;
}

Step Past::step(std::uint64_t charger, const AccountId& by) {
  Step made;
  made.stream = charger_id(charger);
  made.version = ++versions_[charger];
  made.command = Uuid::v5(made.stream, fmt::format_int(made.version).c_str());
  made.by = by;
  return made;
}

Step Past::list() {
  const std::uint64_t n = listed_++;
  charger::List wanted;
  wanted.title = fmt::format("Charger {}", n);
  wanted.position = {770'000'000 + static_cast<std::int32_t>(n % 100) * 40'000,
                     284'000'000 + static_cast<std::int32_t>(n / 100) * 40'000};
  wanted.connectors = {{1, ConnectorType::type2, 22'000}};
  wanted.price_per_hour = inr(price_per_hour);
  wanted.time_zone = "Asia/Kolkata";
  for (std::int64_t day = 1; day <= 7; ++day) wanted.schedule.push_back({day, 0, 1'440});
  charger::Listed listed;
  listed.host = host_of(n);
  listed.title = wanted.title;
  listed.position = wanted.position;
  listed.connectors = wanted.connectors;
  listed.price_per_hour = wanted.price_per_hour;
  listed.time_zone = wanted.time_zone;
  listed.schedule = wanted.schedule;
  Step made = step(n, listed.host);
  made.command_type = "charger.List";
  charger::write_json(made.command_payload, wanted);
  made.event_type = "charger.Listed";
  charger::write_json(made.event_payload, listed);
  return made;
}

Step Past::request(Instant at) {
  Booking& booking = live_.emplace_back();
  ++bookings_;
  booking.charger = random(chargers);
  booking.renter = {Uuid::v5({}, fmt::format("renter {}", random(renters)))};
  take_slot(booking);
  Step made = step(booking.charger, booking.renter);
  booking.id = {Uuid::v5(made.command, "booking")};
  request(made, booking);
  made.cancelled = cancelled(booking, at);
  return made;
}

void Past::request(Step& step, const Booking& booking) const {
  step.command_type = "booking.Reserve";
  step.command_payload = json(booking::Reserve{{step.stream}, 1, booking.start, booking.end});
  booking::Requested event;
  event.booking = booking.id;
  event.charger = {step.stream};
  event.connector = 1;
  event.host = host_of(booking.charger);
  event.renter = booking.renter;
  event.start = booking.start;
  event.end = booking.end;
  event.minutes = booking.minutes;
  event.amount = price(booking.minutes);
  event.fee = fee(booking.minutes);
  event.fee_bp = fee_bp;
  event.price_per_hour = inr(price_per_hour);
  event.cancel_until = booking.start - Duration::hours(1);
  event.hold_until = booking.start;
  step.event_type = "booking.Requested";
  step.event_payload = json(event);
}

void Past::approve(Step& step, Booking& booking) const {
  booking.confirmed = true;
  step.by = host_of(booking.charger);
  step.command_type = "booking.Approve";
  step.command_payload = json(booking::Approve{booking.id});
  step.event_type = "booking.Approved";
  step.event_payload = json(booking::Approved{booking.id,
                                              step.by,
                                              1,
                                              booking.start,
                                              booking.end,
                                              booking.minutes,
                                              booking.end,
                                              booking.renter});
}

void Past::decline(Step& step, const Booking& booking, Instant at) const {
  step.by = host_of(booking.charger);
  step.command_type = "booking.Decline";
  step.command_payload = json(booking::Decline{booking.id, "no time"});
  step.event_type = "booking.Declined";
  step.event_payload = json(booking::Declined{
      booking.id, step.by, 1, booking.start, booking.end, at, "no time", booking.renter});
}

void Past::change(Step& step, Booking& booking) {
  const Booking old = booking;
  taken_.erase(old.slot);
  take_slot(booking);
  step.command_type = "booking.Change";
  booking::Change wanted;
  wanted.booking = booking.id;
  wanted.start = booking.start;
  wanted.end = booking.end;
  step.command_payload = json(wanted);
  booking::Changed event;
  event.booking = booking.id;
  event.host = host_of(booking.charger);
  event.connector = 1;
  event.start = booking.start;
  event.end = booking.end;
  event.minutes = booking.minutes;
  event.amount = price(booking.minutes);
  event.fee = fee(booking.minutes);
  event.cancel_until = booking.start - Duration::hours(1);
  event.no_show_at = booking.end;
  event.old_start = old.start;
  event.old_end = old.end;
  event.old_minutes = old.minutes;
  event.side = booking::Side::renter;
  event.renter = booking.renter;
  step.event_type = "booking.Changed";
  step.event_payload = json(event);
}

void Past::cancel(Step& step, const Booking& booking, Instant at) const {
  step.command_type = "booking.Cancel";
  step.command_payload = json(booking::Cancel{booking.id, "plans changed"});
  step.event_type = "booking.Cancelled";
  step.event_payload = cancelled(booking, at);
}

std::string Past::cancelled(const Booking& booking, Instant at) const {
  return json(booking::Cancelled{booking.id,
                                 host_of(booking.charger),
                                 1,
                                 booking.start,
                                 booking.end,
                                 at,
                                 booking::Side::renter,
                                 "plans changed",
                                 booking.confirmed ? booking.minutes : 0,
                                 {},
                                 {},
                                 booking.renter});
}

void Past::complete(Step& step, const Booking& booking, Instant at) {
  step.command_type = "booking.Complete";
  step.command_payload = json(booking::Complete{booking.id});
  booking::Completed event;
  event.booking = booking.id;
  event.host = host_of(booking.charger);
  event.connector = 1;
  event.start = booking.start;
  event.end = booking.end;
  event.at = at;
  event.used_minutes = static_cast<std::int64_t>(random(60));
  step.event_type = "booking.Completed";
  step.event_payload = json(event);
}

// An hour of its charger nobody has, all of it or half.
void Past::take_slot(Booking& booking) {
  std::uint64_t hour = 0;
  do {
    hour = random(days * 24);
    booking.slot = booking.charger * days * 24 + hour;
  } while (!taken_.insert(booking.slot).second);
  booking.minutes = chance(50) ? 30 : 60;
  booking.start = first_day_ + Duration::hours(static_cast<std::int64_t>(hour));
  booking.end = booking.start + Duration::minutes(booking.minutes);
}

}  // namespace wf
