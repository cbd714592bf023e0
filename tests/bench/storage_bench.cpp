// How fast two small tables fold, live and in a rebuild, in a directory given as argument:
// storage_bench [DIR [live|rebuild]].
#include <fmt/format.h>

#include <chrono>
#include <ctime>
#include <thread>

#include "base/check.h"
#include "storage/builder.h"
#include "storage/table_store.h"
#include "support/sample_tables.h"

namespace wf::sample {
namespace {

using Clock = std::chrono::steady_clock;

struct Tables {
  Bookings bookings;
  Daily daily{false};
  Tables() { bookings.without_geo(); }
  std::array<const TableType*, 2> all() const { return {&bookings, &daily}; }
};

// Of all threads, flushes and compactions included: what a busy machine does not blur.
double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::shared_ptr<TableStore> open(const std::filesystem::path& dir,
                                 const TableType& type,
                                 const Resources& resources) {
  const auto path = dir / type.info().name;
  std::filesystem::remove_all(path);
  return *TableStore::open(path, type, resources, uuid_of(1));
}

// The history in the order it happened, in batches, into both tables, one thread each.
void live(const std::filesystem::path& dir, const History& history, std::size_t batch) {
  const Resources resources;
  const auto items = std::vector<FoldItem>(history.slot(0).begin(), history.slot(0).end());
  const Tables tables;
  const double cpu = cpu_seconds();
  const auto start = Clock::now();
  std::vector<std::thread> threads;
  for (const TableType* type : tables.all()) {
    threads.emplace_back([&, type] {
      const auto store = open(dir, *type, resources);
      store->remove_when_closed();
      for (std::size_t from = 0; from < items.size(); from += batch) {
        const std::size_t size = std::min(batch, items.size() - from);
        WF_CHECK(
            store->apply(std::span(items).subspan(from, size),
                         {{"events.bookings", 0, static_cast<std::int64_t>(from + size), ""}}));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  fmt::print("live, batches of {:6}: {:8.0f} events/s, {:5.2f} us of CPU each\n",
             batch,
             static_cast<double>(items.size()) / seconds_since(start),
             (cpu_seconds() - cpu) * 1e6 / static_cast<double>(items.size()));
  std::fflush(stdout);
}

// A thread per slot adds to both builders, as decoding threads would.
void rebuild(const std::filesystem::path& dir, const History& history, const BuildLimits& limits) {
  const Resources resources;
  const Tables tables;
  std::size_t events = 0;
  std::vector<std::vector<FoldItem>> slots;
  for (std::size_t slot = 0; slot < history.slots(); ++slot) {
    slots.emplace_back(history.slot(slot).begin(), history.slot(slot).end());
    events += slots.back().size();
  }
  std::vector<std::unique_ptr<Builder>> builders;
  for (const TableType* type : tables.all()) {
    const auto path = dir / type->info().name;
    std::filesystem::remove_all(path);
    builders.push_back(*Builder::open(path, *type, resources, uuid_of(1), history.end(), limits));
  }
  constexpr std::size_t batch = 4'096;
  const double cpu = cpu_seconds();
  const auto start = Clock::now();
  std::vector<std::thread> threads;
  for (const auto& items : slots) {
    threads.emplace_back([&] {
      for (std::size_t from = 0; from < items.size(); from += batch) {
        const auto some = std::span(items).subspan(from, std::min(batch, items.size() - from));
        for (const auto& builder : builders) WF_CHECK(builder->add(some));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const double folded = seconds_since(start);
  for (const auto& builder : builders) {
    const auto store = builder->finish(history.end());
    WF_CHECK(store);
    (*store)->remove_when_closed();
  }
  const double all = seconds_since(start);
  fmt::print(
      "rebuild, {:7} rows in memory: {:8.0f} events/s, {:5.2f} us of CPU each (fold {:.2f} s, "
      "write {:.2f} s)\n",
      limits.rows_in_memory,
      static_cast<double>(events) / all,
      (cpu_seconds() - cpu) * 1e6 / static_cast<double>(events),
      folded,
      all - folded);
}

History::Options a_million(std::uint32_t slots) {
  History::Options options;
  options.slots = slots;
  options.events = 1'000'000;
  options.chargers = 10'000;
  options.bookings = 300'000;
  options.days = 3'650;
  options.poison_per_mille = 0;
  options.stranger_per_mille = 0;
  return options;
}

void bench_live(const std::filesystem::path& dir) {
  History::Options options = a_million(1);
  for (const std::uint64_t open : {2'000u, 300'000u}) {
    options.open = open;
    fmt::print("a million events, {} of 300000 bookings under way at a time\n", open);
    const History history(options);
    for (const std::size_t batch : {1'000u, 5'000u, 20'000u}) live(dir, history, batch);
  }
}

void bench_rebuild(const std::filesystem::path& dir) {
  fmt::print("a million events in two slots, all bookings under way\n");
  const History history(a_million(2));
  rebuild(dir, history, {});
  rebuild(dir, history, {.rows_in_memory = 60'000});
}

}  // namespace
}  // namespace wf::sample

int main(int count, char** arguments) {
  const std::filesystem::path dir = count > 1 ? arguments[1] : "storage_bench.tmp";
  const std::string_view only = count > 2 ? arguments[2] : "";
  if (only != "rebuild") wf::sample::bench_live(dir);
  if (only != "live") wf::sample::bench_rebuild(dir);
  std::filesystem::remove_all(dir);
  return 0;
}
