// What the gateway says of itself: health, keys, documentation, commands by id.
#include "gateway/app.h"

namespace wf::gateway {

Answer App::page(const Call& call) {
  switch (call.match.route->page) {
    case Page::register_:
    case Page::login:
    case Page::refresh:
    case Page::logout:
      return auth_.handle(call);
    case Page::command:
      return command_page(call);
    case Page::jwks:
      return json_response(200, backend_.tokens.jwks());
    case Page::health:
      return json_response(200, R"({"status":"ok"})");
    case Page::ready:
      return ready_page();
    case Page::metrics:
      return metrics_page();
    case Page::open_api: {
      Response response;
      response.owner = std::shared_ptr<const void>(this, [](const void*) {});
      response.shared = services_.catalogue.open_api;
      return response;
    }
    case Page::docs:
      return backend_.docs.page(call.match.count == 0 ? std::string_view()
                                                      : call.match.parameters[0]);
  }
  return not_found();
}

Answer App::command_page(const Call& call) {
  const auto unknown = [] {
    return problem(404,
                   "unknown_command",
                   "no command of yours has this id, or it is older than outcomes are kept; what "
                   "policies send has no outcome here: its events say what came of it");
  };
  const auto not_known_yet = [] {
    return retry_later("not_yet", "it is not decided yet, or not known here yet");
  };
  const auto id = Uuid::parse(call.match.parameters[0]);
  if (!id) return unknown();
  const bool under_way = backend_.waiting.contains(*id, call.now);
  const bool reading = backend_.tail.caught_up() && backend_.tail.failing_since().us == 0;
  const auto answered = backend_.tail.answered();
  if (services_.command_outcome) {
    auto known = services_.command_outcome(*id, answered ? answered->read : Offsets{});
    if (!known && known.error().code != Code::unavailable) {
      return retry_later("unavailable", "outcomes cannot be read now");
    }
    // Not all that was read of the log has come into the table: a moment later it has, mostly.
    if (!known && call.exchange.patience.us == 0) return NotYet{};
    if (!known) return not_known_yet();
    if (*known) {
      const std::uint32_t all =
          authenticator_.role_bit("operator") | authenticator_.role_bit("admin") | importer_role_;
      const bool may = (*known)->principal == call.caller.account || (call.caller.roles & all) != 0;
      return may ? Answer(json_response(200, std::move((*known)->json))) : Answer(unknown());
    }
  }
  if (under_way || !reading || backend_.submitter.is_stuck()) {
    return not_known_yet();
  }
  // Another gateway may have appended it since, or it is among those not decided yet.
  if (!answered || answered->asked <= call.exchange.began) return NotYet{};
  return unknown();
}

Metrics::Gauges App::gauges() const {
  return {
      parked_.size(), channels_.open(), authenticator_.cached(), authenticator_.verifications()};
}

Response App::ready_page() const {
  std::string behind;
  std::string failing;
  for (const auto& [name, table] : services_.tables) {
    const TableState state = table->state();
    if (state.live) continue;
    std::string& names = state.failing_since ? failing : behind;
    names += (names.empty() ? "" : ", ") + name;
  }
  if (backend_.ready()) {
    if (failing.empty()) return json_response(200, R"({"status":"ready"})");
    return json_response(200, R"({"status":"ready","failing_tables":")" + failing + R"("})");
  }
  if (!behind.empty()) behind.insert(0, "; not live: ");
  if (!failing.empty()) failing.insert(0, "; failing: ");
  return retry_later("not_ready", "tables, log or keys are not ready" + behind + failing);
}

}  // namespace wf::gateway
