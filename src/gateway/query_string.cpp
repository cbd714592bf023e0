// application/x-www-form-urlencoded, strictly.
#include "gateway/query_string.h"

#include <fmt/format.h>

#include <algorithm>

#include "gateway/router.h"

namespace wf::gateway {
namespace {

// What comes before the first `end`. (gcc 12 takes string_view::find inlined here for an overread.)
std::string_view until(std::string_view text, char end) {
  const auto at = std::ranges::find_if(text, [end](char c) { return c == end; });
  return text.substr(0, static_cast<std::size_t>(at - text.begin()));
}

}  // namespace

std::optional<Parameters> parse_query(std::string_view query) {
  Parameters parameters;
  while (!query.empty()) {
    const std::string_view one = until(query, '&');
    query.remove_prefix(std::min(one.size() + 1, query.size()));
    if (one.empty()) continue;
    const std::string_view key = until(one, '=');
    auto name = percent_decode(key, true);
    auto value = percent_decode(one.substr(std::min(key.size() + 1, one.size())), true);
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
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

}  // namespace wf::gateway
