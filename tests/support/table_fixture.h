// What every test of a table store needs: a directory, small resources, and ways to feed a history.
#pragma once
#include <boost/test/unit_test.hpp>
#include <memory>
#include <random>

#include "storage/table_store.h"
#include "support/sample_tables.h"
#include "support/temp_dir.h"

namespace wf::sample {

struct TableFixture {
  TempDir dir;
  ResourceLimits limits{
      .block_cache_bytes = 8 << 20, .write_buffer_bytes = 64 << 20, .cached_rows = 64};
  Resources resources{limits};
  Uuid log_id = uuid_of(42);

  std::shared_ptr<TableStore> open(const TableType& type, const std::string& name = "store") {
    auto store = TableStore::open(dir / name, type, resources, log_id);
    BOOST_REQUIRE_MESSAGE(store, (store ? "" : store.error().detail));
    return *store;
  }

  // Applies the history in batches whose size and mixture of slots the seed decides.
  static void feed(TableStore& store, const History& history, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::vector<std::size_t> done(history.slots());
    for (;;) {
      std::vector<FoldItem> batch;
      const std::size_t size = 1 + random() % 300;
      bool more = false;
      for (std::size_t tries = 0; tries < size; ++tries) {
        const std::size_t slot = random() % history.slots();
        if (done[slot] < history.slot(slot).size())
          batch.push_back(history.slot(slot)[done[slot]++]);
      }
      for (std::size_t slot = 0; slot < done.size(); ++slot)
        more |= done[slot] < history.slot(slot).size();
      require(store.apply(batch, History::positions(done)));
      if (!more) return;
    }
  }

  template <class T>
  static void require(const Result<T>& result) {
    BOOST_REQUIRE_MESSAGE(result, (result ? "" : result.error().detail));
  }
};

}  // namespace wf::sample
