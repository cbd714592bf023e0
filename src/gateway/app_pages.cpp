// What the gateway says of itself: health, metrics, keys, documentation, commands by id.
#include <algorithm>

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
      return json_response(200, tokens_.jwks());
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
      return docs_.page(call.match.count == 0 ? std::string_view() : call.match.parameters[0]);
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
  const auto id = Uuid::parse(call.match.parameters[0]);
  if (!id) return unknown();
  if (services_.command_outcome) {
    auto known = services_.command_outcome(*id);
    if (!known) return retry_later("unavailable", "outcomes cannot be read now");
    if (*known) {
      const std::uint32_t all =
          authenticator_.role_bit("operator") | authenticator_.role_bit("admin");
      const bool may = (*known)->principal == call.caller.account || (call.caller.roles & all) != 0;
      return may ? Answer(json_response(200, std::move((*known)->json))) : Answer(unknown());
    }
  }
  if (waiting_.contains(*id) || tail_.lag_max() > 0) {
    return retry_later("not_yet", "it is not decided yet, or not known here yet");
  }
  return unknown();
}

bool App::ready() const {
  const bool tables = std::ranges::all_of(services_.tables,
                                          [](const auto& one) { return one.second->state().live; });
  return tables && tail_.caught_up() && !keys_.failed() && !submitter_.down() &&
         (!services_.ready || services_.ready());
}

Response App::ready_page() const {
  if (!ready()) return retry_later("not_ready", "tables, log or keys are not ready");
  return json_response(200, R"({"status":"ready"})");
}

Response App::metrics_page() const {
  Response response;
  response.content_type = "text/plain; version=0.0.4";
  std::string& out = response.body;
  metrics_.write(out);
  const auto gauge = [&](std::string_view name, std::size_t value) {
    write_metric(out, name, "gauge", static_cast<std::int64_t>(value));
  };
  gauge("wayfold_commands_waiting", waiting_.size());
  gauge("wayfold_append_queue_bytes", submitter_.queued_bytes());
  gauge("wayfold_reads_parked", parked_.size());
  gauge("wayfold_logins_queued", login_pool_.queued());
  gauge("wayfold_channels_open", channels_.open());
  gauge("wayfold_tokens_cached", authenticator_.cached());
  gauge("wayfold_log_down", submitter_.down() ? 1 : 0);
  write_metric(
      out, "wayfold_tokens_verified_total", "counter", authenticator_.verifications());
  write_metric(out, "wayfold_decider_lag_max", "gauge", tail_.lag_max());
  write_metric(
      out, "wayfold_outcomes_total", "counter", static_cast<std::int64_t>(tail_.outcomes()));
  for (const auto& [name, table] : services_.tables) {
    const TableState state = table->state();
    out += "wayfold_table_live{table=\"" + name + "\"} " + (state.live ? "1\n" : "0\n");
    out += "wayfold_table_quarantined{table=\"" + name + "\"} " +
           std::to_string(state.quarantined) + '\n';
    for (const SlotOffset& slot : state.positions) {
      out += "wayfold_table_position{table=\"" + name + "\",topic=\"" + slot.topic +
             "\",partition=\"" + std::to_string(slot.partition) + "\"} " +
             std::to_string(slot.offset) + '\n';
    }
  }
  return response;
}

}  // namespace wf::gateway
