// Refresh tokens: which session, which number of it, and a MAC over both. Nothing of them is
// stored.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/crypto.h"
#include "base/uuid.h"

namespace wf::gateway {

struct RefreshToken {
  Uuid account;
  Uuid session;
  std::uint32_t n = 0;

  bool operator==(const RefreshToken&) const = default;
};

std::string write_refresh_token(const HmacKey& key, const RefreshToken& token);
// Nothing if it is none of ours.
std::optional<RefreshToken> read_refresh_token(const HmacKey& key, std::string_view text);

}  // namespace wf::gateway
