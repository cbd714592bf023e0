// What a table's RocksDB does on its own.
#include "storage/engine_db.h"

#include <rocksdb/db.h>

#include <boost/test/unit_test.hpp>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "storage/builder.h"
#include "storage/table_engine.h"
#include "support/table_fixture.h"

namespace wf::sample::engine_db_test {
namespace {

struct MergeFixture : TableFixture {
  Bookings type;
  std::shared_ptr<TableStore> store = open(type);
  rocksdb::DB& db = *store->engine().db;
  std::mt19937_64 random{7};

  // Rows anywhere in the table, as those of new bookings are.
  void drain_rows(std::size_t count) {
    Changes changes;
    std::string value(1'000, ' ');
    for (std::size_t i = 0; i < count; ++i) {
      for (char& byte : value) byte = static_cast<char>(random());  // LZ4 finds nothing
      changes.put("x" + std::to_string(random()), value);
    }
    require(store->engine().add(std::move(changes), {}, {}));
    require(store->engine().drain());
    BOOST_REQUIRE(db.PauseBackgroundWork().ok());  // when what it led to is done
    BOOST_REQUIRE(db.ContinueBackgroundWork().ok());
  }

  static int files_at(rocksdb::DB& db, int level) {
    std::string files;
    BOOST_REQUIRE(db.GetProperty("rocksdb.num-files-at-level" + std::to_string(level), &files));
    return std::stoi(files);
  }

  // By merges; files that were taken in are not counted.
  double merged_mb() const {
    std::map<std::string, std::string> stats;
    BOOST_REQUIRE(db.GetMapProperty("rocksdb.cfstats", &stats));
    return std::stod(stats.at("compaction.Sum.WriteGB")) * 1024;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(engine_db_tests, MergeFixture)

BOOST_AUTO_TEST_CASE(small_files_are_not_merged_with_the_whole_table) {
  drain_rows(10'000);  // 10 MB
  for (int i = 0; i < 64; ++i) drain_rows(10);
  BOOST_TEST(merged_mb() < 20);
  BOOST_TEST(files_at(db, 0) <= 8);
}

// Else the first drains after a rebuild would have all of it merged.
BOOST_AUTO_TEST_CASE(what_was_built_lies_at_the_bottom) {
  const History history({.seed = 11});
  auto builder = Builder::open(dir / "built", type, resources, log_id, history.end());
  require(builder);
  for (std::size_t slot = 0; slot < history.slots(); ++slot) {
    const auto& events = history.slot(slot);
    require((*builder)->add(std::vector<FoldItem>(events.begin(), events.end())));
  }
  const auto built = (*builder)->finish(history.end());
  require(built);
  rocksdb::DB& of_it = *(*built)->engine().db;
  BOOST_TEST(files_at(of_it, 6) > 2);
  BOOST_TEST(files_at(of_it, 0) <= 1);  // whose it is
  BOOST_TEST((of_it.GetOptions().compaction_style == rocksdb::kCompactionStyleUniversal));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::sample::engine_db_test
