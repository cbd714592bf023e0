// One row per charger, with what answers when it is free.
#include "gen/tables/chargers.h"

#include <algorithm>
#include <charconv>

#include "base/calendar.h"
#include "base/json_write.h"
#include "gen/platform.h"

namespace wf::chargers {
namespace {

Own touched(Own own, const Meta& meta) {
  ++own.revision;
  own.updated_at = meta.at;
  return own;
}

Own with_status(Own own, Status status, const Meta& meta) {
  own.status = status;
  return touched(std::move(own), meta);
}

void take_connectors(Own& own, const std::vector<Connector>& connectors) {
  own.connectors = connectors;
  own.max_power_w = 0;
  for (const Connector& one : connectors) own.max_power_w = std::max(own.max_power_w, one.power_w);
}

Own taken(Own own, std::int64_t connector, Instant start, Instant end) {
  const std::int64_t packed = pack_taken(connector, {start, end});
  own.busy.insert(std::ranges::upper_bound(own.busy, packed), packed);
  return own;
}

Own freed(Own own, std::int64_t connector, Instant start, Instant end) {
  const std::int64_t packed = pack_taken(connector, {start, end});
  const auto at = std::ranges::lower_bound(own.busy, packed);
  if (at != own.busy.end() && *at == packed) own.busy.erase(at);
  return own;
}

// Nothing that is booked from `now` on can meet what ended so long ago. Sorted by start, so only
// the first few are looked at.
Own without_past(Own own, Instant now) {
  const Instant earliest = now - Interval::begun_max;
  const auto past = [earliest](std::int64_t packed) {
    return unpack_taken(packed).interval.end <= earliest;
  };
  const auto old = std::ranges::lower_bound(own.busy, pack_taken(0, {earliest, earliest}));
  own.busy.erase(std::remove_if(own.busy.begin(), old, past), old);
  return own;
}

template <class Ended>
Own freed(Own own, const Ended& e) {
  return freed(std::move(own), e.connector, e.start, e.end);
}

// Frees what a booking that is over still has, but for the time it was used, which an interval
// that began then would meet.
template <class Ended>  // Completed or Cancelled
Own used(Own own, const Ended& e, const Meta& meta) {
  own = freed(std::move(own), e);
  if (!e.checked_in_at) return own;
  const Instant from = std::min(e.start, *e.checked_in_at);
  if (from < e.start) own = freed(std::move(own), e.connector, from, e.start);
  if (own.status == Status::retired) return own;  // nobody books it
  const Instant until = std::min(e.at, e.end);
  if (from < until) own = taken(std::move(own), e.connector, from, until);
  return without_past(std::move(own), meta.at);
}

std::int64_t shortest_minutes(const Own& own) {
  return own.min_minutes.value_or(Interval::shortest_minutes);
}

// What nobody can book: blocks, and bookings of this connector. Sorted by start.
std::vector<Interval> obstacles(const Own& own, std::int64_t connector) {
  std::vector<Interval> found;
  for (const Block& one : own.blocks) found.push_back({one.start, one.end});
  for (const std::int64_t packed : own.busy) {
    const Taken one = unpack_taken(packed);
    if (one.connector == connector) found.push_back(one.interval);
  }
  std::ranges::sort(found);
  return found;
}

bool is_free(const Own& own, std::int64_t connector, const Interval& wanted) {
  return std::ranges::none_of(obstacles(own, connector),
                              [&](const Interval& one) { return one.overlaps(wanted); });
}

void append_free(std::string& out, const Connector& connector, const std::vector<Interval>& free) {
  out += R"({"number":)";
  append_int(out, connector.number);
  out += R"(,"type":")";
  out += name(connector.type);
  out += R"(","power_w":)";
  append_int(out, connector.power_w);
  out += R"(,"free":[)";
  for (const Interval& one : free) {
    if (&one != &free.front()) out += ',';
    out += R"({"start":)";
    append_instant(out, one.start);
    out += R"(,"end":)";
    append_instant(out, one.end);
    out += '}';
  }
  out += "]}";
}

