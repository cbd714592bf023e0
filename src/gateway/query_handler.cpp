// A row is a get, a look at who may see it, and a write to the socket.
#include "gateway/query_handler.h"

#include <fmt/compile.h>

#include <algorithm>

#include "base/hash.h"
#include "base/index_key.h"
#include "gateway/cursor_seal.h"
#include "gateway/row_json.h"

namespace wf::gateway {
namespace {

constexpr std::string_view version_column = "revision";

Response unavailable() { return retry_later("unavailable", "the table cannot be read now"); }

Response foreign_cursor() { return invalid_parameter("cursor", "it is not of this list"); }

Response not_yet(const TableState& state) {
  if (!state.built_percent) return retry_later("not_yet", "the table is not ready to say so");
  return retry_later(
      "not_yet",
      fmt::format("the table is being built from the log: {} % are read", *state.built_percent));
}

bool has_version(const TableInfo& table) {
  return std::ranges::count(table.columns, version_column, &Column::name) != 0;
}

bool has_personal(const TableInfo& table) {
  return std::ranges::any_of(table.columns,
                             [](const Column& column) { return !column.personal.empty(); });
}

// RFC 9110, 13.1.2: a list of tags, weakly compared, or *.
bool matches(std::string_view if_none_match, std::string_view etag) {
  if (if_none_match == "*") return true;
  while (!if_none_match.empty()) {
    const std::size_t end = std::min(if_none_match.find(','), if_none_match.size());
    std::string_view one = if_none_match.substr(0, end);
    if_none_match.remove_prefix(std::min(end + 1, if_none_match.size()));
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one == etag) return true;
  }
  return false;
}

std::optional<Instant> as_of(const TableState& state) {
  if (state.frozen_since) return state.frozen_since;
  return state.failing_since && state.opened_as_of ? state.opened_as_of : state.failing_since;
}

// Nothing of it was ever whole: a list of what is there would be no answer.
bool is_first_of_all(const TableState& state) {
  if (state.frozen_since) return false;
  return state.built_percent || (state.opened_as_of && state.opened_as_of->us == 0);
}

}  // namespace

bool has_reached(const TableView& table, const Offsets& position) {
  return position.empty() || has_reached(table.state(), position);
}

std::string etag_of(const TableInfo& table, const RowRead& row) {
  std::optional<std::string> version;
  if (has_version(table)) version = member(row.json, version_column);
  return fmt::format(FMT_COMPILE("\"{}-{:016x}\""),
                     version ? *version : std::to_string(row.row_version),
                     row.hash);
}

QueryHandler::QueryHandler(const Services& services, const KeyRing& keys)
    : services_(services), keys_(keys) {
  const GatewayConfig& config = services.process.gateway;
  bounds_ = {config.page_default,
             config.page_max,
             config.scan_rows_max,
             config.page_bytes_max,
             config.radius_m_max};
  refresh();
}

void QueryHandler::refresh() {
  for (const auto& [name, table] : services_.tables) {
    const TableState state = table->state();
    as_of_[table] = {encode_position(services_.log.id(), state.positions), as_of(state)};
  }
}

const TableView* QueryHandler::table(std::string_view name) const {
  const auto found = services_.tables.find(name);
  return found == services_.tables.end() ? nullptr : found->second;
}

Response QueryHandler::absent(const TableView& table, const RowRead& read, bool was_live) {
  if (read.quarantined_since) {
    const std::string since = read.quarantined_since->text();
    Response response =
        retry_later("not_yet", "the row is parked since " + since + ": an event of it failed");
    response.add("Wayfold-Quarantined-Since", since);
    return response;
  }
  if (!was_live) return not_yet(table.state());
  return not_found();
}

QueryHandler::Row QueryHandler::readable_row(const TableView& table,
                                             const RowAccess& access,
                                             const Call& call) {
  const TableInfo& info = table.type().info();
  std::string key;
  for (std::size_t i = 0; i < info.key.size(); ++i) {
    const Column& column = info.columns[info.key[i]];
    if (!append_index_text(key, column, call.match.parameters[i])) return {{}, not_found()};
  }
  const bool was_live = table.is_live();
  auto read = table.get(key);
  if (!read) return {{}, unavailable()};
  if (!read->found()) return {{}, absent(table, *read, was_live)};
  if (!may_read(access, call.caller, read->json)) return {{}, not_found()};
  return {std::move(*read), {}};
}

Answer QueryHandler::handle(const Call& call) {
  const Route& route = *call.match.route;
  const TableView* const view = table(route.table->info().name);
  if (view == nullptr) return retry_later("not_here", "this node does not serve the table");
  const RowAccess access = row_access(route.table->info(), call.caller);
  if (access.none()) return not_allowed(call.caller);
  if (!has_reached(*view, call.position)) return NotYet{view, call.position};
  Answer answer = route.kind == Route::Kind::row    ? row(call, *view, access)
                  : route.kind == Route::Kind::list ? list(call, *view, access)
                                                    : sub_resource(call, *view, access);
  Response* const response = std::get_if<Response>(&answer);
  if (response != nullptr && response->status == 503) add_freshness(*response, *view, call.now);
  return answer;
}

