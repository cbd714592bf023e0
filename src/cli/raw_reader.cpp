// Holds an outcome's records back until the fence has seen its end.
#include "cli/raw_reader.h"

#include <fmt/format.h>

namespace wf::cli {

Result<void> RawReader::start(Offset from) {
  Position position;
  position.offset = next_ = from;
  fence_ = Fence(position);
  return reader_.seek(slot_, from);
}

Result<std::size_t> RawReader::read(Limit limit, const OnRecord& on_record) {
  auto batch = reader_.read(slot_, limit);
  if (!batch) return tl::unexpected(batch.error());
  const std::size_t count = batch->records.size();
  for (const Record& record : batch->records) {
    next_ = record.offset + 1;
    if (commands_) {
      on_record(record, Accepted::not_asked);
      continue;
    }
    const auto accepted = judge(record);
    if (!accepted) return tl::unexpected(accepted.error());
    if (fence_.pending() > 0) {
      held_.push_back({record, *accepted});
      continue;
    }
    for (const Held& held : held_) on_record(held.record, held.accepted);
    held_.clear();
    on_record(record, *accepted);
  }
  if (held_.empty()) {
    batches_.clear();
  } else {
    batches_.push_back(std::move(*batch));
  }
  return count;
}

Result<Accepted> RawReader::judge(const Record& record) {
  switch (fence_.feed(record)) {
    case Fence::Verdict::skipped:
      return Accepted::no;
    case Fence::Verdict::partial:
    case Fence::Verdict::complete:
      return Accepted::yes;
    case Fence::Verdict::control:
      if (record.kind == Kind::opened) {  // a new epoch drops an outcome that is not whole
        for (Held& held : held_) {
          if (held.accepted == Accepted::yes) held.accepted = Accepted::no;
        }
      }
      return Accepted::control;
    case Fence::Verdict::diverged:
      break;
  }
  return fail(Code::mismatch,
              fmt::format("{}/{}: the owner at offset {} contradicts what was accepted before",
                          slot_.topic,
                          slot_.partition,
                          record.offset));
}

}  // namespace wf::cli
