// The one way every request takes: match, limit, authenticate, dispatch, decorate.
#include "gateway/app.h"

#include <absl/hash/hash.h>
#include <fmt/format.h>

#include <functional>
#include <utility>

#include "gateway/command_request.h"
#include "gateway/row_access.h"

namespace wf::gateway {
namespace {

constexpr std::string_view event_stream = "text/event-stream";  // HTML, 9.2

bool is_channel(std::string_view path) {
  return path.starts_with("/ws/") || path.starts_with("/api/ws/");
}

// Whether anybody may ask, so that tokens are not even looked at.
bool needs_nobody(const Route& route) {
  return route.kind == Route::Kind::page && route.page != Page::logout &&
         route.page != Page::command;
}

bool is_probe(const Route& route) {
  return route.kind == Route::Kind::page &&
         (route.page == Page::health || route.page == Page::ready);
}

bool is_auth(const Route& route) {
  return route.kind == Route::Kind::page &&
         (route.page == Page::register_ || route.page == Page::login ||
          route.page == Page::refresh);
}

// Whether its roles keep the caller from the whole route.
bool is_closed_to(const Route& route, const Caller& caller) {
  if (route.kind == Route::Kind::page) return false;
  if (route.kind == Route::Kind::command) return (route.command->roles & caller.roles) == 0;
  return row_access(route.table->info(), caller).none();
}

Response too_many(Duration wait) {
  Response response = problem(429, "rate_limited", "too many requests");
  response.add("Retry-After", fmt::format_int(wait.us / 1'000'000 + 1).c_str());
  return response;
}

Response not_yet() { return retry_later("not_yet", "what it needs has not come so far"); }

Response wrong_method(std::string_view allow) {
  Response response = problem(405, "method_not_allowed", "the path has other methods: see Allow");
  response.add("Allow", allow);
  return response;
}

}  // namespace

App::App(Backend& backend, std::size_t io, Respond respond)
    : backend_(backend),
      io_(io),
      services_(backend.services),
      respond_(std::move(respond)),
      sender_(backend, io),
      authenticator_(services_, backend.tokens, backend.ended_sessions),
      queries_(services_, backend.keys),
      commands_(services_, queries_, sender_, later()),
      auth_(backend, io, authenticator_, sender_, later()),
      channels_(services_, authenticator_, backend.keys, backend.posts[io]),
      cors_(services_.process.http.cors_origins),
      metrics_(*backend.metrics[io]),
      parked_(static_cast<std::size_t>(services_.process.gateway.inflight_max) /
                  backend.posts.size() +
              1),
      importer_role_(authenticator_.role_bit("importer")) {}

Later App::later() {
  return [this](const Exchange& exchange, Response response) {
    respond_(exchange.ticket, finish(exchange, std::move(response)));
  };
}

std::optional<Response> App::handle(const Request& request, Ticket ticket) {
  if (auto preflight = cors_.preflight(request)) {
    add_security(*preflight, request.tls);
    return preflight;
  }
  return run(request, exchange_of(request, ticket));
}

Exchange App::exchange_of(const Request& request, Ticket ticket) const {
  Exchange exchange;
  exchange.ticket = ticket;
  exchange.route = Metrics::unrouted;
  exchange.tls = request.tls;
  exchange.address = absl::HashOf(request.peer);
  exchange.began = services_.clock();
  exchange.origin = cors_.allowed(request);
  if (const auto id = request.headers.get("X-Request-Id")) {
    exchange.correlation = Uuid::parse(*id).value_or(Uuid{});
  }
  return exchange;
}

std::optional<Response> App::run(const Request& request, Exchange exchange) {
  const Match match = backend_.router.match(request.method, request.path);
  if (match.route == nullptr) return finish(exchange, unmatched(request, match));
  exchange.route = match.route->index;
  if (exchange.correlation.nil() && request.method != Method::get) {
    exchange.correlation = Uuid::random();
  }
  Answer answer = dispatch(request, match, exchange);
  if (auto* const response = std::get_if<Response>(&answer)) {
    return finish(exchange, std::move(*response));
  }
  if (std::holds_alternative<Pending>(answer)) return std::nullopt;
  if (park(request, exchange, std::get<NotYet>(std::move(answer)))) return std::nullopt;
  return finish(exchange, not_yet());
}

Answer App::dispatch(const Request& request, const Match& match, const Exchange& exchange) {
  const Route& route = *match.route;
  const Instant now = services_.clock();
  auto who = admit(request, route, exchange, now);
  if (auto* const refused = std::get_if<Response>(&who)) return std::move(*refused);
  auto position = position_of(request);
  if (auto* const refused = std::get_if<Response>(&position)) {
    const Caller& caller = std::get<Caller>(who);
    return is_closed_to(route, caller) ? not_allowed(caller) : std::move(*refused);
  }
  const Call call{.request = request,
                  .match = match,
                  .caller = std::get<Caller>(who),
                  .exchange = exchange,
                  .now = now,
                  .position = std::get<Offsets>(std::move(position))};
  switch (route.kind) {
    case Route::Kind::command:
      return commands_.handle(call);
    case Route::Kind::row:
    case Route::Kind::list:
    case Route::Kind::sub_resource:
      return queries_.handle(call);
    case Route::Kind::page:
      break;
  }
  return page(call);
}

std::variant<Offsets, Response> App::position_of(const Request& request) const {
  const auto header = request.headers.get("Wayfold-Position");
  if (!header) return Offsets{};
  return seen_position("Wayfold-Position", *header, services_.log.id());
}

// An address is counted before a signature is verified for it, a principal afterwards. Importers
// have a limit of their own; only a token that is not known yet counts for their address.
std::variant<Caller, Response> App::admit(const Request& request,
                                          const Route& route,
                                          const Exchange& exchange,
                                          Instant now) {
  if (is_probe(route)) return Caller{guest, 0, {}};  // busy is not dead
  bool counted = exchange.patience.us != 0;          // it was, before it waited
  std::optional<Response> refused;
  const auto by_address = [&] {
    if (!std::exchange(counted, true)) refused = limited_by_address(exchange, route, now);
    return !refused;
  };
  const bool count_principal = !counted;
  std::variant<Caller, Response> who;
  if (!needs_nobody(route)) who = authenticator_.authenticate(request, now, std::ref(by_address));
  const Caller* const caller = std::get_if<Caller>(&who);
  const bool importer = caller != nullptr && (caller->roles & importer_role_) != 0;
  if (!importer && !by_address()) return std::move(*refused);
  if (caller == nullptr || caller->is_guest() || !count_principal) return who;
  if (auto too_often = limited_by_principal(*caller, importer, now)) return std::move(*too_often);
  return who;
}

std::optional<Response> App::limited(std::uint64_t key, const Rate& rate, Instant now) {
  const Duration wait = backend_.limits.take(key, rate, now);
  return wait.us == 0 ? std::nullopt : std::optional(too_many(wait));
}

std::optional<Response> App::limited_by_address(const Exchange& exchange,
                                                const Route& route,
                                                Instant now) {
  const RateConfig& rate = services_.process.rate;
  if (is_auth(route)) {
    const std::int64_t per_minute = rate.auth_per_ip_per_min;
    if (auto refused =
            limited(absl::HashOf('a', exchange.address), {per_minute, per_minute}, now)) {
      return refused;
    }
  }
  return limited(
      absl::HashOf('p', exchange.address), {rate.per_ip_per_s * 60, rate.per_ip_burst}, now);
}

std::optional<Response> App::limited_by_principal(const Caller& caller,
                                                  bool importer,
                                                  Instant now) {
  const RateConfig& rate = services_.process.rate;
  const auto& account = caller.account.value.bytes;
  if (importer) {
    return limited(
        absl::HashOf('i', account), {rate.importer_per_s * 60, rate.importer_per_s}, now);
  }
  return limited(
      absl::HashOf('c', account), {rate.per_principal_per_s * 60, rate.per_principal_burst}, now);
}

// The request is asked again when its table moves, until its patience ends.
bool App::park(const Request& request, Exchange exchange, NotYet wanted) {
  const Instant now = services_.clock();
  if (exchange.patience.us == 0) {
    const GatewayConfig& limits = services_.process.gateway;
    const bool for_the_log = wanted.table == nullptr;  // to be asked, some four times a second
    const auto most =
        Duration::millis(for_the_log ? limits.log_answer_ms_max : limits.read_wait_ms_max);
    exchange.patience = now + std::min(most, preferred_wait(request).value_or(most));
  }
  if (exchange.patience <= now) return false;
  if (!parked_.add({StoredRequest(request), std::move(exchange), std::move(wanted)})) return false;
  parked_count_ = parked_.size();
  return true;
}

void App::retry_parked() {
  const auto answered = backend_.tail.answered();
  const Instant asked = answered ? answered->asked : Instant{};
  for (ParkedRequest& one : parked_.take_due(services_.clock(), asked)) {
    const Request request = one.request.view();
    std::optional<UpgradeAnswer> answer;
    if (one.exchange.channel) {
      answer = open_channel(request, one.exchange);
    } else if (auto response = run(request, one.exchange)) {
      answer = std::move(*response);
    }
    if (answer) respond_(one.exchange.ticket, std::move(*answer));
  }
  parked_count_ = parked_.size();
}

void App::rows_changed(const TableInfo& table, const std::vector<std::string>& keys) {
  channels_.changed(table, keys);
  if (parked_count_ == 0 || retry_posted_.exchange(true)) return;
  backend_.posts[io_]([this] {
    retry_posted_ = false;
    retry_parked();
  });
}

std::optional<UpgradeAnswer> App::upgrade(const Request& request, Ticket ticket) {
  const Instant now = services_.clock();
  const RateConfig& rate = services_.process.rate;
  Exchange exchange = exchange_of(request, ticket);
  exchange.channel = true;
  const auto address = absl::HashOf('p', exchange.address);
  if (auto refused = limited(address, {rate.per_ip_per_s * 60, rate.per_ip_burst}, now)) {
    return finish(exchange, std::move(*refused));
  }
  return open_channel(request, exchange);
}

bool App::wants_events(const Request& request) const {
  return is_channel(request.path) && request.method == Method::get && !request.head &&
         !lists(request.headers, "Upgrade", "websocket") &&
         lists(request.headers, "Accept", event_stream);
}

std::optional<UpgradeAnswer> App::open_channel(const Request& request, const Exchange& exchange) {
  auto opening = channels_.upgrade(request, services_.clock());
  if (auto* const wanted = std::get_if<NotYet>(&opening)) {
    if (park(request, exchange, std::move(*wanted))) return std::nullopt;
    return finish(exchange, not_yet());
  }
  UpgradeAnswer answer = std::get<UpgradeAnswer>(std::move(opening));
  if (auto* const refused = std::get_if<Response>(&answer)) {
    return finish(exchange, std::move(*refused));
  }
  if (wants_events(request)) {
    Response head;
    head.content_type = event_stream;
    head.close = head.endless = true;
    head.headers =
        "Cache-Control: no-store\r\nX-Accel-Buffering: no\r\n";  // no proxy keeps it back
    std::get<Accept>(answer).events = finish(exchange, std::move(head));
  }
  return answer;
}

// The log cannot be read, or what is read of it does not come into the tables.
Instant App::behind_since() const {
  const Instant log = backend_.tail.failing_since();
  const Instant fold = services_.failing_since ? services_.failing_since() : Instant{};
  if (log.us == 0 || fold.us == 0) return std::max(log, fold);
  return std::min(log, fold);
}

void App::tick() {
  const Instant now = services_.clock();
  if (io_ == 0) backend_.submitter.tick(now);
  queries_.refresh();
  queries_.behind_since(behind_since());
  channels_.tick(now);
  if (parked_.size() != 0) retry_parked();
  metrics_.set(gauges());
}

Response App::unmatched(const Request& request, const Match& match) const {
  if (!match.allow.empty()) return wrong_method(match.allow);
  if (is_channel(request.path)) {
    if (request.method != Method::get) return wrong_method("GET");
    Response response = problem(
        426, "upgrade_required", "a channel is a WebSocket, or is accepted as text/event-stream");
    response.add("Upgrade", "websocket");
    return response;
  }
  return problem(404, "no_such_route", "nothing is at this path; /openapi.json lists every one");
}

Response App::finish(const Exchange& exchange, Response response) {
  response = backend_.unwritten.count(exchange.address, std::move(response));
  Cors::decorate(response, exchange.origin.get());
  add_security(response, exchange.tls);
  if (!exchange.correlation.nil()) response.add("X-Request-Id", exchange.correlation.text());
  metrics_.answered(exchange.route, response.status, services_.clock() - exchange.began);
  return response;
}

}  // namespace wf::gateway
