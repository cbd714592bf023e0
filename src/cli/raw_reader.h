// Every record of a slot in offset order, each with what the fence says of it.
#pragma once
#include <functional>
#include <memory>
#include <vector>

#include "cli/event_json.h"
#include "log/fence.h"
#include "log/log.h"

namespace wf::cli {

// One thread. Outlived by its Reader. A commands slot has no fence: all its records count.
class RawReader {
 public:
  using OnRecord = std::function<void(const Record&, Accepted)>;

  RawReader(Reader& reader, Slot slot, bool commands)
      : reader_(reader), slot_(std::move(slot)), commands_(commands) {}

  // `from` is the log's begin, where an `opened` stands.
  Result<void> start(Offset from);
  // Reads one batch; records of an outcome that is not whole yet are held back. Returns the number
  // read, 0 at the tail.
  Result<std::size_t> read(Limit limit, const OnRecord& on_record);

  const Slot& slot() const { return slot_; }
  Offset next() const { return next_; }
  std::uint64_t skipped() const { return fence_.skipped(); }
  const Position& position() const { return fence_.position(); }

 private:
  struct Held {
    Record record;
    Accepted accepted;
  };
  Result<Accepted> judge(const Record& record);

  Reader& reader_;
  Slot slot_;
  bool commands_;
  Offset next_ = 0;
  Fence fence_;
  std::vector<Held> held_;
  std::vector<Batch> batches_;  // what held records point into
};

}  // namespace wf::cli
