// What browsers need to be told: which origins may call, and what a page may not do. One thread.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http.h"

namespace wf::gateway {

class Cors {
 public:
  explicit Cors(const std::vector<std::string>& origins);

  // The origin of the request, if it may read the answer.
  std::shared_ptr<const std::string> allowed(const Request& request) const;
  // The answer to a preflight (OPTIONS with Access-Control-Request-Method); nothing if it is none.
  std::optional<Response> preflight(const Request& request) const;
  static void decorate(Response& response, const std::string* origin);

 private:
  std::vector<std::shared_ptr<const std::string>> origins_;
};

// Headers every answer has; an answer may bring its own Content-Security-Policy.
void add_security(Response& response, bool tls);

}  // namespace wf::gateway
