// Live stores: batches, positions, quarantine, kills, other logs' directories.
#include "storage/table_store.h"

#include <algorithm>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <thread>

#include "storage/table_engine.h"
#include "support/table_fixture.h"

namespace wf::sample::table_store_test {
namespace {

struct Fixture : TableFixture {
  std::deque<Event> events;
  std::int64_t offset = 0;

  // One event about booking n by charger c.
  FoldItem item(const EventType& type,
                std::uint64_t n,
                std::uint64_t c = 1,
                std::int64_t amount = 5) {
    auto body = std::make_shared<Body>();
    body->booking = uuid_of(n);
    body->charger = uuid_of(c);
    body->renter = uuid_of(100 + n);
    body->amount = amount;
    body->day = static_cast<std::uint32_t>(n);
    FoldItem made{&events.emplace_back(type, std::move(body)), {}, 0, offset++};
    made.meta.stream = uuid_of(c);
    made.meta.at = {1'000'000 + made.offset};
    return made;
  }
  SlotPositions here() const { return {{"events.bookings", 3, offset, "fence"}}; }
  void apply(TableStore& store, std::vector<FoldItem> items) {
    require(store.apply(items, here()));
  }
  static RowRead get(const TableStore& store, std::uint64_t n) {
    auto row = store.get(bytes_of(uuid_of(n)));
    require(row);
    return *row;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(table_store_tests, Fixture)

BOOST_AUTO_TEST_CASE(a_batch_is_folded_and_read) {
  const Bookings type;
  const auto store = open(type);
  apply(*store, {item(reserved, 1), item(reserved, 2), item(changed, 1, 1, 7)});
  const RowRead row = get(*store, 1);
  BOOST_TEST(row.row_version == 2u);
  BOOST_TEST(row.json.find(R"("status":"changed","amount":12)") != std::string::npos);
  BOOST_TEST(!get(*store, 3).found());
  BOOST_TEST(store->totals().rows == 2u);
  BOOST_TEST((store->positions() == here()));
  BOOST_TEST((store->state().positions == Offsets{{"events.bookings", 3, 3}}));
}

BOOST_AUTO_TEST_CASE(until_it_is_live_a_store_says_how_old_the_files_are_that_it_found) {
  const Bookings type;
  auto store = open(type);
  BOOST_TEST((store->state().opened_as_of == Instant{}));
  store.reset();
  store = open(type);  // its files say whose they are, and nothing else
  BOOST_TEST((store->state().opened_as_of == Instant{}));
  apply(*store, {item(reserved, 1)});
  require(store->flush());
  BOOST_TEST((store->state().opened_as_of == Instant{}));  // part of the log is not a table yet
  store.reset();
  store = open(type);
  BOOST_TEST((store->state().opened_as_of.value() > Instant{}));
  store->mark_live();
  BOOST_TEST(!store->state().opened_as_of.has_value());
}

BOOST_AUTO_TEST_CASE(what_fails_before_it_was_live_is_as_old_as_the_files_it_found) {
  const Bookings type;
  auto store = open(type);
  store->mark_failing({2});
  store->mark_failing({3});
  BOOST_TEST((store->state().failing_since == Instant{2}));
  BOOST_TEST((store->state().opened_as_of == Instant{}));
  store->mark_live();
  apply(*store, {item(reserved, 1)});
  require(store->flush());
  store->mark_failing({4});
  BOOST_TEST((store->state().failing_since == Instant{4}));
  BOOST_TEST(!store->state().opened_as_of.has_value());
  store.reset();
  store = open(type);
  store->mark_failing({5});
  BOOST_TEST((store->state().opened_as_of.value() > Instant{5}));
}

BOOST_AUTO_TEST_CASE(a_row_read_before_is_read_as_the_last_batch_left_it) {
  const Bookings type;
  const auto store = open(type);
  for (std::uint64_t version = 1; version <= 3; ++version) {
    apply(*store, {item(version == 1 ? reserved : changed, 1)});
    for (int again = 0; again < 2; ++again) BOOST_TEST(get(*store, 1).row_version == version);
  }
  apply(*store, {item(hid, 1)});
  BOOST_TEST(!get(*store, 1).found());
}

BOOST_AUTO_TEST_CASE(readers_beside_the_writer_never_go_back) {
  const Bookings type;
  const auto store = open(type);
  apply(*store, {item(reserved, 1)});
  std::atomic<bool> done = false;
  std::atomic<int> wrong = 0;
  const auto read = [&] {
    while (!done) {
      const auto told = static_cast<std::uint64_t>(store->positions().front().offset);
      const auto row = store->get(bytes_of(uuid_of(1)));
      if (!row || row->row_version < told) ++wrong;
    }
  };
  std::thread one(read);
  std::thread two(read);
  for (int i = 0; i < 500; ++i) apply(*store, {item(changed, 1)});
  done = true;
  one.join();
  two.join();
  BOOST_TEST(wrong == 0);
  BOOST_TEST(get(*store, 1).row_version == 501U);
}

BOOST_AUTO_TEST_CASE(every_change_of_a_row_changes_its_hash) {
  const Bookings type;
  const auto store = open(type);
  apply(*store, {item(reserved, 1)});
  const RowRead first = get(*store, 1);
  apply(*store, {item(changed, 1, 1, 0)});
  BOOST_TEST(get(*store, 1).hash != first.hash);
}

BOOST_AUTO_TEST_CASE(a_hidden_row_keeps_its_parts) {
  const Bookings type;
  const auto store = open(type);
  apply(*store, {item(reserved, 1, 1, 5), item(hid, 1, 1, 6)});
  BOOST_TEST(!get(*store, 1).found());
  apply(*store, {item(changed, 1, 1, 7)});
  BOOST_TEST(get(*store, 1).json.find(R"("amount":18)") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_store_opens_where_it_was_closed) {
  const Bookings type;
  Totals totals;
  {
    const auto store = open(type);
    apply(*store, {item(reserved, 1), item(poison, 2)});
    totals = store->totals();
  }
  const auto store = open(type);
  BOOST_TEST((store->positions() == here()));
  BOOST_TEST((store->totals() == totals));
  apply(*store, {item(changed, 1)});
  BOOST_TEST(get(*store, 1).row_version == 2u);
}

BOOST_AUTO_TEST_CASE(a_store_of_another_log_code_or_table_is_refused) {
  const Bookings type;
  open(type).reset();
  const Bookings newer("code-2");
  const Daily other;
  const auto refused = [&](const TableType& as, const Uuid& log) {
    const auto store = TableStore::open(dir / "store", as, resources, log);
    return !store && store.error().code == Code::mismatch;
  };
  BOOST_TEST(refused(type, uuid_of(43)));
  BOOST_TEST(refused(newer, log_id));
  BOOST_TEST(refused(other, log_id));
  BOOST_TEST(!refused(type, log_id));
}

BOOST_AUTO_TEST_CASE(a_fold_that_throws_parks_the_row_only) {
  const Bookings type;
  const auto store = open(type);
  apply(*store, {item(reserved, 1), item(reserved, 2)});
  const FoldItem bad = item(poison, 1);
  apply(*store, {bad, item(changed, 1), item(changed, 2)});
  apply(*store, {item(changed, 1)});
  BOOST_TEST(get(*store, 2).row_version == 2u);
  BOOST_TEST(!get(*store, 2).quarantined_since.has_value());
  const RowRead parked = get(*store, 1);
  BOOST_TEST(!parked.found());
  BOOST_TEST((parked.quarantined_since == bad.meta.at));
  BOOST_TEST(store->state().quarantined == 1u);
  const auto records = store->quarantined(10);
  require(records);
  BOOST_REQUIRE(records->size() == 1);
  BOOST_TEST(records->front().key == bytes_of(uuid_of(1)));
  BOOST_TEST(records->front().reason == "poisoned");
  BOOST_TEST((records->front().first == Offsets{{"events.bookings", 3, bad.offset}}));
  BOOST_TEST((store->positions() == here()));
}

BOOST_AUTO_TEST_CASE(an_own_part_refuses_a_second_stream) {
  const Bookings type;
  const auto store = open(type);
  apply(*store, {item(reserved, 1, 1), item(changed, 1, 2)});
  BOOST_TEST(get(*store, 1).quarantined_since.has_value());
  const auto records = store->quarantined(10);
  require(records);
  BOOST_TEST(records->at(0).reason.find("second stream") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_view_that_fails_ends_with_the_next_that_does_not) {
  const Daily type;
  const auto store = open(type);
  apply(*store, {item(reserved, 1, 1, 22)});
  auto row = store->get(day_key(1));
  require(row);
  BOOST_TEST(!row->found());
  BOOST_TEST(row->quarantined_since.has_value());
  BOOST_TEST(store->totals().quarantined == 1u);
  apply(*store, {item(reserved, 1, 2, 1)});
  row = store->get(day_key(1));
  require(row);
  BOOST_TEST(row->json == R"({"day":1,"sum":23,"count":2})");
  BOOST_TEST(!row->quarantined_since.has_value());
  BOOST_TEST(row->row_version == 2u);
  BOOST_TEST(store->totals().quarantined == 0u);
  BOOST_TEST(store->quarantined(10)->empty());
}

BOOST_AUTO_TEST_CASE(a_refolded_row_leaves_quarantine) {
  const Bookings type;
  const auto store = open(type);
  std::vector<FoldItem> all{
      item(reserved, 1), item(poison, 1), item(changed, 1), item(reserved, 2)};
  apply(*store, all);

  Refold again(type, bytes_of(uuid_of(1)));
  again.add(all, here());
  const auto still = store->unpark(again, here());
  BOOST_TEST((!still && still.error().code == Code::invalid));

  all.erase(all.begin() + 1);  // as if the fold had been mended
  Refold early(type, bytes_of(uuid_of(1)));
  early.add(all, here());
  const auto behind = store->unpark(early, {{"events.bookings", 3, offset - 1, ""}});
  BOOST_TEST((!behind && behind.error().code == Code::unavailable));

  Refold mended(type, bytes_of(uuid_of(1)));
  mended.add(all, here());
  require(store->unpark(mended, here()));
  BOOST_TEST(get(*store, 1).row_version == 2u);
  BOOST_TEST(store->totals().quarantined == 0u);
  all.push_back(item(changed, 1));
  apply(*store, {all.back()});
  BOOST_TEST(get(*store, 1).row_version == 3u);

  const auto fresh = open(type, "fresh");
  apply(*fresh, all);
  BOOST_TEST((fresh->totals() == store->totals()));
}

BOOST_AUTO_TEST_CASE(after_a_kill_no_row_is_ahead_of_its_position) {
  const Bookings type;
  const History history({.seed = 5});
  const auto store = open(type);
  feed(*store, history, 1);
  require(store->flush());
  const SlotPositions flushed = store->positions();
  const Totals totals = store->totals();
  offset = 100'000;
  apply(*store, {item(reserved, 999'999)});
  // A copy of the files is what a killed process leaves: there is no WAL. While they are copied
  // RocksDB must not tidy up.
  BOOST_REQUIRE(store->engine().db->DisableFileDeletions().ok());
  std::filesystem::copy(dir / "store", dir / "killed", std::filesystem::copy_options::recursive);
  const auto killed = open(type, "killed");
  BOOST_TEST((killed->positions() == flushed));
  BOOST_TEST((killed->totals() == totals));
  BOOST_TEST(!get(*killed, 999'999).found());
}

// A process killed right after a drained file was taken in leaves that name too, linked to it.
BOOST_AUTO_TEST_CASE(a_drain_does_not_write_into_a_file_that_a_kill_left_linked) {
  const Bookings type;
  auto store = open(type);
  apply(*store, {item(reserved, 1), item(reserved, 2)});
  require(store->flush());
  std::filesystem::path newest;
  for (const auto& entry : std::filesystem::directory_iterator(store->dir())) {
    if (entry.path().extension() == ".sst") newest = std::max(newest, entry.path());
  }
  std::filesystem::create_hard_link(newest, store->dir() / "drained-0.sst");
  apply(*store, {item(changed, 1, 1, 7), item(reserved, 3)});
  require(store->flush());
  const Totals totals = store->totals();
  store.reset();
  store = open(type);
  BOOST_TEST((store->totals() == totals));
  BOOST_TEST((store->positions() == here()));
  for (std::uint64_t n = 1; n <= 3; ++n) {
    const RowRead row = get(*store, n);
    BOOST_TEST(row.row_version == (n == 1 ? 2U : 1U));
    const std::string_view amount = n == 1 ? R"("amount":12)" : R"("amount":5)";
    BOOST_TEST(row.json.find(amount) != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(while_nothing_can_be_drained_memory_is_bounded_and_nothing_told_is_lost) {
  const Bookings type;
  const Resources little({.block_cache_bytes = 8 << 20, .write_buffer_bytes = 64 << 10});
  const auto open_little = [&] { return *TableStore::open(dir / "store", type, little, log_id); };
  auto store = open_little();
  const std::filesystem::path obstacle = store->dir() / "drained-0.sst";
  std::filesystem::create_directory(obstacle);
  std::uint64_t rows = 0;
  std::vector<FoldItem> batch;
  SlotPositions told;
  Result<void> applied;
  for (int batches = 0; applied && batches < 100; ++batches) {
    told = store->positions();
    batch.clear();
    for (int i = 0; i < 20; ++i) batch.push_back(item(reserved, ++rows));
    applied = store->apply(batch, here());
  }
  BOOST_REQUIRE(!applied);
  BOOST_TEST(!store->apply(batch, here()).has_value());
  BOOST_TEST(!told.empty());
  BOOST_TEST((store->positions() == told));
  std::filesystem::remove(obstacle);
  apply(*store, batch);
  apply(*store, {item(reserved, ++rows)});
  store.reset();
  store = open_little();
  BOOST_TEST(store->totals().rows == rows);
  BOOST_TEST((store->positions() == here()));
  for (std::uint64_t n = 1; n <= rows; ++n) BOOST_TEST(get(*store, n).row_version == 1U);
}

BOOST_AUTO_TEST_CASE(a_store_takes_nothing_more_until_what_failed_to_be_flushed_is_written) {
  const Bookings type;
  const auto store = open(type);
  apply(*store, {item(reserved, 1)});
  const std::filesystem::path obstacle = store->dir() / "drained-0.sst";
  std::filesystem::create_directory(obstacle);
  BOOST_TEST(!store->flush().has_value());
  const std::vector<FoldItem> next = {item(reserved, 2)};
  for (int again = 0; again < 3; ++again) {
    BOOST_TEST(!store->apply(next, here()).has_value());
    BOOST_TEST(!store->begin_flush().has_value());
  }
  BOOST_TEST(store->totals().rows == 1U);
  std::filesystem::remove(obstacle);
  require(store->flush());
  apply(*store, next);
  BOOST_TEST(store->totals().rows == 2U);
}

BOOST_AUTO_TEST_CASE(content_does_not_depend_on_batches_or_on_how_slots_interleave) {  // G4
  const Bookings bookings;
  const Daily daily;
  for (const TableType* type :
       {static_cast<const TableType*>(&bookings), static_cast<const TableType*>(&daily)}) {
    const History history({.seed = 11});
    const auto first = open(*type, std::string(type->info().name));
    feed(*first, history, 1);
    BOOST_TEST(first->totals().rows > 0u);
    BOOST_TEST(first->totals().quarantined > 0u);
    for (std::uint64_t seed = 2; seed < 8; ++seed) {
      const auto other = open(*type, std::string(type->info().name) + std::to_string(seed));
      feed(*other, history, seed);
      BOOST_TEST((other->totals() == first->totals()), type->info().name << " seed " << seed);
      BOOST_TEST((other->positions() == first->positions()));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::sample::table_store_test
