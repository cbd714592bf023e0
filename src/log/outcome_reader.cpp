// Feeds batches to the fence and keeps what a half-read outcome points into.
#include "log/outcome_reader.h"

#include <fmt/format.h>

#include "base/check.h"

namespace wf {

Result<void> OutcomeReader::start(const Position& position) {
  if (auto ok = seek(position); !ok) return ok;
  return check();
}

Result<void> OutcomeReader::seek(const Position& position) {
  fence_ = Fence(position);
  open_.clear();
  held_.clear();
  return reader_.seek(slot_, position.last_offset >= 0 ? position.last_offset : position.offset);
}

Result<void> OutcomeReader::check() {
  const Position& start = position();
  if (start.last_offset < 0) return {};
  auto batch = reader_.read(slot_, {.records = 1});
  if (!batch) return tl::unexpected(batch.error());
  if (batch->records.empty() || batch->records[0].id != start.last_id) {
    return fail(
        Code::mismatch,
        fmt::format("{}/{}: the record at offset {} is not the one this store last accepted",
                    slot_.topic,
                    slot_.partition,
                    start.last_offset));
  }
  if (start.offset == start.last_offset + 1) return {};
  return reader_.seek(slot_, start.offset);
}

Result<void> start_all(std::span<const std::unique_ptr<OutcomeReader>> readers,
                       std::span<const Position> positions) {
  WF_CHECK(readers.size() == positions.size());
  for (std::size_t i = 0; i < readers.size(); ++i) {
    if (auto ok = readers[i]->seek(positions[i]); !ok) return ok;
  }
  for (const auto& reader : readers) {
    if (auto ok = reader->check(); !ok) return ok;
  }
  return {};
}

Result<std::size_t> OutcomeReader::read(Limit limit,
                                        const OnOutcome& outcome,
                                        const OnControl& control) {
  auto batch = reader_.read(slot_, limit);
  if (!batch) return tl::unexpected(batch.error());
  for (const Record& record : batch->records) {
    switch (fence_.feed(record)) {
      case Fence::Verdict::skipped:
        break;
      case Fence::Verdict::control:
        if (record.kind == Kind::opened) open_.clear();
        if (control) control(record);
        break;
      case Fence::Verdict::partial:
        open_.push_back(record);
        break;
      case Fence::Verdict::complete:
        open_.push_back(record);
        outcome(open_);
        open_.clear();
        break;
      case Fence::Verdict::diverged:
        return fail(
            Code::mismatch,
            fmt::format("{}/{}: the owner at offset {} goes on after command {}, this store "
                        "accepted up to {}: it is of another log",
                        slot_.topic,
                        slot_.partition,
                        record.offset,
                        record.cause,
                        position().last_cause));
    }
  }
  const std::size_t count = batch->records.size();
  if (open_.empty()) {
    held_.clear();
  } else {
    held_.push_back(std::move(*batch));
  }
  return count;
}

}  // namespace wf
