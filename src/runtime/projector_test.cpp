// The projector: tables stay equal to the fold of their log through failing reads, restarts and
// swaps.
#include "runtime/projector.h"

#include <boost/test/unit_test.hpp>

#include "runtime/rebuild.h"
#include "runtime/test_world.h"
#include "support/temp_dir.h"

namespace wf {
namespace {

using test::uuid_of;
using test::World;

// One row per counter: how many events it had, and their sum.
class Sums : public TableType {
 public:
  struct Row : AnyRow {
    std::int64_t events = 0;
    std::int64_t total = 0;
  };

  Sums() {
    info_.name = "sums";
    info_.code_hash = "code";
    info_.topics = topics_;
    info_.channel = true;
  }
  const TableInfo& info() const override { return info_; }
  bool folds(const EventType& type) const override { return type.name == "counter.Added"; }
  bool is_own(std::uint8_t) const override { return true; }
  void touches(const Event&, const Meta& meta, std::vector<Touch>& out) const override {
    out.push_back({meta.stream.text(), 0});
  }
  RowPtr fresh() const override { return std::make_unique<Row>(); }
  Result<RowPtr> decode(std::string_view parts) const override {
    auto row = std::make_unique<Row>();
    row->events = test::field(parts, "events");
    row->total = test::field(parts, "total");
    return row;
  }
  void encode(const AnyRow& row, std::string& parts) const override {
    const Row& r = static_cast<const Row&>(row);
    parts += fmt::format(R"({{"events":{},"total":{}}})", r.events, r.total);
  }
  void fold(AnyRow& row, std::uint8_t, const Event& event, const Meta&) const override {
    Row& r = static_cast<Row&>(row);
    ++r.events;
    r.total += test::field(event.as<std::string>(), "n");
  }
  bool view(const AnyRow& row, std::string& json) const override {
    encode(row, json);
    return true;
  }
  void index(const AnyRow&, std::vector<IndexEntry>&) const override {}
  std::optional<std::string> answer(const AnyRow&, const Query&) const override { return {}; }

 private:
  static constexpr std::string_view topics_[] = {"counters"};
  TableInfo info_;
};

// Every `period`-th read fails, whoever makes it.
class FlakyLog : public Log {
 public:
  explicit FlakyLog(Log& inner) : inner_(inner) {}
  int period = 0;  // 0: none fails
  int failed = 0;
  std::function<void()> before_read{};

  Uuid id() const override { return inner_.id(); }
  const std::vector<TopicSpec>& topics() const override { return inner_.topics(); }
  Result<std::unique_ptr<Appender>> writer(std::string name) override {
    return inner_.writer(std::move(name));
  }
  Result<std::unique_ptr<Reader>> reader() override {
    auto inner = inner_.reader();
    if (!inner) return inner;
    return std::make_unique<FlakyReader>(*this, std::move(*inner));
  }
  Result<Offset> begin(const Slot& slot) override { return inner_.begin(slot); }
  Result<Offset> end(const Slot& slot) override { return inner_.end(slot); }
  Result<std::unique_ptr<Ownership>> own(const std::string& topic) override {
    return inner_.own(topic);
  }

 private:
  class FlakyReader : public Reader {
   public:
    FlakyReader(FlakyLog& log, std::unique_ptr<Reader> inner)
        : log_(log), inner_(std::move(inner)) {}
    Result<void> seek(const Slot& slot, Offset from) override { return inner_->seek(slot, from); }
    void drop(const Slot& slot) override { inner_->drop(slot); }
    Result<Batch> read(const Slot& slot, Limit limit) override {
      if (log_.before_read) log_.before_read();
      if (log_.period > 0 && ++log_.reads_ % log_.period == 0) {
        ++log_.failed;
        return fail(Code::unavailable, "the broker is away");
      }
      return inner_->read(slot, limit);
    }
    bool wait(Duration timeout) override { return inner_->wait(timeout); }
    void interrupt() override { inner_->interrupt(); }

   private:
    FlakyLog& log_;
    std::unique_ptr<Reader> inner_;
  };

  Log& inner_;
  int reads_ = 0;
};

struct Fixture {
  Fixture() {
    for (std::uint32_t p = 0; p < world.partitions; ++p) {
      CommandWorkerOptions worker = world.worker("counters", p);
      worker.store_path = "/decider";
      workers.push_back(std::make_unique<CommandWorker>(
          *world.log, *catalogue, test::TestCatalogue::platform(), worker, alarm));
    }
  }
  void add(std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i, ++sent) {
      world.add(static_cast<std::int64_t>(sent % 9 + 1), 1'000 + sent, sent % 7);
    }
    for (auto& worker : workers) world.settle(*worker);
  }
  ProjectorOptions options() const {
    ProjectorOptions options;
    for (std::uint32_t p = 0; p < world.partitions; ++p) {
      options.slots.push_back({"events.counters", p});
    }
    options.batch.records = 5;
    return options;
  }
  std::unique_ptr<TableHome> home(const std::string& name) {
    auto opened = TableHome::open(dir / name, type, resources, world.log->id());
    BOOST_REQUIRE(opened);
    return std::move(*opened);
  }
  Totals folded_at_once() {
    auto table = home("reference");
    Projector projector(*world.log, *catalogue, options(), alarm);
    projector.add(*table);
    world.settle(projector);
    return table->live()->totals();
  }