// Nothing is offered before the next whole minute.
Instant first_start(const Query& query) {
  const std::int64_t minutes = (query.now.us + Interval::minute_us - 1) / Interval::minute_us;
  return Instant{minutes * Interval::minute_us};
}

// What is booked starts no later.
Instant last_start(const Query& query) {
  return query.now + Duration::hours(24 * query.platform->booking_window_days);
}

// Of a connector's gaps around a day those that are long enough to be booked, clipped to the day.
std::vector<Interval> offered(const Own& own,
                              std::vector<Interval> gaps,
                              const Interval& day,
                              const Query& query) {
  std::erase_if(gaps, [&](const Interval& gap) {
    return gap.is_shorter(shortest_minutes(own)) || !gap.overlaps(day);
  });
  for (Interval& gap : gaps) gap = {std::max(gap.start, day.start), std::min(gap.end, day.end)};
  std::erase_if(gaps, [&](const Interval& gap) { return gap.start > last_start(query); });
  return gaps;
}

// GET /chargers/{id}/slots?date=: the free time of one day in the charger's zone.
std::optional<std::string> slots(const Own& own, const Query& query) {
  const std::string_view date = query.get("date");
  const std::optional<TimeZone> zone = TimeZone::find(own.time_zone);
  if (!zone) return std::nullopt;
  const std::optional<Interval> day = local_day(*zone, date);
  if (!day) return std::nullopt;
  std::vector<Interval> open;
  if (own.status == Status::listed) {  // what is free may go on over midnight
    const Duration shortest = Duration::minutes(
        std::clamp<std::int64_t>(shortest_minutes(own), 0, Interval::longest_minutes));
    const Interval around{std::max(day->start - shortest, first_start(query)), day->end + shortest};
    open = open_time(*zone, openings_of(own.schedule), around);
  }
  std::string out = R"({"date":)";
  append_json_string(out, date);
  out += R"(,"time_zone":)";
  append_json_string(out, own.time_zone);
  out += R"(,"connectors":[)";
  for (const Connector& one : own.connectors) {
    if (&one != &own.connectors.front()) out += ',';
    std::vector<Interval> gaps = without(open, obstacles(own, one.number));
    append_free(out, one, offered(own, std::move(gaps), *day, query));
  }
  out += "]}";
  return out;
}

// Whether a booking of that interval would be taken, whatever the connector.
bool takes(const Own& own, const Interval& wanted, const Query& query) {
  if (own.status != Status::listed || wanted.start >= wanted.end) return false;
  if (wanted.end <= query.now || wanted.start + Interval::begun_max < query.now) return false;
  if (wanted.start > last_start(query)) return false;
  if (wanted.is_shorter(shortest_minutes(own))) return false;
  if (wanted.is_longer(own.max_minutes.value_or(Interval::longest_minutes))) return false;
  const std::optional<TimeZone> zone = TimeZone::find(own.time_zone);
  return zone && open_throughout(*zone, openings_of(own.schedule), wanted);
}

