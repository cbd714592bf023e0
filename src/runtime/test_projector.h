// For tests of the projector: a table of sums, and deciders whose events it folds.
#pragma once
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "runtime/projector.h"
#include "runtime/test_world.h"
#include "support/temp_dir.h"

namespace wf::test {

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
    row->events = field(parts, "events");
    row->total = field(parts, "total");
    return row;
  }
  void encode(const AnyRow& row, std::string& parts) const override {
    const Row& r = static_cast<const Row&>(row);
    parts += fmt::format(R"({{"events":{},"total":{}}})", r.events, r.total);
  }
  void fold(AnyRow& row, std::uint8_t, const Event& event, const Meta&) const override {
    Row& r = static_cast<Row&>(row);
    if (field(event.as<std::string>(), "n") == poison) throw std::runtime_error("not today");
    ++r.events;
    r.total += field(event.as<std::string>(), "n");
  }
  bool view(const AnyRow& row, std::string& json) const override {
    encode(row, json);
    return true;
  }
  void index(const AnyRow&, std::vector<IndexEntry>&) const override {}
  std::optional<std::string> answer(const AnyRow&, const Query&) const override { return {}; }

  std::int64_t poison = -1;  // an event of this n does not fold

 private:
  static constexpr std::string_view topics_[] = {"counters"};
  TableInfo info_;
};

struct ProjectorFixture {
  ProjectorFixture() {
    for (std::uint32_t p = 0; p < world.partitions; ++p) {
      CommandWorkerOptions worker = world.worker("counters", p);
      worker.store_path = "/decider";
      workers.push_back(std::make_unique<CommandWorker>(
          *world.log, *catalogue, TestCatalogue::platform(), worker, alarm));
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
  TestCatalogue catalogue;
  Sums type;
  Resources resources;
  Alarm alarm = [](std::string_view) {};
  std::vector<std::unique_ptr<CommandWorker>> workers;
  std::uint64_t sent = 0;
};

}  // namespace wf::test
