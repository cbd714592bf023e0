// Deliberately simple: whether an address exists only a message to it can tell.
#include "gateway/identifier.h"

#include "gateway/http.h"

namespace wf::gateway {
namespace {

constexpr std::size_t address_max = 254;  // RFC 5321, 4.5.3.1.3

std::optional<std::string> normal_address(std::string_view text) {
  const std::size_t at = text.rfind('@');
  const bool has_both = at != 0 && at + 1 < text.size();
  if (!has_both || text.size() > address_max || text.find_first_of(" \t,;<>") != text.npos) {
    return std::nullopt;
  }
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return out;
}

std::optional<std::string> normal_phone(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == ' ' || c == '-' || c == '(' || c == ')' || c == '.') continue;
    const bool plus = c == '+' && out.empty();
    if (!plus && (c < '0' || c > '9')) return std::nullopt;
    out += c;
  }
  const std::size_t digits = out.size() - (out.starts_with('+') ? 1 : 0);
  if (digits < 6 || digits > 15) return std::nullopt;  // E.164
  return out;
}

}  // namespace

std::optional<std::string> normal_identifier(std::string_view text) {
  text = trimmed(text);
  return text.find('@') != text.npos ? normal_address(text) : normal_phone(text);
}

}  // namespace wf::gateway
