// As schemas/routes.json describes them.
#include "gateway/auth_body.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/shape.h"
#include "gateway/call.h"
#include "gateway/command_request.h"
#include "gateway/identifier.h"

namespace wf::gateway {
namespace {

constexpr Shape identifier{.kind = Shape::Kind::text, .low = 3, .high = 254};
constexpr Shape new_password{.kind = Shape::Kind::text, .low = 8, .high = 200};
constexpr Shape any_password{.kind = Shape::Kind::text, .low = 0, .high = 200};
constexpr Shape person{.kind = Shape::Kind::text, .low = 1, .high = 100};
constexpr Shape role{.kind = Shape::Kind::text, .low = 1, .high = 40};
constexpr Shape roles{.kind = Shape::Kind::array, .low = 1, .high = 4, .item = &role};
constexpr Shape token{.kind = Shape::Kind::text, .low = 1, .high = 512};

constexpr ShapeField registration_fields[] = {{"identifier", &identifier, true},
                                              {"password", &new_password, true},
                                              {"name", &person, true},
                                              {"roles", &roles, true}};
constexpr ShapeField login_fields[] = {{"identifier", &identifier, true},
                                       {"password", &any_password, true}};
constexpr ShapeField refresh_fields[] = {{"refresh_token", &token, true}};

std::variant<JsonDocument, Response> parsed(const Request& request) {
  if (auto refused = other_than_json(request)) return std::move(*refused);
  if (request.body.empty()) return problem(400, "malformed_json", "a body is needed");
  auto document = parse_json(request.body);
  if (!document) return problem(400, "malformed_json", "the body is not JSON in UTF-8");
  return std::move(*document);
}

std::vector<Fault> faults_of(const Json& root, std::span<const ShapeField> fields) {
  std::vector<Fault> faults;
  const Shape shape{.kind = Shape::Kind::object, .fields = fields, .closed = true};
  check_shape(shape, root, faults);
  return faults;
}

std::variant<JsonDocument, Response> read(const Request& request,
                                          std::span<const ShapeField> fields) {
  auto body = parsed(request);
  if (const auto* const document = std::get_if<JsonDocument>(&body)) {
    const std::vector<Fault> faults = faults_of(document->root(), fields);
    if (!faults.empty()) return invalid(faults);
  }
  return body;
}

// What no shape says, of fields that have no fault yet. Faults are bounded, but those of known
// fields come first.
void add_faults(const Json& root, const PlatformConfig& platform, std::vector<Fault>& faults) {
  const auto is_sound = [&faults](std::string_view field) {
    return std::ranges::none_of(
        faults, [field](const Fault& fault) { return fault.pointer.starts_with(field); });
  };
  const auto told = root.find("identifier");
  if (told && is_sound("/identifier") && !normal_identifier(told->as_string())) {
    faults.push_back({"/identifier", "format", "neither an e-mail address nor a phone number"});
  }
  const auto asked = root.find("roles");
  if (!asked || !is_sound("/roles")) return;
  std::size_t index = 0;
  for (const Json one : asked->elements()) {
    const auto open = [&](Role other) { return wf::name(other) == one.as_string(); };
    if (std::ranges::none_of(platform.open_roles, open)) {
      faults.push_back(
          {fmt::format("/roles/{}", index), "role_not_open", "nobody may register with it"});
    }
    ++index;
  }
}

}  // namespace

std::variant<JsonDocument, Response> registration_body(const Request& request,
                                                       const PlatformConfig& platform) {
  auto body = parsed(request);
  if (const auto* const document = std::get_if<JsonDocument>(&body)) {
    const Json root = document->root();
    std::vector<Fault> faults = faults_of(root, registration_fields);
    if (root.is_object()) add_faults(root, platform, faults);
    if (!faults.empty()) return invalid(faults);
  }
  return body;
}

std::variant<JsonDocument, Response> login_body(const Request& request) {
  return read(request, login_fields);
}

std::variant<JsonDocument, Response> refresh_body(const Request& request) {
  return read(request, refresh_fields);
}

}  // namespace wf::gateway
