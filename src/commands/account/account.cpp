// A person or firm that acts, with its live sessions.
#include "gen/account.h"

#include <algorithm>

#include "gen/platform.h"

namespace wf::account {
namespace {

constexpr Duration renewed_max = Duration::minutes(10);  // the grace of a token, by its renewals

// Whatever ends one.
State without(State s, const SessionId& id) {
  s.sessions.erase(id);
  return s;
}

std::vector<Event> revoke_all(const State& s, RevokedWhy why) {
  std::vector<Event> events;
  for (const auto& [id, session] : s.sessions) events.emplace_back(SessionRevoked{id, why});
  return events;
}

using Live = decltype(State::sessions)::value_type;

const Live& oldest(const State& s) {  // all have the same lifetime
  return *std::ranges::min_element(
      s.sessions, {}, [](const Live& one) { return one.second.expires_at; });
}

}  // namespace

// ---- what has happened ----

State evolve(State s, const Opened& e) {
  s.phase = Phase::open;
  s.login = e.login;
  return s;
}

State evolve(State s, const SessionOpened& e) {
  s.sessions[e.session] = {0, e.opened_at, e.opened_at, e.expires_at};
  return s;
}

State evolve(State s, const SessionRefreshed& e) {
  if (const auto at = s.sessions.find(e.session); at != s.sessions.end()) {
    if (at->second.n != e.n) at->second.rotated_at = e.at;
    at->second.n = e.n;
    at->second.refreshed_at = e.at;
  }
  return s;
}

State evolve(State s, const SessionRevoked& e) { return without(std::move(s), e.session); }
State evolve(State s, const SessionClosed& e) { return without(std::move(s), e.session); }
State evolve(State s, const SessionExpired& e) { return without(std::move(s), e.session); }

State evolve(State s, const Suspended&) {
  s.phase = Phase::suspended;
  return s;
}

State evolve(State s, const Reinstated&) {
  s.phase = Phase::open;
  return s;
}

// ---- what may happen ----

Decision decide(const State& s, const Open& c, const Context&) {
  if (s.phase != Phase::none) return {};
  return Opened{c.account, c.login, c.identifier, c.roles, c.name};
}

// A login may be quicker than the policy that opens its account: no phase is asked for.
Decision decide(const State& s, const OpenSession& c, const Context& ctx) {
  if (s.phase == Phase::suspended) return Reason::suspended;
  if (s.sessions.contains(c.session)) return {};
  const Instant expires = ctx.now + Duration::hours(ctx.platform.session_hours);
  const SessionOpened opened{c.session, c.account, c.client, ctx.now, expires};
  if (std::ssize(s.sessions) < ctx.platform.sessions_max) return opened;
  return {SessionRevoked{oldest(s).first, RevokedWhy::too_many}, opened};
}

// A client that lost the answer asks again with the token before the current one: within the grace
// it gets the current one again, and the grace begins anew, for so long that a client that goes on
// trying while nobody decides is not taken for a thief, and no longer, so that a thief cannot keep
// the owner from finding out. Any other use of an old token means that two have it.
Decision decide(const State& s, const RefreshSession& c, const Context& ctx) {
  if (s.phase == Phase::suspended) return Reason::suspended;
  const auto at = s.sessions.find(c.session);
  if (at == s.sessions.end()) return Reason::not_found;
  const Session& session = at->second;
  if (c.n == session.n) return SessionRefreshed{c.session, c.n + 1, ctx.now};
  const Duration grace = Duration::seconds(ctx.platform.refresh_grace_seconds);
  const bool renewable = ctx.now - session.rotated_at <= renewed_max;
  if (c.n == session.n - 1 && renewable && ctx.now - session.refreshed_at <= grace) {
    return SessionRefreshed{c.session, session.n, ctx.now};
  }
  return SessionRevoked{c.session, RevokedWhy::reuse};
}

Decision decide(const State& s, const CloseSession& c, const Context&) {
  if (!s.sessions.contains(c.session)) return {};
  return SessionClosed{c.session};
}

Decision decide(const State& s, const RevokeSessions&, const Context&) {
  return revoke_all(s, RevokedWhy::password);
}

Decision decide(const State& s, const ExpireSession& c, const Context&) {
  if (!s.sessions.contains(c.session)) return {};
  return SessionExpired{c.session};
}

Decision decide(const State& s, const Suspend& c, const Context& ctx) {
  if (s.phase == Phase::none) return Reason::not_found;
  if (s.phase == Phase::suspended) return {};
  std::vector<Event> events = revoke_all(s, RevokedWhy::suspended);
  events.emplace_back(Suspended{s.login, ctx.principal, c.reason});
  return events;
}

Decision decide(const State& s, const Reinstate&, const Context& ctx) {
  if (s.phase == Phase::none) return Reason::not_found;
  if (s.phase == Phase::open) return {};
  return Reinstated{s.login, ctx.principal};
}

std::optional<Due> deadline(const State& s) {
  if (s.sessions.empty()) return std::nullopt;
  const auto& [id, session] = oldest(s);
  return Due{session.expires_at, ExpireSession{id}};
}

}  // namespace wf::account
