// UUID text, and the three ways Wayfold makes them: derived (v5), from a digest (v8), at random
// (v4).
#include "base/uuid.h"

#include <openssl/evp.h>
#include <sodium/randombytes.h>

#include <memory>

#include "base/check.h"
#include "base/sodium_ready.h"

namespace wf {
namespace {

// Two digits of each byte.
constexpr std::array<char, 512> make_hex_pairs() {
  constexpr char digits[] = "0123456789abcdef";
  std::array<char, 512> pairs{};
  for (std::size_t i = 0; i < 256; ++i) {
    pairs[2 * i] = digits[i / 16];
    pairs[2 * i + 1] = digits[i % 16];
  }
  return pairs;
}
constexpr auto hex_pairs = make_hex_pairs();

constexpr bool dash_before(std::size_t byte) {
  return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

constexpr std::array<std::int8_t, 256> make_hex_values() {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (int i = 0; i < 10; ++i)
    values[static_cast<std::size_t>('0' + i)] = static_cast<std::int8_t>(i);
  for (int i = 10; i < 16; ++i) {
    values[static_cast<std::size_t>('a' + i - 10)] = static_cast<std::int8_t>(i);
    values[static_cast<std::size_t>('A' + i - 10)] = static_cast<std::int8_t>(i);
  }
  return values;
}
constexpr auto hex_values = make_hex_values();

void set_version(Uuid& id, unsigned version) {
  id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0FU) | (version << 4U));
  id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3FU) | 0x80U);
}

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

// Fetching the algorithm and making a context cost more than hashing: both are kept.
EVP_MD_CTX* start_sha1() {
  static const EVP_MD* const sha1 = EVP_MD_fetch(nullptr, "SHA1", nullptr);
  static thread_local const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
  WF_CHECK(sha1 != nullptr && context != nullptr);
  WF_CHECK(EVP_DigestInit_ex2(context.get(), sha1, nullptr) == 1);
  return context.get();
}

}  // namespace

void Uuid::write(char* out) const {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (dash_before(i)) *out++ = '-';
    std::memcpy(out, &hex_pairs[std::size_t{2} * bytes[i]], 2);
    out += 2;
  }
}

std::string Uuid::text() const {
  std::string out(36, '\0');
  write(out.data());
  return out;
}

std::optional<Uuid> Uuid::parse(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  Uuid id;
  const char* at = text.data();
  int all = 0;  // negative if one of them was: a branch for each costs more
  for (std::size_t i = 0; i < id.bytes.size(); ++i) {
    if (dash_before(i)) all |= *at++ == '-' ? 0 : -1;
    const int high = hex_values[static_cast<std::uint8_t>(*at++)];
    const int low = hex_values[static_cast<std::uint8_t>(*at++)];
    all |= high | low;
    id.bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  if (all < 0) return std::nullopt;
  return id;
}

Uuid Uuid::v5(const Uuid& space, std::string_view name) {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest;
  EVP_MD_CTX* const context = start_sha1();
  WF_CHECK(EVP_DigestUpdate(context, space.bytes.data(), space.bytes.size()) == 1);
  WF_CHECK(EVP_DigestUpdate(context, name.data(), name.size()) == 1);
  WF_CHECK(EVP_DigestFinal_ex(context, digest.data(), nullptr) == 1);
  Uuid id;
  std::memcpy(id.bytes.data(), digest.data(), id.bytes.size());
  set_version(id, 5);
  return id;
}

Uuid Uuid::v8(std::string_view digest) {
  Uuid id;
  WF_CHECK(digest.size() >= id.bytes.size());
  std::memcpy(id.bytes.data(), digest.data(), id.bytes.size());
  set_version(id, 8);
  return id;
}

// Every request needs one, and asking the kernel costs more than all else of it: many at a time.
Uuid Uuid::random() {
  Uuid id;
  static thread_local std::array<std::uint8_t, 256 * sizeof id.bytes> pool;
  static thread_local std::size_t used = pool.size();
  if (used == pool.size()) {
    sodium_ready();
    randombytes_buf(pool.data(), pool.size());
    used = 0;
  }
  std::memcpy(id.bytes.data(), pool.data() + used, id.bytes.size());
  used += id.bytes.size();
  set_version(id, 4);
  return id;
}

}  // namespace wf
