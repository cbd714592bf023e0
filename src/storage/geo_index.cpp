// The only file that knows S2.
#include "storage/geo_index.h"

#include <s2/s1angle.h>
#include <s2/s2cap.h>
#include <s2/s2cell_id.h>
#include <s2/s2cell_union.h>
#include <s2/s2latlng.h>
#include <s2/s2region_coverer.h>

#include <algorithm>

namespace wf {
namespace {

constexpr double earth_radius_m = 6'371'010.0;
// Room for rounding: a cover may hold more than asked for, never less.
constexpr double outwards = 1 + 1e-6;
constexpr double inwards = 1 - 1e-3;
constexpr double slack_m = 0.01;

S2LatLng lat_lng(const Point& point) { return S2LatLng::FromE7(point.lat_e7, point.lon_e7); }

S2Cap cap(const Point& centre, double radius_m) {
  return S2Cap(lat_lng(centre).ToPoint(), S1Angle::Radians(radius_m / earth_radius_m));
}

}  // namespace

std::uint64_t geo_cell(const Point& point) { return S2CellId(lat_lng(point)).id(); }

double geo_distance_m(const Point& a, const Point& b) {
  return lat_lng(a).GetDistance(lat_lng(b)).radians() * earth_radius_m;
}

std::vector<CellRange> ring_cells(const Point& centre, double inner_m, double outer_m) {
  S2RegionCoverer::Options options;
  options.set_max_cells(24);
  S2RegionCoverer coverer(options);
  const double outer = std::min(outer_m * outwards + slack_m, half_earth_m);
  S2CellUnion cells = coverer.GetCovering(cap(centre, outer));
  const double inner = inner_m * inwards - slack_m;
  if (inner > 0) cells = cells.Difference(coverer.GetInteriorCovering(cap(centre, inner)));
  std::vector<CellRange> ranges;
  for (const S2CellId cell : cells) {
    const std::uint64_t first = cell.range_min().id();
    const std::uint64_t last = cell.range_max().id();
    if (!ranges.empty() && ranges.back().last + 2 >= first) {  // leaf ids are odd
      ranges.back().last = last;
    } else {
      ranges.push_back({first, last});
    }
  }
  return ranges;
}

}  // namespace wf
