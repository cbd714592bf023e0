// Pages by key, index and distance, against the same answers worked out by hand. Every question is
// put twice: to the store, and to it over a socket.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <map>
#include <numbers>
#include <set>
#include <thread>

#include "storage/row_match.h"
#include "storage/table_store.h"
#include "support/served_tables.h"
#include "support/table_fixture.h"

namespace wf::sample::table_reads_test {
namespace {

// The great-circle distance by the haversine formula: no code shared with the index.
double haversine_m(const Point& a, const Point& b) {
  const double rad = std::numbers::pi / 180 / 1e7;
  const double sin_lat = std::sin((b.lat_e7 - a.lat_e7) * rad / 2);
  const double sin_lon = std::sin((static_cast<double>(b.lon_e7) - a.lon_e7) * rad / 2);
  const double h =
      sin_lat * sin_lat + std::cos(a.lat_e7 * rad) * std::cos(b.lat_e7 * rad) * sin_lon * sin_lon;
  return 2 * 6'371'010 * std::asin(std::min(1.0, std::sqrt(h)));
}

bool same(const Result<RowPage>& a, const Result<RowPage>& b) {
  if (!a || !b) return !a && !b && a.error().code == b.error().code;
  return a->rows == b->rows && a->cursor == b->cursor;
}

struct Fixture : TableFixture {
  Bookings type;
  std::shared_ptr<TableStore> store = open(type);
  ServedTable served{dir, *store, log_id};
  std::deque<Event> events;
  std::int64_t offset = 0;
  std::map<Uuid, Body> places;

