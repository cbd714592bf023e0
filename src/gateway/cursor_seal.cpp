// Sealed, so authenticated too: one pass of XChaCha20-Poly1305 over some sixty bytes.
#include "gateway/cursor_seal.h"

#include "base/crypto.h"
#include "base/encoding.h"

namespace wf::gateway {

std::string seal_cursor(const Secret& key, std::string_view place) {
  return to_base64url(seal(key, place, {}));
}

std::optional<std::string> open_cursor(const Secret& key, std::string_view text) {
  const auto sealed = from_base64url(text);
  return sealed ? open_sealed(key, *sealed, {}) : std::nullopt;
}

}  // namespace wf::gateway
