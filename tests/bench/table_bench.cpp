// How fast the projector folds a stored log into tables by its live path.
// usage: table_bench PROCESS_CONFIG SCRATCH_DIR [TABLE…]; default: bookings daily_bookings. Nobody
// else may use the deployment meanwhile.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ctime>

#include "base/check.h"
#include "cli/config.h"
#include "cli/open_log.h"
#include "runtime/deciders.h"
#include "runtime/projector.h"

namespace wf::cli {
namespace {

double cpu_of_thread() {
  timespec used{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

int run(const std::string& config,
        const std::string& scratch,
        const std::vector<std::string_view>& wanted) {
  const auto process = load_process(config, "");
  WF_CHECK(process.has_value());
  const auto log = open_log(*process);
  WF_CHECK(log.has_value());
  const Resources resources(ResourceLimits{});
  ProjectorOptions options;
  options.slots = slots_of(catalogue(), "events", static_cast<std::uint32_t>(process->partitions));
  options.batch.records = static_cast<std::size_t>(process->projector.batch_max);
  Projector projector(
      **log, catalogue(), options, [](std::string_view what) { fmt::print(stderr, "{}\n", what); });
  std::vector<std::unique_ptr<TableHome>> tables;
  for (const TableType* type : catalogue().tables) {
    const std::string_view name = type->info().name;
    if (std::ranges::find(wanted, name) == wanted.end()) continue;
    auto home =
        TableHome::open(fmt::format("{}/{}", scratch, name), *type, resources, (*log)->id());
    WF_CHECK(home.has_value());
    projector.add(**home);
    tables.push_back(std::move(*home));
  }
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  projector.step(wall_clock());
  const std::uint64_t first = projector.folded() / tables.size();  // each table by itself, so far
  const std::uint64_t so_far = projector.folded();
  while (projector.step(wall_clock()) == Projector::Progress::busy) {
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  WF_CHECK(!projector.failure());
  // Every booking of the benchmark has one event, so rows are the events that were folded.
  fmt::print(R"({{"folded":{},"history":{},"seconds":{:.3f},"thread_cpu":{:.3f},"digests":{{)",
             tables.front()->live()->totals().rows,
             first + projector.folded() - so_far,
             seconds,
             cpu_of_thread());
  for (const auto& table : tables) {
    fmt::print(R"({}"{}":"{}")",
               table == tables.front() ? "" : ",",
               table->type().info().name,
               table->live()->totals().digest.text());
  }
  fmt::print("}}}}");
  return 0;
}

}  // namespace
}  // namespace wf::cli

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  std::vector<std::string_view> tables(argv + 3, argv + argc);
  if (tables.empty()) tables = {"bookings", "daily_bookings"};
  return wf::cli::run(argv[1], argv[2], tables);
}
