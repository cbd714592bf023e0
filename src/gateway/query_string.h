// The names and values after a URL's question mark.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wf::gateway {

inline constexpr std::size_t query_parameters_max = 32;

using Parameters = std::vector<std::pair<std::string, std::string>>;

// Decoded, in order. Nothing for a bad escape, more than query_parameters_max, or a name given
// twice.
std::optional<Parameters> parse_query(std::string_view query);

// For a Link header: every octet but letters, digits and -._~ escaped.
std::string percent_encode(std::string_view text);

}  // namespace wf::gateway
