// UUIDs (RFC 9562) and the strong ids made of them. Values; any thread.
#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace wf {

struct Uuid {
  std::array<std::uint8_t, 16> bytes{};

  auto operator<=>(const Uuid&) const = default;
  bool nil() const { return *this == Uuid{}; }

  // 36 lower-case characters, 8-4-4-4-12.
  void write(char* out) const;
  std::string text() const;
  // Exactly the 36-character form, either case; nothing else.
  static std::optional<Uuid> parse(std::string_view text);
  // Version 5: SHA-1 of the namespace's bytes and the name (RFC 9562, 5.5). Everything derived is
  // made so.
  static Uuid v5(const Uuid& space, std::string_view name);
  // Version 8: the first 128 bits of a digest of at least 16 bytes, as HMAC(pepper, e-mail) of a
  // login stream.
  static Uuid v8(std::string_view digest);
  // Version 4. Only the gateway and writers' nonces may call it; nothing after the log derives from
  // it.
  static Uuid random();
};

// An id of one kind of thing; two kinds never convert.
template <class Tag>
struct Id {
  Uuid value;

  auto operator<=>(const Id&) const = default;
  std::string text() const { return value.text(); }
};

// Who acts. The nil account is the guest; `system_account` decides deadlines and policies.
using AccountId = Id<struct AccountTag>;
inline constexpr AccountId guest{};
inline constexpr AccountId system_account{
    Uuid{{255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255}}};

struct UuidHash {
  std::size_t operator()(const Uuid& id) const {
    std::uint64_t low = 0;
    std::memcpy(&low, id.bytes.data(), sizeof low);
    std::uint64_t high = 0;
    std::memcpy(&high, id.bytes.data() + 8, sizeof high);
    return static_cast<std::size_t>(low ^ (high * 0x9E3779B97F4A7C15ULL));
  }
};

}  // namespace wf

template <>
struct std::hash<wf::Uuid> : wf::UuidHash {};

template <class Tag>
struct std::hash<wf::Id<Tag>> {
  std::size_t operator()(const wf::Id<Tag>& id) const { return wf::UuidHash{}(id.value); }
};
