// Scans find what was damaged behind the store's back, and name it.
#include "storage/verify.h"

#include <boost/test/unit_test.hpp>

#include "storage/table_engine.h"
#include "support/table_fixture.h"

namespace wf::sample::verify_test {
namespace {

struct Fixture : TableFixture {
  Bookings type;
  History history{{.seed = 21, .events = 500}};
  std::shared_ptr<TableStore> store = open(type);

  Fixture() {
    feed(*store, history, 1);
    require(store->flush());
  }

  static rocksdb::WriteOptions unlogged() {
    rocksdb::WriteOptions options;
    options.disableWAL = true;
    return options;
  }
  // Behind the store's back.
  void put(const std::string& key, const std::string& value) {
    BOOST_REQUIRE(store->engine().db->Put(unlogged(), key, value).ok());
    store->engine().written(store->positions(), store->totals());
  }
  void erase(const std::string& key) {
    BOOST_REQUIRE(store->engine().db->Delete(unlogged(), key).ok());
    store->engine().written(store->positions(), store->totals());
  }
  // A key of that kind and its value.
  std::pair<std::string, std::string> any(KeyKind kind) const {
    const std::string prefix = kind_key(kind);
    const StoreView view = store->engine().view();
    Range range(view, prefix, after_prefix(prefix));
    for (; range.valid(); range.next()) {
      if (kind != KeyKind::row || parse_row(range.value())->visible()) break;
    }
    BOOST_REQUIRE(range.valid());
    return {std::string(range.key()), std::string(range.value())};
  }
  ScanReport report() const {
    auto result = scan(*store);
    require(result);
    return *result;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(verify_tests, Fixture)

BOOST_AUTO_TEST_CASE(an_untouched_store_is_sound) {
  const ScanReport found = report();
  BOOST_TEST(found.sound(), found.damage);
  BOOST_TEST((found.stored == found.scanned));
  BOOST_TEST((found.stored == store->totals()));
  BOOST_TEST(reached(found.positions, history.end()));
}

BOOST_AUTO_TEST_CASE(a_changed_row_is_named) {
  auto [key, value] = any(KeyKind::row);
  value.replace(value.find("\"amount\":") + 9, 1, "9");
  value.replace(value.find("\"status\":") + 10, 1, "X");
  put(key, value);
  const ScanReport found = report();
  BOOST_TEST(!found.sound());
  BOOST_TEST((found.stored.digest != found.scanned.digest));
}

BOOST_AUTO_TEST_CASE(a_lost_row_is_noticed) {
  erase(any(KeyKind::row).first);
  const ScanReport found = report();
  BOOST_TEST(!found.sound());
  BOOST_TEST(found.scanned.rows + 1 == found.stored.rows);
}

BOOST_AUTO_TEST_CASE(a_lost_index_entry_names_its_row) {
  for (const KeyKind kind : {KeyKind::index, KeyKind::geo}) {
    const auto [key, value] = any(kind);
    erase(key);
    const ScanReport found = report();
    BOOST_TEST((found.key ==
                (kind == KeyKind::geo ? row_of_geo_entry(key) : row_of_index_entry(key, value))));
    BOOST_TEST(found.damage == "an index entry of the row is missing or wrong");
    BOOST_TEST((found.stored == found.scanned));
    put(key, value);
  }
}

BOOST_AUTO_TEST_CASE(a_stray_index_entry_is_noticed) {
  const StoredEntry stray = stored_entry({0, "stray", std::nullopt}, "nobody");
  put(stray.key, stray.value);
  BOOST_TEST(report().damage == "an index entry belongs to no row");
}

BOOST_AUTO_TEST_CASE(stores_are_compared_row_by_row) {
  const auto other = open(type, "other");
  feed(*other, history, 2);
  BOOST_TEST(!compare(*store, *other)->has_value());

  auto [key, value] = any(KeyKind::row);
  erase(key);
  const auto difference = compare(*store, *other);
  require(difference);
  BOOST_REQUIRE(difference->has_value());
  BOOST_TEST((*difference)->key == key.substr(1));
  BOOST_TEST((*difference)->a.empty());
  BOOST_TEST((*difference)->b == parse_row(value)->json);

  SlotPositions next = history.end();
  ++next[0].offset;
  require(other->apply({}, next));
  const auto apart = compare(*store, *other);
  BOOST_TEST((!apart && apart.error().code == Code::unavailable));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::sample::verify_test
