// From a request to a command on its way, and back.
#include "gateway/command_handler.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/index_key.h"
#include "base/json_canonical.h"
#include "gateway/row_json.h"

namespace wf::gateway {

CommandHandler::CommandHandler(const Services& services,
                               QueryHandler& queries,
                               CommandSender& sender,
                               Later later)
    : services_(services), queries_(queries), sender_(sender), later_(std::move(later)) {
  const auto& roles = services.catalogue.roles;
  for (std::size_t i = 0; i < roles.size(); ++i) {
    if (roles[i] == "importer") importer_role_ = 1U << i;
  }
}

Uuid CommandHandler::created_stream(const AccountId& principal,
                                    std::string_view key,
                                    const CommandType& type) {
  return Uuid::v5(principal.value, fmt::format("{} {}\n{}", type.method, type.path, key));
}

Uuid CommandHandler::command_id(const AccountId& principal,
                                std::string_view key,
                                const Uuid& stream) {
  return Uuid::v5(principal.value, fmt::format("{}\n{}", stream.text(), key));
}

Uuid CommandHandler::fingerprint(const Secrets& secrets, const CommandType& type, Json body) {
  std::string text(type.name);
  text.append("\n").append(canonical(body));
  const Sha256 mac = secrets.fingerprint.mac(text);
  Uuid id;
  std::copy_n(mac.bytes.begin(), id.bytes.size(), id.bytes.begin());
  return id;
}

std::variant<Uuid, Answer> CommandHandler::looked_up_stream(const Call& call) const {
  const CommandType& type = *call.match.route->command;
  const TableView* const table = queries_.table(type.stream_table);
  if (table == nullptr) {
    return Answer(retry_later("not_here", "this node does not serve the table"));
  }
  if (!has_reached(*table, call.position)) return Answer(NotYet{table, call.position});
  const TableInfo& info = table->type().info();
  std::string key;
  if (!append_index_text(key, info.columns[info.key[0]], call.match.parameters[0])) {
    return Answer(not_found());
  }
  const bool was_live = table->is_live();
  const auto row = table->get(key);
  if (!row) return Answer(retry_later("unavailable", "the table cannot be read now"));
  if (!row->found()) return Answer(QueryHandler::absent(*table, *row, was_live));
  const auto text = member(row->json, type.stream_field);
  const auto stream = text ? Uuid::parse(*text) : std::nullopt;
  if (!stream) return Answer(problem(500, "internal", "the row names no stream"));
  return *stream;
}

std::variant<Uuid, Answer> CommandHandler::stream_of(const Call& call,
                                                     const CommandHeaders& headers,
                                                     Json body) const {
  const CommandType& type = *call.match.route->command;
  switch (type.stream_from) {
    case StreamFrom::created:
      if (headers.key.empty()) return Uuid::random();
      return created_stream(headers.principal, headers.key, type);
    case StreamFrom::path:
      if (const auto id = Uuid::parse(call.match.parameters[0])) return *id;
      return Answer(not_found());
    case StreamFrom::body:
      return *Uuid::parse(body.find(type.stream_field)->as_string());  // validated: an id
    case StreamFrom::table:
      return looked_up_stream(call);
    case StreamFrom::principal:
      return headers.principal.value;
    case StreamFrom::internal:
      break;
  }
  return Answer(not_found());
}

AnswerPlan CommandHandler::plan_of(const Call& call, const Command& command) const {
  const CommandType& type = *command.type;
  AnswerPlan plan{.type = &type,
                  .id = command.stream,
                  .command = command.id,
                  .location = {},
                  .position = call.position,
                  .prefix = call.match.prefix};
  if (type.stream_from == StreamFrom::table) {
    plan.id = Uuid::parse(call.match.parameters[0]).value_or(command.stream);
  }
  if (type.creates.empty()) return plan;
  if (type.stream_from != StreamFrom::created) plan.id = Uuid::v5(command.id, type.creates);
  const auto served = [&](const TableType* table) { return table->info().path == type.path; };
  if (std::ranges::any_of(services_.catalogue.tables, served)) {
    plan.location = fmt::format("{}{}/{}", plan.prefix, type.path, plan.id.text());
  }
  return plan;
}

Answer CommandHandler::handle(const Call& call) {
  const CommandType& type = *call.match.route->command;
  if ((type.roles & call.caller.roles) == 0) {
    auto refused = call.caller.is_guest()
                       ? std::nullopt
                       : importer_only(call.request, call.caller, importer_role_);
    return refused ? std::move(*refused) : not_allowed(call.caller);
  }
  auto read = command_headers(
      call.request, call.caller, importer_role_, services_.process.gateway, call.now);
  if (auto* const refused = std::get_if<Response>(&read)) return std::move(*refused);
  const CommandHeaders& headers = std::get<CommandHeaders>(read);
  if (type.key_required && headers.key.empty()) {
    return problem(400, "missing_idempotency_key", "an Idempotency-Key header is needed");
  }
  auto body = command_body(call.request, type, call.match);
  if (auto* const refused = std::get_if<Response>(&body)) return std::move(*refused);
  JsonDocument& document = std::get<JsonDocument>(body);
  auto stream = stream_of(call, headers, document.root());
  if (auto* const answer = std::get_if<Answer>(&stream)) return std::move(*answer);

  Command command;
  command.type = &type;
  command.stream = std::get<Uuid>(stream);
  command.id = headers.key.empty() ? Uuid::random()
                                   : command_id(headers.principal, headers.key, command.stream);
  command.at = call.now;
  if (headers.import.nil()) {  // nobody waits there to send it again with another key
    command.expires = call.now + Duration::millis(services_.process.gateway.command_ttl_ms);
  }
  command.occurred_at = headers.occurred_at;
  command.import = headers.import;
  command.body = fingerprint(services_.secrets, type, document.root());
  command.correlation = call.exchange.correlation;
  command.if_match = headers.if_match;
  command.principal = headers.principal;
  command.roles = call.caller.roles;
  AnswerPlan plan = plan_of(call, command);
  const auto failed = sender_.send(
      {std::move(command),
       std::move(document),
       call.exchange.began + headers.wait,
       [this, plan, exchange = call.exchange](const Outcome& outcome) {
         later_(exchange, answer_of(plan, outcome, services_.log.id(), earlier_events(services_)));
       }});
  if (!failed) return Pending{};
  Outcome outcome;
  outcome.fate = *failed;
  return answer_of(plan, outcome, services_.log.id(), earlier_events(services_));
}

}  // namespace wf::gateway
