// Folds a table's whole history into a new generation beside the live one.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/catalogue.h"
#include "log/log.h"
#include "storage/generations.h"

namespace wf {

struct RebuildOptions {
  std::vector<Slot> slots;  // every events slot
  Limit batch{.records = 5'000, .bytes = 16u << 20};
  std::uint32_t threads = 2;  // readers and decoders; each has one more that folds
  BuildLimits limits;
  // Where to stop in each slot, as a store's positions say; empty: at the log's ends as of the
  // start.
  SlotPositions until;
};

// Counted while it runs, of all tables together; any thread may read.
struct RebuildProgress {
  std::atomic<std::uint64_t> records{0};  // read
  std::atomic<std::uint64_t> events{0};   // among them, of this table or not
  std::atomic<std::uint64_t> total{0};    // records up to the ends as of the start
  std::atomic<bool> cancel{false};
};

// Reads up to the log's ends as of the start, or to `until`. The store it returns may go on by
// apply(), and be swapped in by Projector::replace or TableHome::swap. Before it returns,
// `begin_build` is called: the projector must not swap the same table meanwhile. Code::closed:
// cancelled.
Result<std::shared_ptr<TableStore>> rebuild(Log& log,
                                            const Catalogue& catalogue,
                                            TableHome& table,
                                            const RebuildOptions& options,
                                            RebuildProgress& progress);
// The same of several tables, each once, in one reading of the log; they share the limit of rows in
// memory. `options.threads` of them begin and finish at a time.
Result<std::vector<std::shared_ptr<TableStore>>> rebuild(Log& log,
                                                         const Catalogue& catalogue,
                                                         std::span<TableHome* const> tables,
                                                         const RebuildOptions& options,
                                                         RebuildProgress& progress);

}  // namespace wf
