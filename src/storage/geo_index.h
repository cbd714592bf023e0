// Places on the sphere: the cell a point is indexed by, distances, and the cells that cover a ring.
#pragma once
#include <cstdint>
#include <vector>

#include "base/money.h"

namespace wf {

inline constexpr double half_earth_m = 20'015'200.0;  // no two points are further apart

// The S2 leaf cell of a point.
std::uint64_t geo_cell(const Point& point);

// Along the sphere of radius 6,371,010 m, in metres. The same inputs give the same bits.
double geo_distance_m(const Point& a, const Point& b);

struct CellRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;  // included
};

// Ranges of leaf cells, ascending and apart, that hold every point further than inner_m and not
// further than outer_m from the centre (and some others).
std::vector<CellRange> ring_cells(const Point& centre, double inner_m, double outer_m);

}  // namespace wf