  TempDir dir;
  World world{3};
  test::TestCatalogue catalogue;
  Sums type;
  Resources resources;
  Alarm alarm = [](std::string_view) {};
  std::vector<std::unique_ptr<CommandWorker>> workers;
  std::uint64_t sent = 0;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(projector_tests, Fixture)

BOOST_AUTO_TEST_CASE(a_read_that_fails_loses_nothing_of_the_slots_read_before_it) {
  add(60);
  FlakyLog flaky(*world.log);
  auto table = home("sums");
  Projector projector(flaky, *catalogue, options(), alarm);
  projector.add(*table);
  flaky.period = 5;  // in the middle of a round over three slots
  for (int i = 0; i < 200; ++i) {
    world.now = world.now + Duration::millis(300);
    projector.step(world.now);
  }
  BOOST_TEST(flaky.failed > 3);
  flaky.period = 0;
  world.settle(projector);
  BOOST_CHECK(table->live()->totals() == folded_at_once());
  BOOST_TEST(table->live()->totals().rows == 7u);
}

BOOST_AUTO_TEST_CASE(a_table_that_lags_catches_up_beside_one_that_is_level) {
  add(30);
  auto first = home("first");
  auto second = home("second");
  Projector projector(*world.log, *catalogue, options(), alarm);
  projector.add(*first);
  world.settle(projector);
  BOOST_TEST(first->state().live);
  projector.add(*second);
  add(30);
  world.settle(projector);
  BOOST_CHECK(second->live()->totals() == first->live()->totals());
  BOOST_TEST(second->state().live);
}

BOOST_AUTO_TEST_CASE(a_rebuilt_generation_is_swapped_in_while_events_arrive) {
  add(40);
  auto table = home("sums");
  Projector projector(*world.log, *catalogue, options(), alarm);
  projector.add(*table);
  world.settle(projector);
  const std::string before = table->state().generation;
  RebuildProgress progress;
  RebuildOptions how;
  how.slots = options().slots;
  auto built = rebuild(*world.log, *catalogue, *table, how, progress);
  BOOST_REQUIRE(built);
  BOOST_TEST(progress.events == 40u);
  add(25);
  projector.replace(*table, *built);
  add(10);
  world.settle(projector);
  BOOST_TEST(table->state().generation != before);
  BOOST_CHECK(table->live()->totals() == folded_at_once());
}

// Before every read of a slot it has grown: no two readers ever find the same end.
BOOST_AUTO_TEST_CASE(under_load_tables_are_live_and_generations_swapped) {
  add(40);
  FlakyLog growing(*world.log);
  auto table = home("sums");
  Projector projector(growing, *catalogue, options(), alarm);
  projector.add(*table);
  growing.before_read = [&] {
    world.add(1, 1'000 + sent, sent % 7);
    ++sent;
    for (auto& worker : workers) {
      for (int i = 0; i < 8; ++i) worker->step(world.now = world.now + Duration::millis(1));
    }
  };
  for (int i = 0; i < 100 && !table->state().live; ++i) projector.step(world.now);
  BOOST_TEST(table->state().live);
  RebuildProgress progress;
  RebuildOptions how;
  how.slots = options().slots;
  auto built = rebuild(*world.log, *catalogue, *table, how, progress);
  BOOST_REQUIRE(built);
  for (int i = 0; i < 10; ++i) projector.step(world.now);
  projector.replace(*table, *built);
  for (int i = 0; i < 100 && table->live() != *built; ++i) projector.step(world.now);
  BOOST_CHECK(table->live() == *built);
  BOOST_TEST(table->state().live);
  growing.before_read = nullptr;
  add(1);
  world.settle(projector);
  BOOST_CHECK(table->live()->totals() == folded_at_once());
}

BOOST_AUTO_TEST_CASE(rows_are_told_of_from_the_tail_on_and_through_failures) {
  add(21);
  FlakyLog flaky(*world.log);
  auto table = home("sums");
  std::size_t told = 0;
  Projector projector(flaky, *catalogue, options(), alarm);
  projector.on_rows(
      [&](const TableInfo&, const std::vector<std::string>& keys) { told += keys.size(); });
  projector.add(*table);
  world.settle(projector);
  BOOST_TEST(told == 0u);
  add(1);
  world.settle(projector);
  BOOST_TEST(told == 1u);
  flaky.period = 2;
  projector.step(world.now = world.now + Duration::seconds(1));
  BOOST_TEST(flaky.failed == 1);
  flaky.period = 0;
  add(1);
  world.settle(projector);
  BOOST_TEST(told == 2u);
}

BOOST_AUTO_TEST_CASE(a_restart_goes_on_where_the_store_stands) {
  add(20);
  {
    auto table = home("sums");
    Projector projector(*world.log, *catalogue, options(), alarm);
    projector.add(*table);
    world.settle(projector);
    projector.flush();
  }
  add(20);
  auto table = home("sums");
  Projector projector(*world.log, *catalogue, options(), alarm);
  projector.add(*table);
  world.settle(projector);
  BOOST_TEST(projector.folded() == 20u);
  BOOST_CHECK(table->live()->totals() == folded_at_once());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf
