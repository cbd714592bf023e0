// Everything a client can get wrong before its command is a command.
#include "gateway/command_request.h"

#include <algorithm>
#include <charconv>

#include "base/json.h"
#include "base/json_write.h"

namespace wf::gateway {
namespace {

constexpr std::size_t key_max = 255;
constexpr Duration clocks_differ_max = Duration::seconds(5);  // an importer's and this one's

// Bare, or a string of RFC 9651.
std::optional<std::string> idempotency_key(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    text = text.substr(1, text.size() - 2);
  }
  const bool printable = std::ranges::all_of(
      text, [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; });
  if (text.empty() || text.size() > key_max || !printable) return std::nullopt;
  return std::string(text);
}

// `"VERSION-HASH"` or `"VERSION"`.
std::optional<std::int64_t> etag_version(std::string_view etag) {
  if (etag.size() < 3 || etag.front() != '"' || etag.back() != '"') return std::nullopt;
  etag = etag.substr(1, etag.size() - 2);
  std::int64_t version = 0;
  const auto [rest, error] = std::from_chars(etag.data(), etag.data() + etag.size(), version);
  const bool whole = rest == etag.data() + etag.size() || *rest == '-';
  if (error != std::errc{} || version < 0 || !whole) return std::nullopt;
  return version;
}

std::optional<Response> take_import(const Request& request,
                                    const Caller& caller,
                                    std::uint32_t importer_role,
                                    Instant now,
                                    CommandHeaders& out) {
  const auto as = request.headers.get("Wayfold-As");
  const auto occurred = request.headers.get("Wayfold-Occurred-At");
  const auto import = request.headers.get("Wayfold-Import");
  if (auto refused = importer_only(request, caller, importer_role)) return refused;
  if (as) {
    const auto account = Uuid::parse(*as);
    if (!account || account->nil() || AccountId{*account} == system_account) {
      return invalid_parameter("Wayfold-As", "an account id is needed");
    }
    out.principal = {*account};
  }
  if (occurred) {
    const auto at = Instant::parse(*occurred);
    if (!at || at->us == 0) return invalid_parameter("Wayfold-Occurred-At", "RFC 3339 is needed");
    if (*at > now + clocks_differ_max) {  // it would end all that is due until then, and for good
      return invalid_parameter("Wayfold-Occurred-At", "it lies in the future");
    }
    out.occurred_at = *at;
  }
  if (import) {
    const auto id = Uuid::parse(*import);
    if (!id || id->nil()) return invalid_parameter("Wayfold-Import", "a UUID is needed");
    out.import = *id;
  }
  return std::nullopt;
}

bool is_json(std::string_view content_type) {
  content_type = content_type.substr(0, std::min(content_type.find(';'), content_type.size()));
  while (content_type.ends_with(' ')) content_type.remove_suffix(1);
  return equal_ignoring_case(content_type, "application/json") || content_type.ends_with("+json");
}

Response malformed(std::string_view detail) { return problem(400, "malformed_json", detail); }

std::optional<Response> check(const CommandType& type, Json root) {
  std::vector<Fault> faults;
  type.validate(root, faults);
  if (faults.empty()) {
    if (auto twice = duplicate_key(root)) {
      faults.push_back({std::move(*twice), "duplicate_field", "the name stands there twice"});
    }
  }
  if (faults.empty()) return std::nullopt;
  return invalid(faults);
}

// The client's object with one member more, in front.
std::string filled(std::string_view body, bool empty, std::string_view name, std::string_view id) {
  std::string text = "{";
  append_json_string(text, name);
  text += ':';
  append_json_string(text, id);
  if (!empty) text += ',';
  return text.append(body.substr(body.find('{') + 1));
}

}  // namespace

std::optional<Response> importer_only(const Request& request,
                                      const Caller& caller,
                                      std::uint32_t importer_role) {
  if ((caller.roles & importer_role) != 0) return std::nullopt;
  for (const char* name : {"Wayfold-As", "Wayfold-Occurred-At", "Wayfold-Import"}) {
    if (!request.headers.get(name)) continue;
    return problem(403, "importer_only", "only an importer acts for others or in the past");
  }
  return std::nullopt;
}

