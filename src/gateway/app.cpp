// The one way every request takes: match, limit, authenticate, dispatch, decorate.
#include "gateway/app.h"

#include <absl/hash/hash.h>
#include <fmt/format.h>

#include <functional>
#include <utility>

namespace wf::gateway {
namespace {

constexpr std::string_view issuer = "wayfold";

SubmitterOptions submitter_options(const GatewayConfig& config) {
  return {.queue_bytes_max = static_cast<std::size_t>(config.append_queue_bytes_max),
          .batch_max = static_cast<std::size_t>(config.batch_max),
          .lag_max = config.decider_lag_max};
}

// Whether anybody may ask, so that tokens are not even looked at.
bool needs_nobody(const Route& route) {
  return route.kind == Route::Kind::page && route.page != Page::logout &&
         route.page != Page::command;
}

bool is_auth(const Route& route) {
  return route.kind == Route::Kind::page &&
         (route.page == Page::register_ || route.page == Page::login ||
          route.page == Page::refresh);
}

Response too_many(Duration wait) {
  Response response = problem(429, "rate_limited", "too many requests");
  response.add("Retry-After", fmt::format_int(wait.us / 1'000'000 + 1).c_str());
  return response;
}

}  // namespace

App::App(Services services, Io io, PasswordCost cost)
    : services_(std::move(services)),
      io_(std::move(io)),
      router_(services_.catalogue),
      tokens_(services_.secrets, services_.catalogue.roles, std::string(issuer)),
      keys_(services_.log, services_.secrets),
      waiting_(static_cast<std::size_t>(services_.process.gateway.inflight_max)),
      tail_(services_.log, services_.catalogue, waiting_, io_.post),
      submitter_(services_.log,
                 services_.catalogue,
                 waiting_,
                 tail_,
                 submitter_options(services_.process.gateway),
                 io_.post),
      login_pool_(static_cast<std::size_t>(services_.process.login.threads),
                  static_cast<std::size_t>(services_.process.login.queue_max)),
      key_pool_(static_cast<std::size_t>(services_.process.login.threads),
                static_cast<std::size_t>(services_.process.login.queue_max)),
      sender_(submitter_, keys_, key_pool_, cost, io_.post),
      authenticator_(services_, tokens_),
      queries_(services_, keys_),
      commands_(services_,
                queries_,
                sender_,
                [this](const Exchange& exchange, Response response) {
                  io_.respond(exchange.ticket, finish(exchange, std::move(response)));
                }),
      auth_(services_,
            tokens_,
            authenticator_,
            sender_,
            login_pool_,
            cost,
            io_.post,
            [this](const Exchange& exchange, Response response) {
              io_.respond(exchange.ticket, finish(exchange, std::move(response)));
            }),
      channels_(services_, authenticator_, keys_, io_.post),
      cors_(services_.process.http.cors_origins),
      docs_(services_.docs_directory),
      metrics_(router_),
      limits_(static_cast<std::size_t>(services_.process.rate.entries_max)),
      parked_(static_cast<std::size_t>(services_.process.gateway.inflight_max)),
      importer_role_(authenticator_.role_bit("importer")) {}

App::~App() { stop(); }

Result<void> App::start() {
  if (auto started = keys_.start(); !started) return started;
  tail_.start();
  submitter_.start();
  return {};
}

void App::stop() {
  login_pool_.stop();
  key_pool_.stop();
  submitter_.stop();
  tail_.stop();
  keys_.stop();
}

std::optional<Response> App::handle(const Request& request, Ticket ticket) {
  if (auto preflight = cors_.preflight(request)) {
    add_security(*preflight, request.tls);
    return preflight;
  }
  Exchange exchange;
  exchange.ticket = ticket;
  exchange.route = Metrics::unrouted;
  exchange.tls = request.tls;
  exchange.began = services_.clock();
  exchange.origin = cors_.allowed(request);
  if (const auto id = request.headers.get("X-Request-Id")) {
    exchange.correlation = Uuid::parse(*id).value_or(Uuid{});
  }
  return run(request, std::move(exchange));
}

std::optional<Response> App::run(const Request& request, Exchange exchange) {
  const Match match = router_.match(request.method, request.path);
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
  return park(request, std::move(exchange), std::get<NotYet>(answer).table);
}

Answer App::dispatch(const Request& request, const Match& match, const Exchange& exchange) {
  const Route& route = *match.route;
  const Instant now = services_.clock();
  const bool counted = exchange.patience.us != 0;  // it was, before it waited
  auto who = admit(request, route, counted, now);
  if (auto* const refused = std::get_if<Response>(&who)) return std::move(*refused);
  auto position = position_of(request);
  if (auto* const refused = std::get_if<Response>(&position)) return std::move(*refused);
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
  auto token = decode_position(*header);
  if (!token) return invalid_parameter("Wayfold-Position", "it is none of ours");
  if (token->log != services_.log.id()) {
    return invalid_parameter("Wayfold-Position", "it is of another log");
  }
  return std::move(token->offsets);
}

// An address is counted before a signature is verified for it, a principal afterwards. Importers
// have a limit of their own; only a token that is not known yet counts for their address.
std::variant<Caller, Response> App::admit(const Request& request,
                                          const Route& route,
                                          bool counted,
                                          Instant now) {
  std::optional<Response> refused;
  const auto by_address = [&] {
    if (!std::exchange(counted, true)) refused = limited_by_address(request, route, now);
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
  const Duration wait = limits_.take(key, rate, now);
  return wait.us == 0 ? std::nullopt : std::optional(too_many(wait));
}

std::optional<Response> App::limited_by_address(const Request& request,
                                                const Route& route,
                                                Instant now) {
  const RateConfig& rate = services_.process.rate;
  const std::string peer(request.peer);
  if (is_auth(route)) {
    const std::int64_t per_minute = rate.auth_per_ip_per_min;
    if (auto refused = limited(absl::HashOf('a', peer), {per_minute, per_minute}, now)) {
      return refused;
    }
  }
  return limited(absl::HashOf('p', peer), {rate.per_ip_per_s * 60, rate.per_ip_burst}, now);
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
  return limited(absl::HashOf('c', account),
                 {rate.per_principal_per_s * 60, rate.per_principal_burst},
                 now);
}

// The request is asked again when its table moves, until its patience ends.
std::optional<Response> App::park(const Request& request,
                                  Exchange exchange,
                                  const TableView* table) {
  const Instant now = services_.clock();
  if (exchange.patience.us == 0) {
    exchange.patience = now + Duration::millis(services_.process.gateway.read_wait_ms_max);
  }
  const auto not_yet = [&] {
    return finish(exchange, retry_later("not_yet", "the table has not come so far"));
  };
  auto position = position_of(request);
  if (exchange.patience <= now) return not_yet();
  if (!parked_.add(
          {StoredRequest(request), exchange, table, std::get<Offsets>(std::move(position))})) {
    return not_yet();
  }
  parked_count_ = parked_.size();
  return std::nullopt;
}

void App::retry_parked() {
  for (ParkedRequest& one : parked_.take_due(services_.clock())) {
    auto response = run(one.request.view(), one.exchange);
    if (response) io_.respond(one.exchange.ticket, std::move(*response));
  }
  parked_count_ = parked_.size();
}

void App::rows_changed(const TableInfo& table, const std::vector<std::string>& keys) {
  channels_.changed(table, keys);
  if (parked_count_ == 0 || retry_posted_.exchange(true)) return;
  io_.post([this] {
    retry_posted_ = false;
    retry_parked();
  });
}

std::variant<Accept, Response> App::upgrade(const Request& request) {
  const Instant now = services_.clock();
  const RateConfig& rate = services_.process.rate;
  const auto address = absl::HashOf('p', std::string(request.peer));
  if (auto refused = limited(address, {rate.per_ip_per_s * 60, rate.per_ip_burst}, now)) {
    return std::move(*refused);
  }
  return channels_.upgrade(request, now);
}

void App::tick() {
  const Instant now = services_.clock();
  submitter_.tick(now);
  queries_.refresh();
  queries_.log_failing_since(tail_.failing_since());
  channels_.tick(now);
  if (parked_.size() != 0) retry_parked();
}

Response App::unmatched(const Request& request, const Match& match) const {
  if (!match.allow.empty()) {
    Response response = problem(405, "method_not_allowed", "the path has other methods: see Allow");
    response.add("Allow", match.allow);
    return response;
  }
  if (request.path.starts_with("/ws/") || request.path.starts_with("/api/ws/")) {
    Response response = problem(426, "upgrade_required", "channels are spoken over WebSocket");
    response.add("Upgrade", "websocket");
    return response;
  }
  return problem(404, "no_such_route", "nothing is at this path; /openapi.json lists every one");
}

Response App::finish(const Exchange& exchange, Response response) {
  Cors::decorate(response, exchange.origin.get());
  add_security(response, exchange.tls);
  if (!exchange.correlation.nil()) response.add("X-Request-Id", exchange.correlation.text());
  metrics_.answered(exchange.route, response.status, services_.clock() - exchange.began);
  return response;
}

}  // namespace wf::gateway
