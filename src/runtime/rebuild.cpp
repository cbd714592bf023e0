// Threads take slots one after another; the events of one slot stay in order: while one batch is
// folded, the next ones are read and decoded.
#include "runtime/rebuild.h"

#include <mutex>
#include <thread>

#include "base/in_parallel.h"
#include "base/thread_name.h"
#include "log/outcome_reader.h"
#include "log/position.h"
#include "runtime/fold_ahead.h"

namespace wf {
namespace {

struct Work {
  Log& log;
  const Catalogue& catalogue;
  const RebuildOptions& options;
  RebuildProgress& progress;
  std::vector<const TableType*> types{};
  std::vector<std::unique_ptr<Builder>> builders{};  // of the types, in their order
  std::vector<Offset> ends{};
  SlotPositions positions{};  // each written by the thread that has its slot
  std::atomic<std::size_t> next{0};
  std::mutex mutex{};
  Result<void> result{};

  void touch(FoldBatch& batch) const {
    batch.touches.resize(builders.size());
    for (std::size_t n = 0; n < builders.size(); ++n) {
      builders[n]->touches(batch.decoded.items, batch.touches[n]);
    }
  }

  Result<void> add(const FoldBatch& batch) const {
    for (std::size_t n = 0; n < builders.size(); ++n) {
      if (auto ok = builders[n]->add(batch.decoded.items, batch.touches[n]); !ok) return ok;
    }
    return {};
  }

  void fail_with(const Error& error) {
    const std::scoped_lock lock(mutex);
    if (result) result = tl::unexpected(error);
    progress.cancel = true;
  }
};

// Where to stop in a slot.
Result<Offset> end_of(Log& log, const Slot& slot, const SlotPositions& until) {
  if (until.empty()) return log.end(slot);
  for (const SlotPosition& position : until) {
    if (position.topic == slot.topic && position.partition == slot.partition) {
      return position.offset;
    }
  }
  return 0;  // a slot that store has read nothing of
}

Result<void> read_slot(Work& work, Reader& reader, std::size_t index) {
  const Slot& slot = work.options.slots[index];
  OutcomeReader outcomes(reader, slot);
  const auto begin = work.log.begin(slot);
  if (!begin) return tl::unexpected(begin.error());
  Position start;
  start.offset = *begin;
  if (auto ok = outcomes.start(start); !ok) return ok;
  FoldAhead folding([&work](const FoldBatch& batch) { return work.add(batch); });
  Offset next = *begin;  // offsets of events are dense
  while (next < work.ends[index]) {
    if (work.progress.cancel) return fail(Code::closed, "the rebuild was cancelled");
    FoldBatch& batch = folding.next();
    Limit limit = work.options.batch;
    limit.records = std::min(limit.records, static_cast<std::size_t>(work.ends[index] - next));
    Result<void> decoded;
    const auto count = outcomes.read(limit, [&](std::span<const Record> outcome) {
      const auto slot_number = static_cast<std::uint32_t>(index);
      if (decoded)
        decoded = decode_events(work.catalogue, work.types, outcome, slot_number, batch.decoded);
    });
    if (!count) return tl::unexpected(count.error());
    if (!decoded) return decoded;
    work.progress.records += *count;
    work.progress.events += batch.decoded.seen;
    work.touch(batch);
    if (auto ok = folding.give(); !ok) return ok;
    if (*count == 0) break;  // not served yet
    next += static_cast<Offset>(*count);
  }
  if (auto ok = folding.finish(); !ok) return ok;
  work.positions[index] = {
      slot.topic, slot.partition, outcomes.position().offset, bytes_of(outcomes.position())};
  reader.drop(slot);
  return {};
}

void read_slots(Work& work) {
  name_thread("rebuild");
  auto reader = work.log.reader();
  if (!reader) return work.fail_with(reader.error());
  for (;;) {
    const std::size_t index = work.next++;
    if (index >= work.options.slots.size()) return;
    if (auto ok = read_slot(work, **reader, index); !ok) return work.fail_with(ok.error());
  }
}

}  // namespace

Result<std::shared_ptr<TableStore>> rebuild(Log& log,
                                            const Catalogue& catalogue,
                                            TableHome& table,
                                            const RebuildOptions& options,
                                            RebuildProgress& progress) {
  TableHome* const one[] = {&table};
  auto built = rebuild(log, catalogue, one, options, progress);
  if (!built) return tl::unexpected(built.error());
  return std::move(built->front());
}

Result<std::vector<std::shared_ptr<TableStore>>> rebuild(Log& log,
                                                         const Catalogue& catalogue,
                                                         std::span<TableHome* const> tables,
                                                         const RebuildOptions& options,
                                                         RebuildProgress& progress) {
  Work work{.log = log, .catalogue = catalogue, .options = options, .progress = progress};
  std::uint64_t total = 0;
  for (const Slot& slot : options.slots) {
    const auto end = end_of(log, slot, options.until);
    if (!end) return tl::unexpected(end.error());
    work.positions.push_back({slot.topic, slot.partition, 0, {}});
    work.ends.push_back(*end);
    total += static_cast<std::uint64_t>(*end);
  }
  progress.total = total;
  const auto shared = std::make_shared<RowsInMemory>();
  std::vector<Result<std::unique_ptr<Builder>>> begun(tables.size());
  in_parallel(options.threads, tables.size(), [&](std::size_t n) {
    begun[n] = tables[n]->begin_build(work.positions, options.limits, shared);
  });
  for (std::size_t n = 0; n < tables.size(); ++n) {
    if (!begun[n]) return tl::unexpected(begun[n].error());
    work.types.push_back(&tables[n]->type());
    work.builders.push_back(std::move(*begun[n]));
  }
  {
    std::vector<std::jthread> threads;
    const auto count = std::min<std::size_t>(options.threads, options.slots.size());
    for (std::size_t i = 0; i < count; ++i) threads.emplace_back([&work] { read_slots(work); });
  }
  if (!work.result) return tl::unexpected(work.result.error());
  // A few at once: while the disk is waited for by one, another sorts.
  std::vector<Result<std::shared_ptr<TableStore>>> finished(tables.size());
  in_parallel(options.threads, tables.size(), [&](std::size_t n) {
    finished[n] = progress.cancel ? fail(Code::closed, "the rebuild was cancelled")
                                  : work.builders[n]->finish(work.positions);
  });
  std::vector<std::shared_ptr<TableStore>> built;
  Result<void> done;
  for (auto& store : finished) {
    if (store) {
      built.push_back(std::move(*store));
    } else if (done) {
      done = tl::unexpected(store.error());
    }
  }
  if (done && progress.cancel) done = fail(Code::closed, "the rebuild was cancelled");
  if (done) return built;
  for (const auto& store : built) store->remove_when_closed();
  return tl::unexpected(done.error());
}

}  // namespace wf
