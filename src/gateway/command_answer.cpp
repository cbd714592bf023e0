// One answer per outcome, the same for a retry as for the first.
#include "gateway/command_answer.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json_cursor.h"
#include "base/json_write.h"
#include "gateway/row_json.h"

namespace wf::gateway {
namespace {

// Refusals that are the engine's own, whatever the command.
constexpr Reason engine_reasons[] = {
    {"key_reused", 422, "the Idempotency-Key was used before with another body or path"},
    {"invalid", 422, "the command is not what its schema says"},
    {"too_large", 413, "what would come of the command is too much at once"},
    {"overdue", 503, "too many deadlines came due and go first: send it with another key"},
    {"clock", 500, "the clock of this server is wrong: the command was not decided"},
    {"expired", 504, "it waited too long and never will be decided: send it with another key"},
    {"undecidable", 500, "deciding the command failed again and again: it was given up"},
    {"hops", 500, "the command was passed on too often: it was given up"},
    {"internal", 500, "deciding the command failed; nothing was changed"},
};

Reason reason_named(const CommandType& type, std::string_view name) {
  const std::span<const Reason> both[] = {type.reasons, engine_reasons};
  for (const std::span<const Reason> known : both) {
    const auto found = std::ranges::find(known, name, &Reason::name);
    if (found != known.end()) return *found;
  }
  return {name, 500, "another version of the software refused the command"};
}

struct First {
  std::string kind;
  std::string reason;
  std::uint64_t stream_version = 0;
};

First read_first(std::string_view payload) {
  First first;
  JsonCursor outer(payload);
  outer.begin_object();
  for (std::string_view key; outer.next_key(key);) {
    const bool wanted = key == "first";
    const std::string_view raw = outer.raw();
    if (!wanted) continue;
    JsonCursor inner(raw);
    inner.begin_object();
    for (std::string_view name; inner.next_key(name);) {
      if (name == "kind") {
        inner.string(first.kind);
      } else if (name == "reason") {
        inner.string(first.reason);
      } else if (name == "stream_version") {
        first.stream_version = static_cast<std::uint64_t>(inner.int64());
      } else {
        inner.skip();
      }
    }
  }
  return first;
}

std::string events_json(const std::vector<std::string_view>& events) {
  std::string out = "[";
  for (const std::string_view event : events) {
    if (out.size() > 1) out += ',';
    append_json_string(out, event);
  }
  return out += ']';
}

std::string command_location(const AnswerPlan& plan) {
  return fmt::format("{}/commands/{}", plan.prefix, plan.command.text());
}

Response accepted(const AnswerPlan& plan, std::uint64_t stream_version, std::string_view events) {
  Response response;
  response.status = plan.type->creates.empty() ? 200 : 201;
  response.body.reserve(192);
  response.body += R"({"id":)";
  append_uuid(response.body, plan.id);
  response.body += R"(,"command":)";
  append_uuid(response.body, plan.command);
  response.body += R"(,"stream_version":)";
  append_int(response.body, static_cast<std::int64_t>(stream_version));
  if (!events.empty()) response.body.append(R"(,"events":)").append(events);
  response.body += '}';
  if (response.status == 201 && !plan.location.empty()) response.add("Location", plan.location);
  return response;
}

Response refused(const AnswerPlan& plan, std::string_view name) {
  Response response = refusal_of(*plan.type, name);
  response.body.pop_back();
  response.body.append(R"(,"command":")").append(plan.command.text()).append(R"("})");
  return response;
}

Response expired(const AnswerPlan& plan) { return refused(plan, "expired"); }

Response replayed(const AnswerPlan& plan, const Outcome& outcome, const EarlierEvents& earlier) {
  const First first = read_first(outcome.payload);
  Response response;
  if (first.kind == "rejected") {
    response = refused(plan, first.reason);
  } else if (first.kind == "expired") {
    response = expired(plan);
  } else if (first.kind == "nothing") {
    response = accepted(plan, first.stream_version, "[]");
  } else {
    response = accepted(plan, first.stream_version, earlier(plan.command).value_or(""));
  }
  response.add("Idempotent-Replayed", "true");
  return response;
}

Response undecided(const AnswerPlan& plan, Outcome::Fate fate) {
  Response response;
  if (fate == Outcome::Fate::pending) {
    response = json_response(202,
                             fmt::format(R"({{"id":"{}","command":"{}","status":"pending"}})",
                                         plan.id.text(),
                                         plan.command.text()));
    response.add("Retry-After", "1");
  } else {
    response =
        problem(504, "unknown_fate", "it may have been accepted: ask the Location, or retry");
  }
  response.add("Location", command_location(plan));
  return response;
}

Response decided(const AnswerPlan& plan, const Outcome& outcome, const EarlierEvents& earlier) {
  if (outcome.kind == Kind::rejected) return refused(plan, reason_of(outcome.payload));
  if (outcome.kind == Kind::expired) return expired(plan);
  if (outcome.kind == Kind::duplicate) return replayed(plan, outcome, earlier);
  return accepted(plan, outcome.stream_version, events_json(outcome.events));
}

}  // namespace

Response refusal_of(const CommandType& type, std::string_view reason) {
  const Reason known = reason_named(type, reason);
  return problem(known.status, known.name, known.detail);
}

std::string reason_of(std::string_view payload) {
  std::string reason;
  JsonCursor cursor(payload);
  cursor.begin_object();
  for (std::string_view key; cursor.next_key(key);) {
    if (key == "reason") {
      cursor.string(reason);
    } else {
      cursor.skip();
    }
  }
  return reason;
}

EarlierEvents earlier_events(const Services& services) {
  return [&services](const Uuid& command) -> std::optional<std::string> {
    if (!services.command_outcome) return std::nullopt;
    const auto known = services.command_outcome(command, {});
    if (!known || !*known) return std::nullopt;
    return member((*known)->json, "events");
  };
}

Response answer_of(const AnswerPlan& plan,
                   const Outcome& outcome,
                   const Uuid& log_id,
                   const EarlierEvents& earlier) {
  switch (outcome.fate) {
    case Outcome::Fate::decided: {
      Response response = decided(plan, outcome, earlier);
      Offsets position{outcome.position};
      merge_offsets(position, plan.position);
      response.add("Wayfold-Position", encode_position(log_id, position));
      return response;
    }
    case Outcome::Fate::pending:
    case Outcome::Fate::unknown:
      return undecided(plan, outcome.fate);
    case Outcome::Fate::not_appended:
      return retry_later("unavailable", "the log takes no commands now; nothing was written");
    case Outcome::Fate::overloaded:
      return retry_later("overloaded", "too much is waiting; nothing was written");
    case Outcome::Fate::forgotten:
      return problem(410, "forgotten", "the person asked to be forgotten");
  }
  return problem(500, "internal", "no such fate");
}

}  // namespace wf::gateway
