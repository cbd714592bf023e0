// What readers see while batches are drained: every state whole, and an old view as it was.
#include "storage/store_view.h"

#include <boost/test/unit_test.hpp>

#include <map>
#include <random>

#include "storage/table_engine.h"
#include "support/table_fixture.h"

namespace wf::sample::store_view_test {
namespace {

std::map<std::string, std::string> content(const StoreView& view) {
  std::map<std::string, std::string> all;
  Range range(view, "x", "y");
  for (; range.valid(); range.next()) {
    BOOST_TEST((all.empty() || all.rbegin()->first < range.key()));
    all.emplace(range.key(), range.value());
  }
  BOOST_TEST(range.end().has_value());
  return all;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(store_view_tests, TableFixture)

// Random changes and drains, against a map.
BOOST_AUTO_TEST_CASE(memory_and_disk_read_as_one) {
  const Bookings type;
  const auto store = open(type);
  TableStore::Engine& engine = store->engine();
  std::mt19937 random(11);
  std::map<std::string, std::string> expected;
  for (int batch = 0; batch < 300; ++batch) {
    const StoreView before = engine.view();
    const auto old = expected;
    std::map<std::string, std::string> edits;  // empty: it goes
    for (int i = 0; i < 4; ++i) {
      const std::string key = "x" + std::to_string(random() % 60);
      edits[key] = random() % 3 == 0 ? "" : std::to_string(batch);
    }
    Changes changes;
    for (const auto& [key, value] : edits) {
      expected.erase(key);
      if (value.empty()) {
        changes.erase(key);
      } else {
        changes.put(key, value);
        expected[key] = value;
      }
    }
    require(engine.add(std::move(changes), {}, {}));
    if (random() % 10 == 0) require(random() % 2 == 0 ? engine.drain() : engine.begin_drain());
    BOOST_TEST((content(engine.view()) == expected));
    BOOST_TEST((content(before) == old));
    for (const std::string key : {"x1", "x17", "x59"}) {
      const auto value = engine.view().value(key);
      require(value);
      BOOST_TEST(*value == (expected.contains(key) ? expected[key] : ""));
    }
  }
}

BOOST_AUTO_TEST_CASE(what_cannot_be_written_stays_readable_and_is_tried_again) {
  const Bookings type;
  const auto store = open(type);
  TableStore::Engine& engine = store->engine();
  Changes changes;
  changes.put("x", "1");
  require(engine.add(std::move(changes), {}, {}));
  const std::filesystem::path obstacle = store->dir() / "drained-0.sst";
  std::filesystem::create_directory(obstacle);
  BOOST_TEST(!engine.drain().has_value());
  BOOST_TEST((content(engine.view()) == std::map<std::string, std::string>{{"x", "1"}}));
  std::filesystem::remove(obstacle);
  require(engine.drain());
  BOOST_TEST(engine.state()->runs.empty());
  BOOST_TEST((content(engine.view()) == std::map<std::string, std::string>{{"x", "1"}}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::sample::store_view_test
