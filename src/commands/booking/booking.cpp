// The bookings of one charger: what may happen to them. Whoever could sell a connector twice
// decides alone.
#include <algorithm>

#include "base/calendar.h"
#include "commands/booking/fit.h"
#include "commands/booking/price.h"
#include "gen/platform.h"

namespace wf::booking {
namespace {

bool is_staff(const Context& ctx) { return ctx.has(Role::operator_) || ctx.has(Role::admin); }

std::int64_t minutes_of(const Interval& interval) { return interval.length().us / 60'000'000; }

const Ended* ended_of(const State& s, const BookingId& id) {
  const auto at = std::ranges::find(s.ended, id, &Ended::id);
  return at == s.ended.end() ? nullptr : &*at;
}

// The sender's bookings that have ended although their time is still to come.
std::ptrdiff_t ended_by(const State& s, const Context& ctx) {
  return std::ranges::count_if(s.ended, [&](const Ended& one) {
    return one.renter == ctx.principal && one.forget_at > ctx.now + remembered;
  });
}

enum class Whose { renters, hosts, both };

// The booking a command is about, live or over; or why its sender may not.
struct Found {
  const Live* live = nullptr;
  const Ended* ended = nullptr;
  std::optional<Reason> no;
};

Found find(const State& s, const BookingId& id, Whose whose, const Context& ctx) {
  Found found;
  if (const auto at = s.live.find(id); at != s.live.end()) found.live = &at->second;
  if (!found.live) found.ended = ended_of(s, id);
  if (!found.live && !found.ended) {
    found.no = Reason::not_found;
    return found;
  }
  const AccountId& renter = found.live ? found.live->renter : found.ended->renter;
  const bool renters = whose != Whose::hosts && ctx.principal == renter;
  const bool hosts = whose != Whose::renters && ctx.principal == s.host;
  if (!renters && !hosts && !is_staff(ctx)) {
    found.no = Reason::not_yours;
  } else if (found.live && ctx.if_match >= 0 && ctx.if_match != found.live->revision) {
    found.no = Reason::version_changed;
  }
  return found;
}

Side side_of(const State& s, const Live& live, const Context& ctx) {
  if (ctx.principal == live.renter) return Side::renter;
  return ctx.principal == s.host ? Side::host : Side::operator_;
}

// The answer about a booking that is over: nothing if it ended just so.
Decision over(const Ended& ended, How how, Reason otherwise = Reason::too_late) {
  if (ended.how == how) return {};
  return otherwise;
}

Instant no_show_at(const Interval& booked, const Context& ctx) {
  const Instant waited =
      std::max(booked.start, ctx.now) + Duration::minutes(ctx.platform.no_show_minutes);
  return std::min(waited, booked.end);
}

Instant cancel_until(const Interval& booked, const Context& ctx) {
  return booked.start - Duration::minutes(ctx.platform.cancel_until_minutes);
}

Money nothing_to_pay(const Context& ctx) {
  Money none;
  std::ranges::copy_n(ctx.platform.currency.begin(), 3, none.currency.begin());
  return none;
}

template <class Made>
Made made(const State& s, const Reserve& c, const BookingId& id, Instant due, const Context& ctx) {
  const Interval wanted{c.start, c.end};
  const Money amount =
      s.price_per_hour ? amount_for(*s.price_per_hour, wanted) : nothing_to_pay(ctx);
  return {id,
          c.charger,
          c.connector,
          s.host,
          ctx.principal,
          c.start,
          c.end,
          minutes_of(wanted),
          amount,
          share_of(amount, ctx.platform.fee_bp),
          ctx.platform.fee_bp,
          s.price_per_hour,
          s.price_per_kwh,
          cancel_until(wanted, ctx),
          due};
}

Decision complete(const State& s, const BookingId& id, const Live& live, Instant at, bool overdue) {
  const Interval used{live.checked_in_at.value_or(at),
                      std::max(at, live.checked_in_at.value_or(at))};
  return Completed{id,
                   s.host,
                   live.connector,
                   live.start,
                   live.end,
                   at,
                   minutes_of(used),
                   overdue,
                   live.checked_in_at};
}

}  // namespace

Decision decide(const State& s, const Reserve& c, const Context& ctx) {
  if (!s.listed) return Reason::not_found;
  const BookingId id{ctx.id("booking")};
  if (s.live.contains(id) || ended_of(s, id)) return {};
  const Interval wanted{c.start, c.end};
  if (const auto no = unfit(s, c.connector, wanted, nullptr, ctx)) return *no;
  if (std::ssize(s.busy) >= ctx.platform.live_bookings_max) return Reason::charger_full;
  if (ended_by(s, ctx) >= ctx.platform.ended_bookings_max) return Reason::too_many_ended;
  if (s.instant) return made<Reserved>(s, c, id, no_show_at(wanted, ctx), ctx);
  // An answer after the start would bind the renter to what is partly gone.
  const Instant last = c.start > ctx.now ? c.start : c.end;
  const Instant answer_by = ctx.now + Duration::minutes(ctx.platform.hold_minutes);
  return made<Requested>(s, c, id, std::min(answer_by, last), ctx);
}

Decision decide(const State& s, const Approve& c, const Context& ctx) {
  const auto [live, ended, no] = find(s, c.booking, Whose::hosts, ctx);
  if (no) return *no;
  if (ended) return Reason::not_pending;
  if (live->phase != Phase::requested) return {};
  const Interval booked{live->start, live->end};
  return Approved{c.booking,
                  s.host,
                  live->connector,
                  live->start,
                  live->end,
                  minutes_of(booked),
                  no_show_at(booked, ctx),
                  live->renter};
}

Decision decide(const State& s, const Decline& c, const Context& ctx) {
  const auto [live, ended, no] = find(s, c.booking, Whose::hosts, ctx);
  if (no) return *no;
  if (ended) return over(*ended, How::declined, Reason::not_pending);
  if (live->phase != Phase::requested) return Reason::not_pending;
  return Declined{
      c.booking, s.host, live->connector, live->start, live->end, ctx.now, c.reason, live->renter};
}

Decision decide(const State& s, const Change& c, const Context& ctx) {
  const auto [live, ended, no] = find(s, c.booking, Whose::renters, ctx);
  if (no) return *no;
  if (ended) return Reason::too_late;
  const Interval wanted{c.start, c.end};
  const Interval old{live->start, live->end};
  if (wanted == old) return {};
  if (live->phase == Phase::requested) return Reason::not_confirmed;
  if (live->phase == Phase::checked_in || ctx.now > live->cancel_until) return Reason::too_late;
  if (const auto unfitting = unfit(s, live->connector, wanted, &c.booking, ctx)) return *unfitting;
  if (!s.instant && !old.contains(wanted)) return Reason::needs_approval;
  const Money amount =
      live->price_per_hour ? amount_for(*live->price_per_hour, wanted) : nothing_to_pay(ctx);
  return Changed{c.booking,
                 s.host,
                 live->connector,
                 c.start,
                 c.end,
                 minutes_of(wanted),
                 amount,
                 share_of(amount, live->fee_bp),
                 cancel_until(wanted, ctx),
                 no_show_at(wanted, ctx),
                 old.start,
                 old.end,
                 minutes_of(old),
                 side_of(s, *live, ctx),
                 live->renter};
}

Decision decide(const State& s, const Cancel& c, const Context& ctx) {
  const auto [live, ended, no] = find(s, c.booking, Whose::both, ctx);
  if (no) return *no;
  if (ended) return over(*ended, How::cancelled);
  const Side side = side_of(s, *live, ctx);
  const bool asked_only = live->phase == Phase::requested;
  const bool late = !asked_only && ctx.now > live->cancel_until;
  // A renter who does not come had better say so: the slot is free before the booking is missed.
  const bool in_time = live->phase != Phase::checked_in && (!late || side == Side::renter);
  if (!in_time && !is_staff(ctx)) return Reason::too_late;
  const std::int64_t released = asked_only ? 0 : minutes_of({live->start, live->end});
  return Cancelled{c.booking,
                   s.host,
                   live->connector,
                   live->start,
                   live->end,
                   ctx.now,
                   side,
                   c.reason,
                   released,
                   live->checked_in_at,
                   late ? std::optional(true) : std::nullopt,
                   live->renter};
}

Decision decide(const State& s, const CheckIn& c, const Context& ctx) {
  const auto [live, ended, no] = find(s, c.booking, Whose::both, ctx);
  if (no) return *no;
  if (ended) return Reason::too_late;
  if (live->phase == Phase::checked_in) return {};
  if (live->phase == Phase::requested) return Reason::not_confirmed;
  const Instant from = live->start - Duration::minutes(ctx.platform.check_in_early_minutes);
  if (ctx.now < from) return Reason::too_early;
  if (ctx.now < live->start) {
    if (is_taken(s, live->connector, {ctx.now, live->start}, &c.booking)) return Reason::too_early;
  }
  return CheckedIn{c.booking,
                   ctx.now,
                   live->end + Duration::hours(ctx.platform.overdue_hours),
                   live->connector,
                   live->start};
}

Decision decide(const State& s, const Complete& c, const Context& ctx) {
  const auto [live, ended, no] = find(s, c.booking, Whose::both, ctx);
  if (no) return *no;
  if (ended) return over(*ended, How::completed);
  if (live->phase != Phase::checked_in) return Reason::not_checked_in;
  return complete(s, c.booking, *live, ctx.now, false);
}

// ---- decided by time: a booking that went on meanwhile is left alone ----

Decision decide(const State& s, const Expire& c, const Context& ctx) {
  const auto at = s.live.find(c.booking);
  if (at == s.live.end() || at->second.phase != Phase::requested) return {};
  const Live& live = at->second;
  return Expired{c.booking, s.host, live.connector, live.start, live.end, ctx.now, live.renter};
}

Decision decide(const State& s, const Miss& c, const Context& ctx) {
  const auto at = s.live.find(c.booking);
  if (at == s.live.end() || at->second.phase != Phase::confirmed) return {};
  const Live& live = at->second;
  return Missed{c.booking, s.host, live.connector, live.start, live.end, ctx.now, live.renter};
}

Decision decide(const State& s, const Finish& c, const Context&) {
  const auto at = s.live.find(c.booking);
  if (at == s.live.end() || at->second.phase != Phase::checked_in) return {};
  return complete(s, c.booking, at->second, at->second.end, true);
}

Decision decide(const State&, const Refused& c, const Context&) {
  return SendRefused{c.command, c.reason};
}

}  // namespace wf::booking
