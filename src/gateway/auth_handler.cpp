// What these routes send are commands like any other; only tokens never come from the log.
#include "gateway/auth_handler.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "base/index_key.h"
#include "base/json_cursor.h"
#include "base/json_write.h"
#include "base/utf8.h"
#include "gateway/auth_body.h"
#include "gateway/command_answer.h"
#include "gateway/command_handler.h"
#include "gateway/command_request.h"
#include "gateway/identifier.h"
#include "gateway/row_json.h"

namespace wf::gateway {
namespace {

constexpr std::size_t client_bytes_max = 200;

std::string in_quotes(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string key_of(const Uuid& id) {
  std::string key;
  append_index_key(key, id);
  return key;
}

Response wrong_credentials() {
  return problem(401, "invalid_credentials", "the identifier or the password is wrong");
}

Response suspended() { return problem(403, "suspended", "the account is suspended"); }

Response forgotten() { return problem(410, "forgotten", "the person asked to be forgotten"); }

bool has_event(const Outcome& outcome, std::string_view name) {
  return std::ranges::count(outcome.events, name) != 0;
}

bool decided(const Outcome& outcome) { return outcome.fate == Outcome::Fate::decided; }

// By the account itself; the engine's own reasons, such as a wrong clock, say nothing of it.
bool refused_by_account(const Outcome& outcome) {
  if (!decided(outcome) || outcome.kind != Kind::rejected) return false;
  const std::string reason = reason_of(outcome.payload);
  return reason == "suspended" || reason == "not_found";
}

}  // namespace

// What of a login outlives its request.
struct AuthHandler::Login {
  Exchange exchange;
  Secret password;
  std::string hash;
  std::string row;  // of `logins`; empty: there is none
  std::string client;
};

AuthHandler::AuthHandler(Backend& backend,
                         std::size_t io,
                         const Authenticator& authenticator,
                         CommandSender& sender,
                         Later later)
    : backend_(backend),
      io_(io),
      services_(backend.services),
      authenticator_(authenticator),
      sender_(sender),
      later_(std::move(later)) {
  auto hash = hash_password(Secret::random(16), backend.password_cost);
  WF_CHECK(hash.has_value());
  dummy_hash_ = std::move(*hash);
}

Answer AuthHandler::handle(const Call& call) {
  switch (call.match.route->page) {
    case Page::register_:
      return register_(call);
    case Page::login:
      return log_in(call);
    case Page::refresh:
      return refresh(call);
    case Page::logout:
      return log_out(call);
    case Page::jwks:
    case Page::command:
    case Page::health:
    case Page::ready:
    case Page::metrics:
    case Page::open_api:
    case Page::docs:
      break;
  }
  return not_found();
}

const TableView* AuthHandler::table(std::string_view name) const {
  const auto found = services_.tables.find(name);
  return found == services_.tables.end() ? nullptr : found->second;
}

Uuid AuthHandler::login_stream(std::string_view identifier) const {
  return Uuid::v8(services_.secrets.pepper.mac(identifier).view());
}

bool AuthHandler::is_taken(const Uuid& login, const Uuid& account) const {
  const TableView* const logins = table("logins");
  if (logins == nullptr) return false;
  const auto row = logins->get(key_of(login));
  return row && !row->json.empty() && member(row->json, "account") != account.text();
}

std::uint32_t AuthHandler::roles_of(std::string_view row_json) const {
  std::uint32_t roles = 0;
  const auto names = member(row_json, "roles");
  if (!names) return 0;
  JsonCursor cursor(*names);
  cursor.begin_array();
  while (cursor.next_element()) roles |= authenticator_.role_bit(cursor.string_view());
  return roles;
}

Draft AuthHandler::draft(std::string_view type,
                         std::string_view body,
                         const Uuid& stream,
                         Instant now) const {
  auto document = parse_json(body);
  WF_CHECK(document.has_value());  // written here
  Command command;
  command.type = services_.catalogue.command(type);
  WF_CHECK(command.type != nullptr);
  command.id = Uuid::random();
  command.stream = stream;
  command.at = now;
  command.expires = now + Duration::millis(services_.process.gateway.command_ttl_ms);
  command.principal = guest;
  command.roles = authenticator_.role_bit("guest");
  command.body = CommandHandler::fingerprint(services_.secrets, *command.type, document->root());
  const Instant until = now + Duration::millis(services_.process.gateway.wait_ms);
  return {std::move(command), std::move(*document), until, {}};
}

Answer AuthHandler::send(Draft draft,
                         const Exchange& exchange,
                         std::function<Response(const Outcome&)> done) {
  draft.command.correlation = exchange.correlation;
  draft.on_outcome = [this, exchange, done](const Outcome& outcome) {
    later_(exchange, done(outcome));
  };
  const auto failed = sender_.send(std::move(draft));
  if (!failed) return Pending{};
  Outcome outcome;
  outcome.fate = *failed;
  return done(outcome);
}

Answer AuthHandler::register_(const Call& call) {
  auto headers = command_headers(call.request, call.caller, 0, services_.process.gateway, call.now);
  if (auto* const refused = std::get_if<Response>(&headers)) return std::move(*refused);
  auto body = registration_body(call.request, services_.platform);
  if (auto* const refused = std::get_if<Response>(&body)) return std::move(*refused);
  const Json root = std::get<JsonDocument>(body).root();
  const std::string identifier = *normal_identifier(root.find("identifier")->as_string());
  const Uuid stream = login_stream(identifier);
  const std::string& key = std::get<CommandHeaders>(headers).key;
  const Uuid id = key.empty() ? Uuid::random() : CommandHandler::command_id(guest, key, stream);
  const Uuid account = Uuid::v5(id, "account");
  // Before a key is made that would be nobody's. One that is, as the row is not folded yet, stays:
  // to forget it leaves two records for ever instead of one.
  if (is_taken(stream, account)) {
    return refusal_of(*services_.catalogue.command("login.Register"), "taken");
  }
  std::string roles;
  append_json(roles, *root.find("roles"));
  Draft made =
      draft("login.Register",
            fmt::format(R"({{"account":"{}","identifier":{},"password":{},"roles":{},"name":{}}})",
                        account.text(),
                        in_quotes(identifier),
                        in_quotes(root.find("password")->as_string()),
                        roles,
                        in_quotes(root.find("name")->as_string())),
            stream,
            call.now);
  made.command.id = id;
  const AnswerPlan plan{made.command.type, account, id, "", call.position, call.match.prefix};
  return send(std::move(made), call.exchange, [this, plan, stream](const Outcome& outcome) {
    if (decided(outcome)) backend_.registered.add(stream, outcome.position);
    Response response = answer_of(plan, outcome, services_.log.id(), earlier_events(services_));
    if (response.status != 200) return response;
    response.status = 201;
    response.add("Location", fmt::format("{}/accounts/{}", plan.prefix, plan.id.text()));
    return response;
  });
}

Answer AuthHandler::log_in(const Call& call) {
  auto body = login_body(call.request);
  if (auto* const refused = std::get_if<Response>(&body)) return std::move(*refused);
  const Json root = std::get<JsonDocument>(body).root();
  const TableView* const logins = table("logins");
  if (logins == nullptr) return retry_later("not_here", "this node knows no logins");
  if (!has_reached(*logins, call.position)) return NotYet{logins, call.position};
  auto login = std::make_shared<Login>();
  login->exchange = call.exchange;
  login->password = Secret(root.find("password")->as_string());
  const auto identifier = normal_identifier(root.find("identifier")->as_string());
  if (identifier) {
    const Uuid stream = login_stream(*identifier);
    if (const auto end = backend_.registered.find(stream)) {
      if (!has_reached(*logins, {*end})) return NotYet{logins, {*end}};
      backend_.registered.remove(stream);
    }
    const TableState state = logins->state();  // before the row, as for QueryHandler::absent()
    auto row = logins->get(key_of(stream));
    if (!row) return retry_later("unavailable", "logins cannot be read now");
    if (state.failing_since || (!row->found() && (row->quarantined_since || !state.live))) {
      return retry_later("not_yet", "logins are not ready");  // an old password is not let in
    }
    login->row = std::move(row->json);
  }
  login->hash = login->row.empty() ? dummy_hash_ : member(login->row, "hash").value_or("");
  if (const auto client = call.request.headers.get("User-Agent")) {
    if (client->size() <= client_bytes_max && valid_utf8(*client)) login->client = *client;
  }
  const bool queued = backend_.login_pool.submit([this, login] {
    const bool good = password_matches(login->password, login->hash);
    backend_.posts[io_]([this, login, good] { verified(login, good && !login->row.empty()); });
  });
  if (!queued) return retry_later("overloaded", "too many are logging in");
  return Pending{};
}

void AuthHandler::verified(std::shared_ptr<Login> login, bool good) {
  if (!good) return later_(login->exchange, wrong_credentials());
  if (member(login->row, "suspended") == "true") {
    return later_(login->exchange, suspended());
  }
  const auto account = Uuid::parse(member(login->row, "account").value_or(""));
  if (!account) return later_(login->exchange, problem(500, "internal", "no account"));
  if (backend_.keys.is_forgotten(*account)) return later_(login->exchange, forgotten());
  const RefreshToken refresh{*account, Uuid::random(), 0};
  std::string body =
      fmt::format(R"({{"account":"{}","session":"{}")", account->text(), refresh.session.text());
  if (!login->client.empty()) body += R"(,"client":)" + in_quotes(login->client);
  const std::uint32_t roles = roles_of(login->row);
  Answer answer = send(draft("account.OpenSession", body + '}', *account, services_.clock()),
                       login->exchange,
                       [this, refresh, roles](const Outcome& outcome) {
                         if (decided(outcome) && has_event(outcome, "account.SessionOpened")) {
                           Response response = tokens_response(refresh, roles, services_.clock());
                           response.add("Wayfold-Position",
                                        encode_position(services_.log.id(), {outcome.position}));
                           return response;
                         }
                         if (refused_by_account(outcome)) return suspended();
                         if (outcome.fate == Outcome::Fate::forgotten) return forgotten();
                         return retry_later("unavailable", "no session was opened; log in again");
                       });
  if (auto* const response = std::get_if<Response>(&answer)) {
    later_(login->exchange, std::move(*response));
  }
}

Response AuthHandler::tokens_response(const RefreshToken& refresh,
                                      std::uint32_t roles,
                                      Instant now) const {
  const Duration life = Duration::minutes(services_.platform.access_token_minutes);
  const Claims claims{{AccountId{refresh.account}, roles, refresh.session}, now, now + life};
  Response response =
      json_response(200,
                    fmt::format(R"({{"account":"{}","access_token":"{}","refresh_token":"{}",)"
                                R"("token_type":"Bearer","expires_in":{}}})",
                                refresh.account.text(),
                                backend_.tokens.sign(claims),
                                write_refresh_token(services_.secrets.refresh, refresh),
                                life.us / 1'000'000));
  response.add("Cache-Control", "no-store");
  return response;
}

Answer AuthHandler::refresh(const Call& call) {
  auto body = refresh_body(call.request);
  if (auto* const refused = std::get_if<Response>(&body)) return std::move(*refused);
  const auto given =
      read_refresh_token(services_.secrets.refresh,
                         std::get<JsonDocument>(body).root().find("refresh_token")->as_string());
  if (!given) return problem(401, "invalid_token", "the refresh token is not good");
  if (backend_.keys.is_forgotten(given->account)) return forgotten();
  const TableView* const accounts = table("accounts");
  if (accounts == nullptr) return retry_later("not_here", "this node knows no accounts");
  const bool failing = accounts->state().failing_since.has_value();
  const auto row = accounts->get(key_of(given->account));
  if (!row || !row->found() || failing) {
    return retry_later("not_yet", "the account is not ready");
  }
  const std::uint32_t roles = roles_of(row->json);
  const RefreshToken next{given->account, given->session, given->n + 1};
  return send(
      draft("account.RefreshSession",
            fmt::format(R"({{"session":"{}","n":{}}})", given->session.text(), given->n),
            given->account,
            call.now),
      call.exchange,
      [this, next, roles](const Outcome& outcome) {
        if (has_event(outcome, "account.SessionRevoked")) {
          backend_.ended_sessions.add(next.session);
          return problem(401, "token_reused", "an old refresh token: the session was ended");
        }
        if (refused_by_account(outcome)) {
          return problem(401, "session_ended", "the session has ended: log in again");
        }
        const bool refused = outcome.kind == Kind::rejected || outcome.kind == Kind::expired;
        if (!decided(outcome) || refused) {
          return retry_later("unavailable", "it is not decided yet: try again within the grace");
        }
        // Refreshed, or the token before within its grace: either way the next one is good
        // now.
        return tokens_response(next, roles, services_.clock());
      });
}

Answer AuthHandler::log_out(const Call& call) {
  if (call.caller.is_guest()) return not_allowed(call.caller);
  if (call.caller.session.nil()) return problem(409, "no_session", "this token has no session");
  Draft made = draft("account.CloseSession",
                     fmt::format(R"({{"session":"{}"}})", call.caller.session.text()),
                     call.caller.account.value,
                     call.now);
  made.command.principal = call.caller.account;
  made.command.roles = call.caller.roles;
  const AnswerPlan plan{made.command.type, call.caller.session, made.command.id, "", call.position};
  return send(std::move(made), call.exchange, [this, plan](const Outcome& outcome) {
    const bool ended = outcome.kind == Kind::event || outcome.kind == Kind::nothing;
    if (decided(outcome) && ended) backend_.ended_sessions.add(plan.id);
    return answer_of(plan, outcome, services_.log.id(), earlier_events(services_));
  });
}

}  // namespace wf::gateway
