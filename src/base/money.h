// Money: integer minor units and an ISO 4217 code. There is no floating point in the domain.
#pragma once
#include <array>
#include <cstdint>
#include <string_view>

namespace wf {

struct Money {
  std::int64_t minor = 0;
  std::array<char, 3> currency{'X', 'X', 'X'};  // XXX: no currency (ISO 4217)

  bool operator==(const Money&) const = default;
  std::string_view code() const { return {currency.data(), currency.size()}; }
};

// WGS 84, in integer 1e-7 degrees, so that equal places compare equal. GeoJSON order on the wire:
// [lon, lat].
struct Point {
  std::int32_t lon_e7 = 0;
  std::int32_t lat_e7 = 0;

  bool operator==(const Point&) const = default;
};

}  // namespace wf
