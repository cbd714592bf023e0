// What clients were told, against the log; and the one rule they pay for.
#include <map>

#include "simulation/checks.h"

namespace wf::simulation {
namespace {

using test::closing;
using test::Outcome;

// How each command was decided first, and which commands each request made.
struct Decisions {
  std::map<Uuid, const Outcome*> first;
  std::map<Uuid, int> by_correlation;

  explicit Decisions(const Reading& reading) {
    for (const Partition& one : reading.partitions) {
      for (const Record& command : one.asked.records) {
        if (command.kind == Kind::command && !command.link) ++by_correlation[command.correlation];
      }
      for (const Outcome& outcome : one.outcomes) {
        if (outcome.front().kind != Kind::send && outcome.front().link) continue;
        if (closing(outcome).kind != Kind::duplicate) {
          first.try_emplace(outcome.front().causation, &outcome);
        }
      }
    }
  }
};

// The answer's own events, as the gateway lists them.
std::string events_of(const Outcome& outcome) {
  std::string events = "[";
  for (const Record& record : outcome) {
    if (record.kind != Kind::event || record.principal == system_account) continue;
    events += fmt::format("{}\"{}\"", events.size() > 1 ? "," : "", record.type);
  }
  return events + "]";
}

// An answer of /commands/{id}.
bool tells(const std::string& json, const Outcome& outcome) {
  const Record& end = closing(outcome);
  std::uint64_t version = 0;
  for (const Record& record : outcome) version = std::max(version, record.version);
  Instant decided;
  for (const Record& record : outcome) decided = std::max(decided, record.at);
  const bool rejected = end.kind == Kind::rejected;
  const std::string as = rejected                    ? "rejected"
                         : end.kind == Kind::expired ? "expired"
                         : end.kind == Kind::nothing ? "nothing"
                                                     : "accepted";
  return field(json, "id") == outcome.front().causation.text() && field(json, "outcome") == as &&
         field(json, "stream") == outcome.front().stream.text() &&
         field(json, "stream_version") == std::to_string(version) &&
         field(json, "at") == decided.text() && field(json, "events") == events_of(outcome) &&
         field(json, "rejected") == (rejected ? end.payload : "");
}

bool agrees(const Answered& answer, const Outcome& outcome) {
  const Record& end = closing(outcome);
  if (end.kind == Kind::rejected) return answer.code == field(end.payload, "reason");
  if (end.kind == Kind::expired) return answer.code == "expired";
  std::uint64_t version = 0;
  for (const Record& record : outcome) version = std::max(version, record.version);
  return answer.status < 300 && answer.stream_version == version &&
         (answer.events.empty() || end.kind == Kind::nothing ||
          answer.events == events_of(outcome));
}

}  // namespace

void acknowledged_is_there(const Facts& facts, Environment& env) {
  const Decisions decisions(facts.reading);
  for (const auto& ask : facts.clients.asks()) {
    const auto made = decisions.by_correlation.find(ask->correlation);
    const bool there = made != decisions.by_correlation.end();
    if (ask->pending && !there) return env.fail("ask {} was 202 and is gone", ask->number);
    if (ask->possible == 0 && there) {
      return env.fail("ask {} is there, and every answer says it is not", ask->number);
    }
    if (!ask->answer) {
      if (ask->dismissed == 0) return env.fail("ask {} is never answered", ask->number);
      continue;
    }
    const auto outcome = decisions.first.find(ask->answer->command);
    if (outcome == decisions.first.end()) {
      return env.fail("ask {} was answered {} and is gone", ask->number, ask->answer->status);
    }
    if (!agrees(*ask->answer, *outcome->second)) {
      return env.fail("ask {} was answered {} {} version {} {}, the log says {} {}",
                      ask->number,
                      ask->answer->status,
                      ask->answer->code,
                      ask->answer->stream_version,
                      ask->answer->events,
                      closing(*outcome->second).type,
                      closing(*outcome->second).payload);
    }
  }
}

void outcomes_are_told(const Facts& facts, Environment& env) {
  const Decisions decisions(facts.reading);
  for (const auto& ask : facts.clients.asks()) {
    if (!ask->can_be_looked_up()) continue;
    const auto decided = decisions.first.find(ask->command);
    if (ask->outcomes.empty() || decided == decisions.first.end()) {
      return env.fail("nobody is told what became of ask {}", ask->number);
    }
    for (const std::string& json : ask->outcomes) {
      if (!tells(json, *decided->second)) {
        return env.fail("what became of ask {} is {}, the log says {} {}",
                        ask->number,
                        json,
                        closing(*decided->second).type,
                        closing(*decided->second).payload);
      }
    }
  }
}

// A connector is held from Requested or Reserved until its booking ends.
void reservations_do_not_overlap(const Facts& facts, Environment& env) {
  struct Held {
    std::string connector;
    std::string start;  // all of one form: they compare as text
    std::string end;
  };
  for (const Partition& one : facts.reading.partitions) {
    std::map<Uuid, std::map<std::string, Held>> held;  // by charger, then booking
    for (const Outcome& outcome : one.outcomes) {
      for (const Record& record : outcome) {
        if (record.kind != Kind::event || !record.type.starts_with("booking.")) continue;
        const std::string_view what = record.type.substr(8);
        auto& bookings = held[record.stream];
        const std::string booking = field(record.payload, "booking");
        const bool takes = what == "Requested" || what == "Reserved" || what == "Changed";
        if (!takes && what != "Approved" && what != "CheckedIn") bookings.erase(booking);
        if (!takes) continue;
        const Held wanted{field(record.payload, "connector"),
                          field(record.payload, "start"),
                          field(record.payload, "end")};
        for (const auto& [other, taken] : bookings) {
          if (other == booking || taken.connector != wanted.connector) continue;
          if (wanted.start < taken.end && taken.start < wanted.end) {
            return env.fail("bookings {} and {} overlap", other, booking);
          }
        }
        bookings[booking] = wanted;
      }
    }
  }
}

}  // namespace wf::simulation