void QueryHandler::add_freshness(Response& response, const TableView& table, Instant now) const {
  const auto as_of = as_of_.find(&table);
  std::optional<Instant> since;
  if (behind_since_.us != 0) since = behind_since_;
  if (as_of != as_of_.end()) {
    response.add("Wayfold-As-Of", as_of->second.position);
    const std::optional<Instant> own = as_of->second.since;
    if (own && (!since || *own < *since)) since = own;
  }
  if (!since) return;
  response.add("Age",
               fmt::format_int(std::max<std::int64_t>(0, (now - *since).us) / 1'000'000).c_str());
}

Answer QueryHandler::row(const Call& call, const TableView& view, const RowAccess& access) {
  const auto parameters = parse_query(call.request.query);
  if (!parameters) return malformed_query();
  if (!parameters->empty()) {
    return invalid_parameter(parameters->front().first, "a row takes no parameters");
  }
  Row found = readable_row(view, access, call);
  if (!found.found()) return std::move(found.refusal);
  const TableInfo& info = view.type().info();
  if (has_personal(info)) {
    if (!open_personal(info, keys_, found.read.json)) {
      return retry_later("key_missing", "a key of this row is not here yet");
    }
    found.read.hash = xxh3_128(found.read.json).low;  // it changes when a person is forgotten
  }
  const std::string etag = etag_of(info, found.read);
  Response response;
  response.add("ETag", etag);
  response.add("Cache-Control", "private, no-cache");
  add_freshness(response, view, call.now);
  const auto if_none_match = call.request.headers.get("If-None-Match");
  if (if_none_match && matches(*if_none_match, etag)) {
    response.status = 304;
    return response;
  }
  response.body = std::move(found.read.json);
  return response;
}

Answer QueryHandler::list(const Call& call, const TableView& view, const RowAccess& access) {
  const TableInfo& info = view.type().info();
  const auto parameters = parse_query(call.request.query);
  if (!parameters) return malformed_query();
  auto asked = list_query(info, *parameters, access, call.caller, bounds_);
  if (auto* const refused = std::get_if<Response>(&asked)) return std::move(*refused);
  if (const TableState state = view.state(); is_first_of_all(state)) return not_yet(state);
  RowQuery& query = std::get<RowQuery>(asked);
  if (!query.cursor.empty()) {
    auto place = open_cursor(services_.secrets.cursors, query.cursor);
    if (!place) return foreign_cursor();
    query.cursor = std::move(*place);
  }
  if (query.computed) {
    query.computed->platform = &services_.platform;
    query.computed->now = call.now;
  }
  auto page = view.page(query);
  if (!page && page.error().code == Code::invalid) return foreign_cursor();
  if (!page) return unavailable();
  if (has_personal(info)) {
    for (std::string& row : page->rows) {
      if (!open_personal(info, keys_, row)) {
        return retry_later("key_missing", "a key of a row is not here yet");
      }
    }
  }
  Response response = page_response(call, info, std::move(*page));
  add_freshness(response, view, call.now);
  return response;
}

Response QueryHandler::page_response(const Call& call, const TableInfo& info, RowPage page) const {
  Response response;
  std::string& body = response.body;
  body = R"({"items":[)";
  for (std::size_t i = 0; i < page.rows.size(); ++i) {
    if (i != 0) body += ',';
    body += page.rows[i];
  }
  body += ']';
  if (!page.cursor.empty()) {
    const std::string cursor = seal_cursor(services_.secrets.cursors, page.cursor);
    body += fmt::format(R"(,"next":"{}")", cursor);
    std::string link = fmt::format("<{}{}?", call.match.prefix, info.path);
    const auto parameters = parse_query(call.request.query);
    for (const auto& [name, value] : *parameters) {
      if (name != "cursor") {
        link += fmt::format("{}={}&", percent_encode(name), percent_encode(value));
      }
    }
    response.add("Link", link + fmt::format("cursor={}>; rel=\"next\"", cursor));
  }
  body += '}';
  response.add("Cache-Control", "private, no-cache");
  return response;
}

Answer QueryHandler::sub_resource(const Call& call,
                                  const TableView& view,
                                  const RowAccess& access) {
  const TableInfo& info = view.type().info();
  const auto parameters = parse_query(call.request.query);
  if (!parameters) return malformed_query();
  auto asked = computed_query(info, call.match.route->sub_path, *parameters);
  if (auto* const refused = std::get_if<Response>(&asked)) return std::move(*refused);
  Query& query = std::get<Query>(asked);
  query.platform = &services_.platform;
  query.now = call.now;
  Row found = readable_row(view, access, call);
  if (!found.found()) return std::move(found.refusal);
  std::string key;
  for (std::size_t i = 0; i < info.key.size(); ++i) {
    append_index_text(key, info.columns[info.key[i]], call.match.parameters[i]);
  }
  auto answer = view.answer(key, query);
  if (!answer) return unavailable();
  if (!*answer) {
    const std::string first = parameters->empty() ? "" : parameters->front().first;
    return invalid_parameter(first, "it names nothing of this row, or is not well-formed");
  }
  Response response = json_response(200, std::move(**answer));
  response.add("Cache-Control", "private, no-cache");
  add_freshness(response, view, call.now);
  return response;
}

}  // namespace wf::gateway
