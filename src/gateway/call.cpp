// Answers that several handlers give.
#include "gateway/call.h"

#include "base/json_write.h"

namespace wf::gateway {

Response not_allowed(const Caller& caller) {
  if (!caller.is_guest()) return problem(403, "forbidden", "your roles do not allow this");
  Response response = problem(401, "unauthenticated", "a bearer token is needed");
  response.add("WWW-Authenticate", "Bearer");
  return response;
}

Response not_found() {
  return problem(404,
                 "not_found",
                 "there is no such thing; what was made a moment ago is there for who sends its "
                 "Wayfold-Position");
}

Response invalid(const std::vector<Fault>& faults) {
  Response response;
  response.status = 422;
  response.content_type = "application/problem+json";
  response.body =
      R"({"type":"about:blank","title":"Unprocessable Content","status":422,"code":"invalid",)"
      R"("detail":"the body is not what its schema says","errors":[)";
  for (const Fault& fault : faults) {
    if (response.body.back() != '[') response.body += ',';
    response.body += R"({"pointer":)";
    append_json_string(response.body, fault.pointer);
    response.body += R"(,"code":)";
    append_json_string(response.body, fault.code);
    response.body += R"(,"detail":)";
    append_json_string(response.body, fault.detail);
    response.body += '}';
  }
  response.body += "]}";
  return response;
}

Response invalid_parameter(std::string_view name, std::string_view detail) {
  Response response = problem(400, "invalid_parameter", detail);
  response.body.pop_back();
  response.body += R"(,"parameter":)";
  append_json_string(response.body, name);
  response.body += '}';
  return response;
}

Response malformed_query() {
  return problem(400,
                 "invalid_parameter",
                 "the query is not percent-encoded UTF-8, or gives a parameter twice, or too many");
}

std::variant<Offsets, Response> seen_position(std::string_view name,
                                              std::string_view token,
                                              const Uuid& log) {
  auto position = decode_position(token);
  if (!position) return invalid_parameter(name, "it is none of ours");
  if (position->log != log) return invalid_parameter(name, "it is of another log");
  return std::move(position->offsets);
}

Response json_response(int status, std::string body) {
  Response response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

}  // namespace wf::gateway
