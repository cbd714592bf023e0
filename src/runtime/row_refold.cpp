// Slot by slot through the fence, as a rebuild does, for the sake of one row.
#include "runtime/row_refold.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "runtime/decode_events.h"

namespace wf {
namespace {

constexpr Limit batch_max{.records = 20'000, .bytes = 16u << 20};
constexpr int empty_reads_max = 200;  // one after another
constexpr std::chrono::milliseconds empty_read_wait{10};

}  // namespace

Result<std::unique_ptr<RowRefold>> RowRefold::open(Log& log,
                                                   const Catalogue& catalogue,
                                                   const TableType& type,
                                                   std::string_view key) {
  std::unique_ptr<RowRefold> refold(new RowRefold(log, catalogue, type, key));
  auto reader = log.reader();
  if (!reader) return tl::unexpected(reader.error());
  refold->reader_ = std::move(*reader);
  return refold;
}

Result<void> RowRefold::advance(const SlotPositions& until, RebuildProgress& progress) {
  std::uint64_t total = 0;
  for (const SlotPosition& slot : until) total += static_cast<std::uint64_t>(slot.offset);
  progress.total = total;
  for (const SlotPosition& slot : until) {
    const auto index = reading_of(slot);
    if (!index) return tl::unexpected(index.error());
    if (auto ok = read(*index, slot.offset, progress); !ok) return ok;
  }
  return {};
}

// Its index; a slot seen for the first time is read from where the log begins.
Result<std::size_t> RowRefold::reading_of(const SlotPosition& slot) {
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].partition == slot.partition && slots_[i].topic == slot.topic) return i;
  }
  Position start;
  const Slot named{slot.topic, slot.partition};
  const auto begin = log_.begin(named);
  if (!begin) return tl::unexpected(begin.error());
  start.offset = *begin;
  auto outcomes = std::make_unique<OutcomeReader>(*reader_, named);
  if (auto ok = outcomes->start(start); !ok) return tl::unexpected(ok.error());
  readings_.push_back({std::move(outcomes), *begin});
  slots_.push_back({slot.topic, slot.partition, 0, {}});
  return slots_.size() - 1;
}

Result<void> RowRefold::read(std::size_t index, Offset until, RebuildProgress& progress) {
  Reading& reading = readings_[index];
  Result<void> decoded;
  int empty_reads = 0;
  while (reading.next < until) {
    if (progress.cancel) return fail(Code::closed, "cancelled; the row stays as it is");
    DecodedEvents events;
    Limit limit = batch_max;
    limit.records = std::min(limit.records, static_cast<std::size_t>(until - reading.next));
    const auto count = reading.outcomes->read(limit, [&](std::span<const Record> outcome) {
      if (!decoded) return;
      decoded = decode_events(
          catalogue_, {&type_, 1}, outcome, static_cast<std::uint32_t>(index), events);
    });
    if (!count) return tl::unexpected(count.error());
    if (!decoded) return decoded;
    if (*count == 0) {  // another reader of Kafka was brought them sooner than this one
      if (++empty_reads > empty_reads_max) {
        return fail(Code::unavailable, "the log does not serve its events now");
      }
      std::this_thread::sleep_for(empty_read_wait);  // wait() would tell of other slots, too
      continue;
    }
    empty_reads = 0;
    row_.add(events.items, slots_);
    progress.records += *count;
    progress.events += events.seen;
    reading.next += static_cast<Offset>(*count);
  }
  return {};
}

Result<void> RowRefold::put(TableStore& store) { return store.unpark(row_, positions()); }

SlotPositions RowRefold::positions() const {
  SlotPositions positions = slots_;
  for (std::size_t i = 0; i < positions.size(); ++i) {
    positions[i].offset = readings_[i].outcomes->position().offset;
  }
  return positions;
}

}  // namespace wf