  Fixture() {
    store->mark_live();
    served.wait_until_live();
  }
  FoldItem item(std::uint64_t n, std::uint64_t renter, std::int64_t amount, const Point& position) {
    auto body = std::make_shared<Body>();
    body->booking = uuid_of(n);
    body->renter = uuid_of(renter);
    body->amount = amount;
    body->position = position;
    places[body->booking] = *body;
    FoldItem made{&events.emplace_back(reserved, std::move(body)), {}, 0, offset++};
    made.meta.at = {made.offset};
    return made;
  }
  void apply(const std::vector<FoldItem>& items) {
    require(store->apply(items, {{"events.bookings", 0, offset, ""}}));
  }
  Result<RowPage> ask(const RowQuery& query) const {
    const auto page = store->page(query);
    BOOST_REQUIRE(same(served.view().page(query), page));
    return page;
  }
  std::optional<std::string> answer(std::uint64_t n) const {
    const auto answer = store->answer(bytes_of(uuid_of(n)), Query{});
    const auto far = served.view().answer(bytes_of(uuid_of(n)), Query{});
    require(answer);
    require(far);
    BOOST_REQUIRE(*far == *answer);
    return *answer;
  }
  RowPage page(const RowQuery& query) const {
    auto page = ask(query);
    require(page);
    return *page;
  }
  // All pages one after another.
  std::vector<std::string> all(RowQuery query, int* pages = nullptr) const {
    std::vector<std::string> rows;
    for (int n = 1;; ++n) {
      RowPage next = page(query);
      BOOST_REQUIRE(next.rows.size() <= query.limit);
      std::ranges::move(next.rows, std::back_inserter(rows));
      if (pages != nullptr) *pages = n;
      if (next.cursor.empty()) return rows;
      query.cursor = next.cursor;
    }
  }
  static std::vector<std::string> ids(const std::vector<std::string>& rows) {
    std::vector<std::string> found;
    for (const std::string& row : rows) found.push_back(*json_column(row, "id"));
    return found;
  }
  // Twenty bookings of four renters, amounts 0…19.
  void twenty() {
    std::vector<FoldItem> items;
    for (std::uint64_t n = 0; n < 20; ++n) {
      items.push_back(item(n, n % 4, static_cast<std::int64_t>(n), {}));
    }
    apply(items);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(table_reads_tests, Fixture)

BOOST_AUTO_TEST_CASE(pages_by_key_are_all_rows_in_key_order) {
  twenty();
  std::vector<std::string> expected;
  for (const auto& [id, body] : places) expected.push_back(id.text());
  for (const std::uint32_t limit : {1u, 3u, 10u, 20u, 50u}) {
    RowQuery query;
    query.limit = limit;
    BOOST_TEST(ids(all(query)) == expected, boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(pages_by_index_are_the_prefix_in_the_columns_order) {
  twenty();
  RowQuery query;
  query.index = "by_renter";
  query.prefix = bytes_of(uuid_of(3));
  query.limit = 2;
  const std::vector<std::string> expected{uuid_of(19).text(),
                                          uuid_of(15).text(),
                                          uuid_of(11).text(),
                                          uuid_of(7).text(),
                                          uuid_of(3).text()};  // newest first
  BOOST_TEST(ids(all(query)) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_change_moves_the_index_entry) {
  apply({item(1, 7, 1, {}), item(2, 7, 1, {})});
  apply({item(1, 8, 1, {})});
  RowQuery query;
  query.index = "by_renter";
  query.prefix = bytes_of(uuid_of(7));
  BOOST_TEST(ids(all(query)) == std::vector<std::string>{uuid_of(2).text()},
             boost::test_tools::per_element());
  query.prefix = bytes_of(uuid_of(8));
  BOOST_TEST(ids(all(query)) == std::vector<std::string>{uuid_of(1).text()},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(filters_choose_rows) {
  twenty();
  RowQuery query;
  query.limit = 3;
  query.equal = {{"status", "reserved"}, {"amount", "7"}};
  BOOST_TEST(ids(all(query)) == std::vector<std::string>{uuid_of(7).text()},
             boost::test_tools::per_element());
  query.equal = {{"status", "changed"}};
  BOOST_TEST(all(query).empty());
  query.equal.clear();
  query.owner_columns = {"renter"};
  query.owner = uuid_of(2).text();
  BOOST_TEST(all(query).size() == 5u);
  query.owner_columns = {"no_such_column", "renter"};
  BOOST_TEST(all(query).size() == 5u);
  query.owner_columns = {"no_such_column"};
  BOOST_TEST(all(query).empty());
}

BOOST_AUTO_TEST_CASE(a_computed_query_makes_the_rows) {
  twenty();
  RowQuery query;
  query.computed = Query{};
  query.equal = {{"amount", "8"}};
  BOOST_TEST(all(query) == std::vector<std::string>{R"({"even":8})"},
             boost::test_tools::per_element());
  query.equal.clear();
  BOOST_TEST(all(query).size() == 10u);
  BOOST_TEST(answer(8).value() == R"({"even":8})");
  BOOST_TEST(!answer(7).has_value());
  BOOST_TEST(!answer(99).has_value());
}

BOOST_AUTO_TEST_CASE(a_page_that_looked_at_enough_ends_early) {
  twenty();
  RowQuery query;
  query.equal = {{"amount", "7"}};
  query.scan_limit = 4;
  int pages = 0;
  BOOST_TEST(all(query, &pages).size() == 1u);
  BOOST_TEST(pages == 5);
  query.index = "by_place";
  query.near = Point{};
  BOOST_TEST(all(query, &pages).size() == 1u);
  BOOST_TEST(pages >= 5);
}

BOOST_AUTO_TEST_CASE(a_page_with_enough_bytes_ends_early) {
  twenty();
  for (const bool near : {false, true}) {
    RowQuery query;
    if (near) {
      query.index = "by_place";
      query.near = Point{};
    }
    const std::vector<std::string> every = all(query);
    int pages = 0;
    query.bytes_max = 1;
    BOOST_TEST(all(query, &pages) == every, boost::test_tools::per_element());
    BOOST_TEST(pages >= 20);
    query.bytes_max = static_cast<std::uint32_t>(every[0].size() + every[1].size() + 1);
    BOOST_TEST(page(query).rows.size() == 3U);
    query.bytes_max = 0;
    BOOST_TEST(!ask(query).has_value());
  }
}

BOOST_AUTO_TEST_CASE(a_cursor_of_another_list_is_invalid) {
  twenty();
  RowQuery query;
  query.limit = 5;
  const std::string cursor = page(query).cursor;
  const auto invalid = [&](const RowQuery& bad) {
    const auto result = ask(bad);
    return !result && result.error().code == Code::invalid;
  };
  RowQuery other;
  other.index = "by_renter";
  other.cursor = cursor;
  BOOST_TEST(invalid(other));
  for (const std::string bad : {"x", "AAAA", "%%%", "AQAAAAAAAAAA"}) {
    query.cursor = bad;
    BOOST_TEST(invalid(query), bad);
  }
  query.cursor = cursor.substr(0, 8);
  BOOST_TEST(invalid(query));
  query.cursor = std::string(100'000, 'A');
  BOOST_TEST(invalid(query));
  query.cursor.clear();
  query.index = "no_such_index";
  BOOST_TEST(invalid(query));
  query.index = "by_place";
  BOOST_TEST(invalid(query));  // near what?
  query.index = "by_renter";
  query.near = Point{};
  BOOST_TEST(invalid(query));
}

BOOST_AUTO_TEST_CASE(paging_goes_on_where_it_was_when_rows_come_and_go) {
  twenty();
  RowQuery query;
  query.limit = 5;
  RowPage first = page(query);
  const std::vector<std::string> before = ids(first.rows);
  std::vector<FoldItem> more;
  for (std::uint64_t n = 20; n < 40; ++n) more.push_back(item(n, 0, 1, {}));
  apply(more);
  query.cursor = first.cursor;
  query.limit = 50;
  std::vector<std::string> expected;
  for (const auto& [id, body] : places) {
    if (id.text() > before.back()) expected.push_back(id.text());
  }
  BOOST_TEST(ids(all(query)) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(nearest_rows_equal_brute_force) {
  std::mt19937_64 random(3);
  std::vector<FoldItem> items;
  const auto around = [&](std::int32_t centre, std::int32_t width) {
    return centre + static_cast<std::int32_t>(random() % static_cast<std::uint64_t>(width)) -
           width / 2;
  };
  for (std::uint64_t n = 0; n < 600; ++n) {
    const Point anywhere{around(0, 2'000'000'000), around(0, 1'799'999'998)};
    const Point london{around(-1'200'000, 2'000'000), around(515'000'000, 2'000'000)};
    const Point fiji{around(0, 1'000'000) + (n % 4 < 2 ? 1'799'000'000 : -1'799'000'000),
                     around(-170'000'000, 1'000'000)};
    const Point pole{around(0, 2'000'000'000), around(899'000'000, 1'999'998)};
    const Point choice[] = {anywhere, london, fiji, pole};
    items.push_back(item(n, n % 4, static_cast<std::int64_t>(n), choice[n % 4]));
    if (n % 50 == 0) items.push_back(item(10'000 + n, 0, 1, choice[n % 4]));  // the same place
  }
  apply(items);
  const Point centres[] = {{-1'200'000, 515'000'000},
                           {1'800'000'000, -170'000'000},
                           {-1'799'900'000, -170'000'000},
                           {0, 900'000'000},
                           {0, -900'000'000},
                           {123'456'789, 10'000'000}};
  for (const Point& centre : centres) {
    for (const std::uint32_t radius : {0u, 1u, 500u, 5'000u, 20'000u, 2'000'000u, 30'000'000u}) {
      std::vector<std::pair<double, Uuid>> expected;
      for (const auto& [id, body] : places) {
        const double distance = haversine_m(centre, body.position);
        if (radius == 0 || distance <= radius) expected.emplace_back(distance, id);
      }
      std::ranges::sort(expected);
      RowQuery query;
      query.index = "by_place";
      query.near = centre;
      query.radius_m = radius;
      query.limit = 1 + static_cast<std::uint32_t>(random() % 90);
      const std::vector<std::string> found = ids(all(query));
      BOOST_REQUIRE_EQUAL(found.size(), expected.size());
      for (std::size_t i = 0; i < found.size(); ++i) {
        // Rounding may swap rows that are all but equally far.
        const double distance = haversine_m(centre, places.at(*Uuid::parse(found[i])).position);
        BOOST_REQUIRE_SMALL(distance - expected[i].first, 0.5);
      }
      BOOST_REQUIRE(std::set(found.begin(), found.end()).size() == found.size());
    }
  }
}

BOOST_AUTO_TEST_CASE(readers_see_a_batch_entirely_or_not_at_all) {
  apply({item(1, 1, 0, {}), item(2, 2, 0, {})});
  std::atomic<bool> stop = false;
  std::atomic<int> torn = 0;
  std::atomic<int> pages = 0;
  std::thread reader([&] {
    while (!stop) {
      const auto rows = pages % 2 == 0 ? store->page({}) : served.view().page({});
      if (!rows || rows->rows.size() != 2 ||
          json_column(rows->rows[0], "amount") != json_column(rows->rows[1], "amount")) {
        ++torn;
      }
      const auto state = store->state();
      if (state.positions.empty()) ++torn;
      ++pages;
    }
  });
  for (int n = 0; n < 300 || pages < 20; ++n) apply({item(1, 1, 1, {}), item(2, 2, 1, {})});
  stop = true;
  reader.join();
  BOOST_TEST(torn == 0);
}

BOOST_AUTO_TEST_CASE(a_json_column_is_found_and_unescaped) {
  const std::string_view row = R"({"a":{"b":1},"b":"x\"y","c":null,"d":-5,"e":true})";
  BOOST_TEST(json_column(row, "b").value() == "x\"y");
  BOOST_TEST(json_column(row, "d").value() == "-5");
  BOOST_TEST(json_column(row, "e").value() == "true");
  BOOST_TEST(!json_column(row, "f").has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::sample::table_reads_test
