// A charger a host offers: its place, plugs, prices and opening hours.
#include "gen/charger.h"

#include <algorithm>

#include "base/calendar.h"
#include "gen/platform.h"

namespace wf::charger {
namespace {

constexpr std::int64_t price_minor_max = 1'000'000'000;  // per hour or kWh: sums stay in range

constexpr std::size_t lifted_max = 1'000;  // blocks taken away and remembered; then the oldest go

bool has(const std::vector<Block>& blocks, const BlockId& id) {
  return std::ranges::find(blocks, id, &Block::id) != blocks.end();
}

State counted(State s) {
  ++s.revision;
  return s;
}

State in_phase(State s, Phase phase) {
  s.phase = phase;
  return counted(std::move(s));
}

// Why the sender may not touch this charger.
std::optional<Reason> refusal(const State& s, const Context& ctx) {
  if (s.phase == Phase::none) return Reason::not_found;
  const bool staff = ctx.has(Role::operator_) || ctx.has(Role::admin);
  if (ctx.principal != s.host && !staff) return Reason::not_yours;
  if (ctx.if_match >= 0 && ctx.if_match != s.revision) return Reason::version_changed;
  return std::nullopt;
}

std::optional<Reason> refusal_unless_retired(const State& s, const Context& ctx) {
  if (const auto no = refusal(s, ctx)) return no;
  if (s.phase == Phase::retired) return Reason::retired;
  return std::nullopt;
}

bool valid_price(const std::optional<Money>& price, const Context& ctx) {
  if (!price) return true;
  return price->code() == ctx.platform.currency && price->minor >= 0 &&
         price->minor <= price_minor_max;
}

bool numbers_differ(const std::vector<Connector>& connectors) {
  std::uint64_t seen = 0;  // numbers are 1 to 63
  for (const Connector& one : connectors) {
    const std::uint64_t bit = std::uint64_t{1} << static_cast<unsigned>(one.number);
    if ((seen & bit) != 0) return false;
    seen |= bit;
  }
  return true;
}

// What List and Edit have in common; limits are those that will hold.
std::optional<Reason> unsound(const std::optional<Money>& price_per_hour,
                              const std::optional<Money>& price_per_kwh,
                              const std::optional<std::int64_t>& min_minutes,
                              const std::optional<std::int64_t>& max_minutes,
                              const Context& ctx) {
  if (!valid_price(price_per_hour, ctx) || !valid_price(price_per_kwh, ctx)) {
    return Reason::invalid_price;
  }
  if (min_minutes && max_minutes && *min_minutes > *max_minutes) return Reason::invalid_limits;
  return std::nullopt;
}

std::optional<Reason> unsound_hours(const std::string& time_zone,
                                    const std::vector<Window>& schedule) {
  if (!TimeZone::find(time_zone)) return Reason::unknown_time_zone;
  if (!well_formed(openings_of(schedule))) return Reason::invalid_schedule;
  return std::nullopt;
}

std::vector<Window> in_order(std::vector<Window> schedule) {
  std::ranges::sort(schedule, [](const Window& a, const Window& b) {
    return std::tie(a.day, a.from) < std::tie(b.day, b.from);
  });
  return schedule;
}

}  // namespace

// ---- what has happened ----

State evolve(State s, const Listed& e) {
  s.host = e.host;
  s.min_minutes = e.min_minutes;
  s.max_minutes = e.max_minutes;
  return in_phase(std::move(s), Phase::listed);
}

State evolve(State s, const Edited& e) {
  if (e.min_minutes) s.min_minutes = *e.min_minutes;
  if (e.max_minutes) s.max_minutes = *e.max_minutes;
  return counted(std::move(s));
}

State evolve(State s, const ScheduleSet&) { return counted(std::move(s)); }

State evolve(State s, const Blocked& e) {
  for (auto* const blocks : {&s.blocks, &s.lifted}) {
    std::erase_if(*blocks, [&e](const Block& one) { return one.end <= e.at; });
  }
  s.blocks.push_back({e.block, e.start, e.end});
  return counted(std::move(s));
}

State evolve(State s, const Unblocked& e) {
  const auto at = std::ranges::find(s.blocks, e.block, &Block::id);
  if (at != s.blocks.end()) {
    s.lifted.push_back(*at);
    s.blocks.erase(at);
    if (s.lifted.size() > lifted_max) s.lifted.erase(s.lifted.begin());
  }
  return counted(std::move(s));
}

State evolve(State s, const Paused&) { return in_phase(std::move(s), Phase::paused); }
State evolve(State s, const Resumed&) { return in_phase(std::move(s), Phase::listed); }
State evolve(State s, const Retired&) { return in_phase(std::move(s), Phase::retired); }

// ---- what may happen ----

Decision decide(const State& s, const List& c, const Context& ctx) {
  if (s.phase != Phase::none) return {};  // the stream's id comes from this very command
  if (!numbers_differ(c.connectors)) return Reason::duplicate_connector;
  if (const auto no =
          unsound(c.price_per_hour, c.price_per_kwh, c.min_minutes, c.max_minutes, ctx)) {
    return *no;
  }
  if (const auto no = unsound_hours(c.time_zone, c.schedule)) return *no;
  return Listed{ctx.principal,
                c.title,
                c.position,
                c.connectors,
                c.price_per_hour,
                c.price_per_kwh,
                c.instant,
                c.min_minutes,
                c.max_minutes,
                c.time_zone,
                in_order(c.schedule)};
}

Decision decide(const State& s, const Edit& c, const Context& ctx) {
  if (const auto no = refusal_unless_retired(s, ctx)) return *no;
  if (c == Edit{}) return {};
  if (c.connectors && !numbers_differ(*c.connectors)) return Reason::duplicate_connector;
  if (const auto no = unsound(c.price_per_hour.value_or(std::nullopt),
                              c.price_per_kwh.value_or(std::nullopt),
                              c.min_minutes.value_or(s.min_minutes),
                              c.max_minutes.value_or(s.max_minutes),
                              ctx)) {
    return *no;
  }
  return Edited{c.title,
                c.position,
                c.connectors,
                c.price_per_hour,
                c.price_per_kwh,
                c.instant,
                c.min_minutes,
                c.max_minutes};
}

Decision decide(const State& s, const SetSchedule& c, const Context& ctx) {
  if (const auto no = refusal_unless_retired(s, ctx)) return *no;
  if (const auto no = unsound_hours(c.time_zone, c.schedule)) return *no;
  return ScheduleSet{c.time_zone, in_order(c.schedule)};
}

Decision decide(const State& s, const AddBlock& c, const Context& ctx) {
  if (const auto no = refusal_unless_retired(s, ctx)) return *no;
  const BlockId id{ctx.id("block")};
  if (has(s.blocks, id) || has(s.lifted, id)) return {};
  if (c.start == c.end) return Reason::empty_interval;
  if (c.end < c.start) return Reason::reversed_interval;
  if (c.end <= ctx.now) return Reason::in_the_past;
  const auto coming =
      std::ranges::count_if(s.blocks, [&ctx](const Block& one) { return one.end > ctx.now; });
  if (coming >= ctx.platform.blocks_max) return Reason::too_many_blocks;
  return Blocked{id, c.start, c.end, ctx.now};
}

Decision decide(const State& s, const RemoveBlock& c, const Context& ctx) {
  if (const auto no = refusal_unless_retired(s, ctx)) return *no;
  if (!has(s.blocks, c.block)) return {};
  return Unblocked{c.block};
}

Decision decide(const State& s, const Pause&, const Context& ctx) {
  if (const auto no = refusal_unless_retired(s, ctx)) return *no;
  if (s.phase == Phase::paused) return {};
  return Paused{};
}

Decision decide(const State& s, const Resume&, const Context& ctx) {
  if (const auto no = refusal_unless_retired(s, ctx)) return *no;
  if (s.phase == Phase::listed) return {};
  return Resumed{};
}

Decision decide(const State& s, const Retire&, const Context& ctx) {
  if (const auto no = refusal(s, ctx)) return *no;
  if (s.phase == Phase::retired) return {};
  return Retired{};
}

}  // namespace wf::charger
