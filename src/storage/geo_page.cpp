// Nearest rows first: rings around the centre, each twice as wide as the one before, so that a page
// reads little more than what it shows.
#include "storage/geo_page.h"

#include <algorithm>
#include <bit>
#include <compare>
#include <limits>

#include "storage/bytes.h"
#include "storage/geo_index.h"
#include "storage/page_cursor.h"
#include "storage/row_match.h"
#include "storage/table_engine.h"

namespace wf {
namespace {

constexpr double first_ring_m = 1000;

// A row's place in the order. What a cursor holds: the distance's bits, then the key.
struct Place {
  double distance_m = -1;
  std::string key;

  auto operator<=>(const Place&) const = default;
};

std::string encode_place(const Place& place) {
  std::string bytes;
  put_big(bytes, std::bit_cast<std::uint64_t>(place.distance_m));
  return bytes + place.key;
}

Result<Place> decode_place(std::string_view bytes) {
  if (bytes.empty()) return Place{};
  const auto distance =
      bytes.size() < 8 ? -1.0 : std::bit_cast<double>(get_big<std::uint64_t>(bytes));
  if (!(distance >= 0 && distance <= half_earth_m)) {
    return fail(Code::invalid, "this cursor is not of this list");
  }
  return Place{distance, std::string(bytes.substr(8))};
}

class NearestRows {
 public:
  NearestRows(TableStore::Engine& engine, const RowQuery& query, std::uint8_t index)
      : engine_(engine), query_(query), index_(index), view_(engine.view()), rows_(query) {}

  Result<RowPage> page(Place after) {
    const double reach =
        query_.radius_m == 0 ? half_earth_m : std::min<double>(query_.radius_m, half_earth_m);
    double inner = std::max(after.distance_m, 0.0);
    for (;;) {
      const double outer = std::min(reach, std::max(first_ring_m, inner * 2));
      Result<std::vector<Place>> places = ring(after, inner, outer);
      if (!places) return tl::make_unexpected(places.error());
      for (const Place& place : *places) {
        const Result<bool> goes_on = look_at(place);
        if (!goes_on) return tl::make_unexpected(goes_on.error());
        if (*goes_on) continue;
        const bool last = outer >= reach && &place == &places->back();
        return RowPage{rows_.release(), last ? std::string() : cursor_at(place)};
      }
      if (outer >= reach) return RowPage{rows_.release(), {}};
      // Everything up to `outer` was looked at.
      inner = outer;
      after = {std::nextafter(outer, half_earth_m * 2), {}};
    }
  }

 private:
  // The rows after `after` and not further than `outer`, nearest first; of a crowded ring only as
  // many as the page may still look at, and one more.
  Result<std::vector<Place>> ring(const Place& after, double inner, double outer) {
    const std::size_t keep = std::size_t{query_.scan_limit} + 1;
    std::vector<Place> places;
    for (const CellRange& cells : ring_cells(*query_.near, inner, outer)) {
      std::string from = index_prefix(KeyKind::geo, index_);
      std::string to = from;
      put_big(from, cells.first);
      put_big(to, cells.last + 1);
      Range range(view_, std::move(from), std::move(to));
      for (; range.valid(); range.next()) {
        Place place{geo_distance_m(*query_.near, point_of_geo_entry(range.value())),
                    std::string(row_of_geo_entry(range.key()))};
        if (place.distance_m > outer || place <= after) continue;
        places.push_back(std::move(place));
        if (places.size() < 2 * keep) continue;
        std::ranges::nth_element(places, places.begin() + static_cast<std::ptrdiff_t>(keep));
        places.resize(keep);
      }
      if (Result<void> end = range.end(); !end) return tl::make_unexpected(end.error());
    }
    std::ranges::sort(places);
    return places;
  }

  std::string cursor_at(const Place& place) const {
    return encode_cursor(engine_.type.info().name, query_, encode_place(place));
  }

  // Whether the page goes on.
  Result<bool> look_at(const Place& place) {
    const Result<std::string> stored = view_.value(kind_key(KeyKind::row, place.key));
    if (!stored) return tl::make_unexpected(stored.error());
    Result<std::optional<std::string>> row = match_row(engine_.type, query_, *stored);
    if (!row) return tl::make_unexpected(row.error());
    return rows_.take(std::move(*row));
  }

  TableStore::Engine& engine_;
  const RowQuery& query_;
  std::uint8_t index_;
  StoreView view_;
  PageRows rows_;
};

}  // namespace

Result<RowPage> page_by_distance(TableStore::Engine& engine,
                                 const RowQuery& query,
                                 std::uint8_t index) {
  const Result<std::string> cursor = decode_cursor(engine.type.info().name, query);
  if (!cursor) return tl::make_unexpected(cursor.error());
  Result<Place> after = decode_place(*cursor);
  if (!after) return tl::make_unexpected(after.error());
  return NearestRows(engine, query, index).page(std::move(*after));
}

}  // namespace wf