std::int64_t integer(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

Own fold(Own own, const charger::Listed& e, const Meta& meta) {
  own.host = e.host;
  own.title = e.title;
  own.position = e.position;
  take_connectors(own, e.connectors);
  own.price_per_hour = e.price_per_hour;
  own.price_per_kwh = e.price_per_kwh;
  own.instant = e.instant;
  own.min_minutes = e.min_minutes;
  own.max_minutes = e.max_minutes;
  own.time_zone = e.time_zone;
  own.schedule = e.schedule;
  own.created_at = meta.at;
  return with_status(std::move(own), Status::listed, meta);
}

Own fold(Own own, const charger::Edited& e, const Meta& meta) {
  if (e.title) own.title = *e.title;
  if (e.position) own.position = *e.position;
  if (e.connectors) take_connectors(own, *e.connectors);
  if (e.price_per_hour) own.price_per_hour = *e.price_per_hour;
  if (e.price_per_kwh) own.price_per_kwh = *e.price_per_kwh;
  if (e.instant) own.instant = *e.instant;
  if (e.min_minutes) own.min_minutes = *e.min_minutes;
  if (e.max_minutes) own.max_minutes = *e.max_minutes;
  return touched(std::move(own), meta);
}

Own fold(Own own, const charger::ScheduleSet& e, const Meta& meta) {
  own.time_zone = e.time_zone;
  own.schedule = e.schedule;
  return touched(std::move(own), meta);
}

Own fold(Own own, const charger::Blocked& e, const Meta& meta) {
  std::erase_if(own.blocks, [&e](const Block& one) { return one.end <= e.at; });
  own.blocks.push_back({e.block, e.start, e.end});
  return touched(std::move(own), meta);
}

Own fold(Own own, const charger::Unblocked& e, const Meta& meta) {
  std::erase_if(own.blocks, [&e](const Block& one) { return one.id == e.block; });
  return touched(std::move(own), meta);
}

Own fold(Own own, const charger::Paused&, const Meta& meta) {
  return with_status(std::move(own), Status::paused, meta);
}

Own fold(Own own, const charger::Resumed&, const Meta& meta) {
  return with_status(std::move(own), Status::listed, meta);
}

Own fold(Own own, const charger::Retired&, const Meta& meta) {
  std::erase_if(own.busy, [&meta](std::int64_t packed) {
    return unpack_taken(packed).interval.end <= meta.at;
  });
  return with_status(std::move(own), Status::retired, meta);
}

Own fold(Own own, const booking::Requested& e, const Meta&) {
  return taken(std::move(own), e.connector, e.start, e.end);
}

Own fold(Own own, const booking::Reserved& e, const Meta&) {
  return taken(std::move(own), e.connector, e.start, e.end);
}

Own fold(Own own, const booking::Changed& e, const Meta&) {
  own = freed(std::move(own), e.connector, e.old_start, e.old_end);
  return taken(std::move(own), e.connector, e.start, e.end);
}

// Whoever comes early has the connector from then on. Older records do not say where.
Own fold(Own own, const booking::CheckedIn& e, const Meta&) {
  if (!e.connector || !e.start || *e.start <= e.at) return own;
  return taken(std::move(own), *e.connector, e.at, *e.start);
}

Own fold(Own own, const booking::Declined& e, const Meta&) { return freed(std::move(own), e); }
Own fold(Own own, const booking::Expired& e, const Meta&) { return freed(std::move(own), e); }
Own fold(Own own, const booking::Missed& e, const Meta&) { return freed(std::move(own), e); }

Own fold(Own own, const booking::Cancelled& e, const Meta& meta) {
  return used(std::move(own), e, meta);
}

Own fold(Own own, const booking::Completed& e, const Meta& meta) {
  return used(std::move(own), e, meta);
}

// A retired one is there for those who have booked it still.
std::optional<Row> view(const Key& key, const Own& own) {
  if (own.status == Status::retired && own.busy.empty()) return std::nullopt;
  return Row{key.id,
             own.host,
             own.title,
             own.status,
             own.position,
             own.connectors,
             own.max_power_w,
             own.price_per_hour,
             own.price_per_kwh,
             own.instant,
             own.min_minutes,
             own.max_minutes,
             own.time_zone,
             own.schedule,
             own.blocks,
             own.revision,
             own.created_at,
             own.updated_at};
}

std::optional<std::string> answer(const Row& row, const Own& own, const Query& query) {
  if (query.path == "slots") return slots(own, query);
  const std::string_view type = query.get("connector");
  const std::int64_t power = integer(query.get("min_power_w"));
  const std::optional<Instant> from = Instant::parse(query.get("available_from"));
  const std::optional<Instant> to = Instant::parse(query.get("available_to"));
  const std::optional<Interval> wanted =
      from && to ? std::optional(Interval{*from, *to}) : std::nullopt;
  const auto fits = [&](const Connector& one) {
    return (type.empty() || name(one.type) == type) && one.power_w >= power;
  };
  if (std::ranges::none_of(own.connectors, fits)) return std::nullopt;
  if (wanted) {
    const auto is_free_then = [&](const Connector& one) {
      return fits(one) && is_free(own, one.number, *wanted);
    };
    if (!takes(own, *wanted, query)) return std::nullopt;
    if (std::ranges::none_of(own.connectors, is_free_then)) return std::nullopt;
  }
  std::string out;
  write_json(out, row);
  return out;
}

}  // namespace wf::chargers