std::variant<CommandHeaders, Response> command_headers(const Request& request,
                                                       const Caller& caller,
                                                       std::uint32_t importer_role,
                                                       const GatewayConfig& config,
                                                       Instant now) {
  CommandHeaders out;
  out.principal = caller.account;
  if (const auto key = request.headers.get("Idempotency-Key")) {
    auto text = idempotency_key(*key);
    if (!text)
      return invalid_parameter("Idempotency-Key",
                               "1 to 255 characters of ASCII without quotes and backslashes");
    out.key = std::move(*text);
  }
  const bool async = lists(request.headers, "Prefer", "respond-async");
  const Duration otherwise = Duration::millis(async ? 0 : config.wait_ms);
  out.wait =
      std::min(preferred_wait(request).value_or(otherwise), Duration::millis(config.wait_ms_max));
  const auto etags = members_of(request.headers, "If-Match");
  if (etags.size() != 1 && request.headers.get("If-Match")) {
    return invalid_parameter("If-Match", "one ETag is needed");
  }
  if (!etags.empty() && etags[0] != "*") {
    const auto version = etag_version(etags[0]);
    if (!version) return problem(412, "version_changed", "no version has that ETag");
    out.if_match = *version;
  }
  if (auto refused = take_import(request, caller, importer_role, now, out)) {
    return std::move(*refused);
  }
  return out;
}

// RFC 7240, 4.1 and 4.3: `wait` says how long until `respond-async` counts. What it does not
// understand is no preference.
std::optional<Duration> preferred_wait(const Request& request) {
  std::string_view prefer = request.headers.get("Prefer").value_or("");
  while (!prefer.empty()) {
    const std::size_t end = std::min(prefer.find(','), prefer.size());
    std::string_view one = prefer.substr(0, end);
    prefer.remove_prefix(std::min(end + 1, prefer.size()));
    while (one.starts_with(' ')) one.remove_prefix(1);
    if (!one.starts_with("wait=")) continue;
    one.remove_prefix(5);
    std::int64_t seconds = 0;
    const auto [rest, error] = std::from_chars(one.data(), one.data() + one.size(), seconds);
    if (error != std::errc{} || seconds < 0 || seconds > 86'400) continue;
    return Duration::seconds(seconds);
  }
  return std::nullopt;
}

// A compressed body is refused, not inflated: what comes out of it has no bound (RFC 9110, 12.5.3).
std::optional<Response> other_than_json(const Request& request) {
  if (request.body.empty()) return std::nullopt;
  const auto coding = request.headers.get("Content-Encoding");
  if (coding && !equal_ignoring_case(*coding, "identity")) {
    Response refused = problem(415, "unsupported_media_type", "a body is sent as it is");
    refused.add("Accept-Encoding", "identity");
    return refused;
  }
  const auto content_type = request.headers.get("Content-Type");
  if (!content_type || is_json(*content_type)) return std::nullopt;
  return problem(415, "unsupported_media_type", "Content-Type: application/json is needed");
}

std::variant<JsonDocument, Response> command_body(const Request& request,
                                                  const CommandType& type,
                                                  const Match& match) {
  if (auto refused = other_than_json(request)) return std::move(*refused);
  const bool nothing = request.body.empty();
  auto document = parse_json(nothing ? "{}" : request.body);
  if (!document) return malformed("the body is not JSON in UTF-8");
  if (auto refused = check(type, document->root())) {
    return nothing ? malformed("a body is needed") : std::move(*refused);
  }
  if (!type.path_field.empty()) {
    const auto id = Uuid::parse(match.parameters[0]);
    if (!id) return not_found();
    document = parse_json(filled(
        nothing ? "{}" : request.body, document->root().size() == 0, type.path_field, id->text()));
    if (!document) return malformed("the body is not JSON in UTF-8");
  }
  return std::move(*document);
}

}  // namespace wf::gateway
