// base64url of account (16), session (16), number (4, big-endian), HMAC-SHA-256 (32).
#include "gateway/refresh_token.h"

#include <algorithm>

#include "base/encoding.h"

namespace wf::gateway {
namespace {

constexpr std::size_t content_size = 16 + 16 + 4;
constexpr std::size_t mac_size = 32;

}  // namespace

std::string write_refresh_token(const HmacKey& key, const RefreshToken& token) {
  std::string bytes;
  bytes.append(reinterpret_cast<const char*>(token.account.bytes.data()), 16);
  bytes.append(reinterpret_cast<const char*>(token.session.bytes.data()), 16);
  for (unsigned shift = 32; shift != 0; shift -= 8) {
    bytes.push_back(static_cast<char>(token.n >> (shift - 8)));
  }
  bytes.append(key.mac(bytes).view());
  return to_base64url(bytes);
}

std::optional<RefreshToken> read_refresh_token(const HmacKey& key, std::string_view text) {
  const auto bytes = from_base64url(text);
  if (!bytes || bytes->size() != content_size + mac_size) return std::nullopt;
  const std::string_view content = std::string_view(*bytes).substr(0, content_size);
  if (!equal_in_constant_time(key.mac(content).view(),
                              std::string_view(*bytes).substr(content_size))) {
    return std::nullopt;
  }
  RefreshToken token;
  std::copy_n(content.begin(), 16, token.account.bytes.begin());
  std::copy_n(content.begin() + 16, 16, token.session.bytes.begin());
  for (const char c : content.substr(32)) {
    token.n = token.n << 8U | static_cast<unsigned char>(c);
  }
  return token;
}

}  // namespace wf::gateway
