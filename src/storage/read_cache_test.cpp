// What the read cache keeps, what it refuses to keep, and how much of it.
#include "storage/read_cache.h"

#include <boost/test/unit_test.hpp>

namespace wf::read_cache_test {
namespace {

constexpr std::size_t much = 1U << 20U;

struct Fixture {
  std::shared_ptr<ReadCache> cache = std::make_shared<ReadCache>(much);
  StoreReads reads{cache};
  const std::string key = reads.key_of("key");
  const std::string stored = kind_key(KeyKind::row, "key");
  const std::vector<Edit> change{{stored, "new", false}};

  static RowRead row(std::uint64_t version) {
    return {.json = "{}", .row_version = version, .hash = 0, .quarantined_since = {}};
  }
  void keep(std::uint64_t version) { reads.put(key, row(version), reads.begin_read()); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(read_cache_tests, Fixture)

BOOST_AUTO_TEST_CASE(a_row_is_kept_until_a_write_of_it_begins) {
  keep(7);
  BOOST_REQUIRE(reads.get(key));
  BOOST_TEST(reads.get(key)->row_version == 7U);
  reads.begin_write({});
  BOOST_TEST(reads.get(key).has_value());  // another row's
  reads.end_write();
  reads.begin_write(change);
  BOOST_TEST(!reads.get(key).has_value());
  reads.end_write();
  BOOST_TEST(!reads.get(key).has_value());
}

BOOST_AUTO_TEST_CASE(what_was_read_before_or_during_a_write_is_not_kept) {
  const std::uint64_t before = reads.begin_read();
  reads.begin_write(change);
  reads.put(key, row(1), before);
  const std::uint64_t during = reads.begin_read();
  reads.put(key, row(1), during);
  BOOST_TEST(!reads.get(key).has_value());
  reads.end_write();
  reads.put(key, row(1), before);
  reads.put(key, row(1), during);
  BOOST_TEST(!reads.get(key).has_value());
  keep(2);
  BOOST_TEST(reads.get(key).has_value());
}

BOOST_AUTO_TEST_CASE(stores_share_the_cache_and_no_row) {
  const StoreReads other(cache);
  keep(1);
  BOOST_TEST(!other.get(other.key_of("key")).has_value());
}

BOOST_AUTO_TEST_CASE(rows_read_again_stay_and_the_bound_holds) {
  constexpr std::size_t row_bytes = 1000;
  const std::string hot = reads.key_of("hot");
  reads.put(hot, row(1), reads.begin_read());
  RowRead large = row(1);
  large.json.assign(row_bytes, ' ');
  for (int i = 0; i < 5000; ++i) {
    reads.put(reads.key_of(std::to_string(i)), large, reads.begin_read());
    BOOST_REQUIRE(reads.get(hot));
  }
  std::size_t kept = 0;
  for (int i = 0; i < 5000; ++i) kept += reads.get(reads.key_of(std::to_string(i))) ? 1U : 0U;
  BOOST_TEST(kept > 100U);
  BOOST_TEST(kept * row_bytes < much);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::read_cache_test
