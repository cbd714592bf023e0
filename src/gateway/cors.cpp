// Origins are compared whole; there is no wildcard.
#include "gateway/cors.h"

namespace wf::gateway {

Cors::Cors(const std::vector<std::string>& origins) {
  for (const std::string& origin : origins) {
    origins_.push_back(std::make_shared<const std::string>(origin));
  }
}

std::shared_ptr<const std::string> Cors::allowed(const Request& request) const {
  if (origins_.empty()) return nullptr;
  const auto origin = request.headers.get("Origin");
  if (!origin) return nullptr;
  for (const auto& one : origins_) {
    if (*one == *origin) return one;
  }
  return nullptr;
}

std::optional<Response> Cors::preflight(const Request& request) const {
  if (request.method != Method::options) return std::nullopt;
  if (!request.headers.get("Access-Control-Request-Method")) return std::nullopt;
  Response response;
  response.status = 204;
  const auto origin = allowed(request);
  decorate(response, origin.get());
  if (origin) {
    response.add("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE");
    response.add("Access-Control-Allow-Headers",
                 "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, "
                 "Last-Event-ID, Prefer, Wayfold-Position, X-Request-Id");
    response.add("Access-Control-Max-Age", "600");
  }
  return response;
}

void Cors::decorate(Response& response, const std::string* origin) {
  if (origin == nullptr) return;
  response.add("Access-Control-Allow-Origin", *origin);
  response.add("Vary", "Origin");
  response.add("Access-Control-Expose-Headers",
               "Age, Allow, ETag, Idempotent-Replayed, Link, Location, Retry-After, "
               "Wayfold-As-Of, Wayfold-Position, Wayfold-Quarantined-Since, WWW-Authenticate, "
               "X-Request-Id");
}

void add_security(Response& response, bool tls) {
  response.headers.append(
      "X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n"
      "X-Frame-Options: DENY\r\n");
  if (response.headers.find("Content-Security-Policy") == std::string::npos) {
    response.headers.append(
        "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n");
  }
  if (tls) response.headers.append("Strict-Transport-Security: max-age=31536000\r\n");
}

}  // namespace wf::gateway
