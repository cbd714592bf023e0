// Tables that a start found without rows of this code: built beside what there is, in one reading
// of the log, and swapped in once they have reached its end.
#include <fmt/format.h>

#include <condition_variable>

#include "cli/engine.h"

namespace wf::cli {
namespace {

// A log shorter than that is folded as it is read, sooner than files are built.
constexpr Offset worth_building = 100'000;
constexpr Duration retry_min = Duration::seconds(1);
constexpr Duration retry_max = Duration::seconds(30);

}  // namespace

int percent_read(const RebuildProgress& progress) {
  const std::uint64_t total = progress.total;
  return total == 0
             ? 0
             : static_cast<int>(std::min<std::uint64_t>(100, progress.records * 100 / total));
}

bool Engine::is_given_up(const TableStore& built) const {
  const auto since = built.state().failing_since;
  const Duration max = Duration::seconds(config_.process.projector.build_failing_s_max);
  return since && wall_clock() - *since > max;
}

bool Engine::is_to_be_built(const TableHome& table) const {
  const auto store = table.live();
  if (store->frozen()) return true;
  if (!store->positions().empty()) return false;
  Offset records = 0;
  for (const Slot& slot : slots()) {
    const auto begin = log_->begin(slot);
    const auto end = log_->end(slot);
    if (!begin || !end) return false;  // the projector tells of it, and tries again
    records += *end - *begin;
  }
  return records >= worth_building;
}

void Engine::build_tables(const std::stop_token& stop) {
  const std::scoped_lock lock(rebuilding_);
  const std::stop_callback cancel(stop, [this] { building_progress_.cancel = true; });
  std::mutex waiting;
  std::condition_variable_any idle;
  for (Duration wait = retry_min;; wait = std::min(Duration{wait.us * 2}, retry_max)) {
    building_progress_.records = building_progress_.events = 0;
    building_progress_.cancel = false;
    if (stop.stop_requested()) return;
    const auto done = build_once(stop);
    if (done || stop.stop_requested()) return;
    alarm_(fmt::format(
        "building tables: {}; again in {} s", done.error().detail, wait.us / 1'000'000));
    std::unique_lock asleep(waiting);
    idle.wait_for(asleep, stop, std::chrono::microseconds(wait.us), [] { return false; });
  }
}

Result<void> Engine::build_once(const std::stop_token& stop) {
  RebuildOptions options;
  options.slots = slots();
  const auto built = wf::rebuild(*log_, catalogue(), to_build_, options, building_progress_);
  if (!built) return tl::unexpected(built.error());
  for (std::size_t i = 0; i < to_build_.size(); ++i)
    projector_->take_over(*to_build_[i], (*built)[i]);
  std::vector<TableHome*> failed;
  for (std::size_t i = 0; i < to_build_.size() && !stop.stop_requested();) {
    TableHome& home = *to_build_[i];
    const auto& next = (*built)[i];
    if (home.live() == next) {
      ++i;
    } else if (is_given_up(*next) && projector_->withdraw(home, next)) {
      next->remove_when_closed();
      failed.push_back(&home);
      ++i;
    } else {
      std::this_thread::sleep_for(swap_poll);
    }
  }
  if (failed.empty()) return {};
  to_build_ = std::move(failed);  // the others are fed
  return fail(Code::io, "what was built cannot be written on");
}

}  // namespace wf::cli
