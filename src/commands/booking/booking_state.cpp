// How the bookings of one charger stand after each event. Total, and knows no clock.
#include <algorithm>

#include "base/calendar.h"
#include "commands/booking/fit.h"

namespace wf::booking {
namespace {

template <class Key>
auto key_of(const Key& one) {
  return std::tie(one.connector, one.start);
}

void add_timer(State& s, const BookingId& id, Instant due) {
  const auto at = std::ranges::upper_bound(s.timers, due, {}, &Timer::due);
  s.timers.insert(at, Timer{due, id});
}

void remove_timer(State& s, const BookingId& id, Instant due) {
  auto at = std::ranges::lower_bound(s.timers, due, {}, &Timer::due);
  while (at != s.timers.end() && at->booking != id) ++at;
  if (at != s.timers.end()) s.timers.erase(at);
}

// Whoever comes early has the connector from then on.
Instant begin_of(const Live& live) {
  return std::min(live.start, live.checked_in_at.value_or(live.start));
}

void occupy(State& s, const BookingId& id, const Live& live) {
  const Busy slot{live.connector, begin_of(live), live.end, id};
  const auto at = std::ranges::upper_bound(
      s.busy, slot, [](const Busy& a, const Busy& b) { return key_of(a) < key_of(b); });
  s.busy.insert(at, slot);
}

void vacate(State& s, const BookingId& id, const Live& live) {
  const Busy slot{live.connector, begin_of(live), live.end, id};
  auto at = std::ranges::lower_bound(
      s.busy, slot, [](const Busy& a, const Busy& b) { return key_of(a) < key_of(b); });
  while (at != s.busy.end() && at->booking != id) ++at;
  if (at != s.busy.end()) s.busy.erase(at);
}

template <class Made>  // Requested or Reserved
void make(State& s, const Made& e, Phase phase, Instant due) {
  Live live;
  live.phase = phase;
  live.revision = 1;
  live.renter = e.renter;
  live.connector = e.connector;
  live.start = e.start;
  live.end = e.end;
  live.fee_bp = e.fee_bp;
  live.price_per_hour = e.price_per_hour;
  live.cancel_until = e.cancel_until;
  live.asked_end = e.end;
  live.due = due;
  occupy(s, e.booking, live);
  add_timer(s, e.booking, due);
  s.live.insert_or_assign(e.booking, std::move(live));
}

void set_due(State& s, const BookingId& id, Live& live, Instant due) {
  remove_timer(s, id, live.due);
  live.due = due;
  add_timer(s, id, due);
}

// What has passed cannot be made again, as no stream's time goes back: it is remembered only to
// answer late repeats, so the oldest may go before its day is over.
void forget_ended(State& s, Instant at) {
  std::erase_if(s.ended, [at](const Ended& one) { return one.forget_at <= at; });
  const auto passed = [at](const Ended& one) { return one.forget_at - remembered <= at; };
  std::int64_t excess = std::ranges::count_if(s.ended, passed) - passed_max;
  if (excess <= 0) return;
  std::erase_if(s.ended, [&](const Ended& one) { return passed(one) && excess-- > 0; });
}

// An unknown booking is one of a build that forgot less: nothing to do.
State finish(State s, const BookingId& id, How how, Instant at) {
  forget_ended(s, at);
  std::erase_if(s.used, [at](const Busy& one) { return one.end + Interval::begun_max < at; });
  const auto found = s.live.find(id);
  if (found == s.live.end()) return s;
  const Live& live = found->second;
  vacate(s, id, live);
  remove_timer(s, id, live.due);
  if (live.checked_in_at && begin_of(live) < at) {
    s.used.push_back({live.connector, begin_of(live), std::min(at, live.end), id});
  }
  const Instant over = std::max({at, live.end, live.asked_end});
  s.ended.push_back({id, live.renter, how, over + remembered});
  s.live.erase(found);
  return s;
}

template <class Offer>  // charger.Listed or charger.Edited
void take_connectors(State& s, const Offer& connectors) {
  s.connectors.clear();
  for (const auto& one : connectors) s.connectors.push_back(one.number);
}

void take_schedule(State& s, const std::string& time_zone, const std::vector<Window>& schedule) {
  s.time_zone = time_zone;
  s.schedule = schedule;
  s.always_open = always_open(openings_of(schedule));
}

}  // namespace

// ---- the charger, next door ----

State evolve(State s, const charger::Listed& e) {
  s.listed = s.bookable = true;
  s.host = e.host;
  s.instant = e.instant;
  s.min_minutes = e.min_minutes;
  s.max_minutes = e.max_minutes;
  s.price_per_hour = e.price_per_hour;
  s.price_per_kwh = e.price_per_kwh;
  take_connectors(s, e.connectors);
  take_schedule(s, e.time_zone, e.schedule);
  return s;
}

State evolve(State s, const charger::Edited& e) {
  if (e.instant) s.instant = *e.instant;
  if (e.min_minutes) s.min_minutes = *e.min_minutes;
  if (e.max_minutes) s.max_minutes = *e.max_minutes;
  if (e.price_per_hour) s.price_per_hour = *e.price_per_hour;
  if (e.price_per_kwh) s.price_per_kwh = *e.price_per_kwh;
  if (e.connectors) take_connectors(s, *e.connectors);
  return s;
}

State evolve(State s, const charger::ScheduleSet& e) {
  take_schedule(s, e.time_zone, e.schedule);
  return s;
}

State evolve(State s, const charger::Blocked& e) {
  std::erase_if(s.blocks, [&e](const Block& one) { return one.end <= e.at; });
  s.blocks.push_back({e.block, e.start, e.end});
  return s;
}

State evolve(State s, const charger::Unblocked& e) {
  std::erase_if(s.blocks, [&e](const Block& one) { return one.id == e.block; });
  return s;
}

State evolve(State s, const charger::Paused&) {
  s.bookable = false;
  return s;
}

State evolve(State s, const charger::Resumed&) {
  s.bookable = true;
  return s;
}

State evolve(State s, const charger::Retired&) {
  s.bookable = false;
  return s;
}

// ---- its bookings ----

State evolve(State s, const Requested& e) {
  make(s, e, Phase::requested, e.hold_until);
  return s;
}

State evolve(State s, const Reserved& e) {
  make(s, e, Phase::confirmed, e.no_show_at);
  return s;
}

State evolve(State s, const Approved& e) {
  const auto at = s.live.find(e.booking);
  if (at == s.live.end()) return s;
  at->second.phase = Phase::confirmed;
  ++at->second.revision;
  set_due(s, e.booking, at->second, e.no_show_at);
  return s;
}

State evolve(State s, const Changed& e) {
  const auto at = s.live.find(e.booking);
  if (at == s.live.end()) return s;
  Live& live = at->second;
  vacate(s, e.booking, live);
  live.start = e.start;
  live.end = e.end;
  live.cancel_until = e.cancel_until;
  ++live.revision;
  occupy(s, e.booking, live);
  set_due(s, e.booking, live, e.no_show_at);
  return s;
}

State evolve(State s, const CheckedIn& e) {
  const auto at = s.live.find(e.booking);
  if (at == s.live.end()) return s;
  Live& live = at->second;
  vacate(s, e.booking, live);
  live.phase = Phase::checked_in;
  live.checked_in_at = e.at;
  ++live.revision;
  occupy(s, e.booking, live);
  set_due(s, e.booking, live, e.overdue_at);
  return s;
}

State evolve(State s, const Declined& e) {
  return finish(std::move(s), e.booking, How::declined, e.at);
}
State evolve(State s, const Expired& e) {
  return finish(std::move(s), e.booking, How::expired, e.at);
}
State evolve(State s, const Cancelled& e) {
  return finish(std::move(s), e.booking, How::cancelled, e.at);
}
State evolve(State s, const Completed& e) {
  return finish(std::move(s), e.booking, How::completed, e.at);
}
State evolve(State s, const Missed& e) {
  return finish(std::move(s), e.booking, How::missed, e.at);
}
State evolve(State s, const SendRefused&) { return s; }

std::optional<Due> deadline(const State& s) {
  if (s.timers.empty()) return std::nullopt;
  const auto& [due, id] = s.timers.front();
  const auto at = s.live.find(id);
  if (at == s.live.end()) return std::nullopt;
  switch (at->second.phase) {
    case Phase::requested:
      return Due{due, Expire{id}};
    case Phase::confirmed:
      return Due{due, Miss{id}};
    case Phase::checked_in:
      return Due{due, Finish{id}};
  }
  return std::nullopt;
}

}  // namespace wf::booking
