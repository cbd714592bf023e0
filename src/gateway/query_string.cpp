// application/x-www-form-urlencoded, strictly.
#include "gateway/query_string.h"

#include <fmt/format.h>

#include <algorithm>

#include "gateway/router.h"

namespace wf::gateway {

std::optional<Parameters> parse_query(std::string_view query) {
  Parameters parameters;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view one = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (one.empty()) continue;
    const std::size_t equals = std::min(one.find('='), one.size());
    auto name = percent_decode(one.substr(0, equals), true);
    auto value = percent_decode(one.substr(std::min(equals + 1, one.size())), true);
    if (!name || !value || parameters.size() == query_parameters_max) return std::nullopt;
    const auto same = [&](const auto& other) { return other.first == *name; };
    if (std::ranges::any_of(parameters, same)) return std::nullopt;
    parameters.emplace_back(std::move(*name), std::move(*value));
  }
  return parameters;
}

std::string percent_encode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~").find(c) != std::string_view::npos;
    if (plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

}  // namespace wf::gateway
