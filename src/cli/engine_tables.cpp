// What operators do to a running engine's tables: rebuilds and copies.
#include <chrono>
#include <thread>

#include "cli/engine.h"
#include "storage/checkpoint.h"

namespace wf::cli {
namespace {

constexpr auto swap_poll = std::chrono::milliseconds(20);

tl::unexpected<Error> no_table(std::string_view name) {
  return fail(Code::not_found, "this process has no table '" + std::string(name) + "'");
}

}  // namespace

Result<void> Engine::rebuild(std::string_view table, RebuildProgress& progress) {
  const auto found = tables_.find(table);
  if (found == tables_.end()) return no_table(table);
  const std::unique_lock lock(rebuilding_, std::try_to_lock);
  if (!lock.owns_lock()) return fail(Code::unavailable, "another rebuild is under way");
  TableHome& home = *found->second;
  RebuildOptions options;
  options.slots =
      slots_of(catalogue(), "events", static_cast<std::uint32_t>(config_.process.partitions));
  auto next = wf::rebuild(*log_, catalogue(), home, options, progress);
  if (!next) return tl::unexpected(next.error());
  projector_->replace(home, *next);
  while (home.live() != *next) {  // the projector swaps once both stand at the same place
    if (progress.cancel) return fail(Code::closed, "cancelled; it is swapped in when it is level");
    std::this_thread::sleep_for(swap_poll);
  }
  return {};
}

Result<void> Engine::checkpoint(std::string_view table, const std::string& directory) {
  const auto found = tables_.find(table);
  if (found == tables_.end()) return no_table(table);
  return wf::checkpoint(*found->second->live(), directory);
}

}  // namespace wf::cli
