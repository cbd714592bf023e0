// Fuzzes the fence: any records in any order; readers that stop, go on and read in other chunks
// agree.
#include "log/fence.h"

#include <vector>

#include "base/check.h"
#include "fuzz/input.h"
#include "log/outcome_reader.h"
#include "log/position.h"

namespace wf::fuzz {
namespace {

using History = std::vector<Record>;
using Outcome = std::vector<Offset>;  // of its records

// Small numbers that often fit each other, some that never do.
Offset number(Input& input) {
  const std::uint8_t byte = input.byte();
  return byte < 250 ? byte % 32 - 1 : INT64_MAX - byte % 4;
}

Record record(Input& input, Offset offset) {
  constexpr Kind kinds[] = {Kind::event,
                            Kind::opened,
                            Kind::resumed,
                            Kind::event,
                            Kind::send,
                            Kind::nothing,
                            Kind::trying,
                            Kind::command};
  Record made;
  made.offset = offset;
  made.kind = input.pick(std::span<const Kind>(kinds));
  made.id = Uuid::v5({}, std::to_string(offset));
  if (made.kind == Kind::opened) return made;
  made.epoch = number(input);
  made.cause = number(input);
  made.next = number(input);
  made.index = static_cast<std::uint32_t>(input.below(4));
  made.count = static_cast<std::uint32_t>(input.below(5));
  return made;
}

// Hands out the history in chunks.
class ChunkReader final : public Reader {
 public:
  ChunkReader(const History& history, std::size_t chunk) : history_(history), chunk_(chunk) {}

  Result<void> seek(const Slot&, Offset from) override {
    if (from < 0 || from > static_cast<Offset>(history_.size())) {
      return fail(Code::mismatch, "outside the log");
    }
    at_ = static_cast<std::size_t>(from);
    return {};
  }
  void drop(const Slot&) override {}
  Result<Batch> read(const Slot&, Limit limit) override {
    Batch batch;
    const std::size_t most = std::min(chunk_, limit.records);
    while (at_ < history_.size() && batch.records.size() < most) {
      batch.records.push_back(history_[at_++]);
    }
    return batch;
  }
  bool wait(Duration) override { return at_ < history_.size(); }
  void interrupt() override {}

 private:
  const History& history_;
  std::size_t chunk_;
  std::size_t at_ = 0;
};

struct Read {
  std::vector<Outcome> outcomes;
  Position position;
  bool diverged = false;

  bool operator==(const Read&) const = default;
};

Read read_from(const History& history, const Position& position, std::size_t chunk) {
  ChunkReader chunks(history, chunk);
  OutcomeReader reader(chunks, {"events.fuzz", 0});
  WF_CHECK(reader.start(position).has_value());
  Read all;
  for (;;) {
    const auto read = reader.read({}, [&](std::span<const Record> records) {
      Outcome& outcome = all.outcomes.emplace_back();
      for (const Record& one : records) outcome.push_back(one.offset);
    });
    if (!read) WF_CHECK(read.error().code == Code::mismatch);
    all.diverged = !read;
    all.position = reader.position();
    if (!read || *read == 0) return all;
  }
}

// What the fence says of each record alone.
class Walk {
 public:
  explicit Walk(const History& history) {
    for (const Record& one : history) {
      if (feed(one)) break;
      stops_.push_back(fence_.position());
      done_.push_back(outcomes_.size());
    }
  }

  const std::vector<Position>& stops() const { return stops_; }
  std::size_t outcomes_before(std::size_t stop) const { return done_[stop]; }
  const std::vector<Outcome>& outcomes() const { return outcomes_; }

 private:
  bool feed(const Record& one) {
    const Position before = fence_.position();
    switch (fence_.feed(one)) {
      case Fence::Verdict::partial:
      case Fence::Verdict::complete:
        accepted(one, before);
        break;
      case Fence::Verdict::control:
        if (one.kind == Kind::opened) open_.clear();
        break;
      case Fence::Verdict::skipped:
        break;
      case Fence::Verdict::diverged:
        return true;
    }
    const Position& now = fence_.position();
    WF_CHECK(now.offset >= before.offset && now.offset <= one.offset + 1);
    WF_CHECK(position_of(bytes_of(now)) == now);
    return false;
  }

  void accepted(const Record& one, const Position& before) {
    WF_CHECK(one.epoch == before.epoch && one.cause == before.next);
    WF_CHECK(one.index == open_.size());
    open_.push_back(one.offset);
    if (fence_.pending() != 0) return;
    WF_CHECK(open_.size() == one.count);
    WF_CHECK(fence_.position().next == one.cause + 1);  // causes are dense
    outcomes_.push_back(std::exchange(open_, {}));
  }

  Fence fence_;
  Outcome open_;
  std::vector<Outcome> outcomes_;
  std::vector<Position> stops_;    // after each record
  std::vector<std::size_t> done_;  // outcomes seen up to it
};

void check(const History& history, std::size_t chunk) {
  const Walk walk(history);
  const Read all = read_from(history, {}, history.size() + 1);
  WF_CHECK(all.outcomes == walk.outcomes());
  WF_CHECK(read_from(history, {}, chunk) == all);
  for (std::size_t stop = 0; stop < walk.stops().size(); stop += chunk) {
    const Read rest = read_from(history, walk.stops()[stop], chunk);
    const auto before = static_cast<std::ptrdiff_t>(walk.outcomes_before(stop));
    WF_CHECK(rest.outcomes ==
             std::vector<Outcome>(all.outcomes.begin() + before, all.outcomes.end()));
    WF_CHECK(rest.position == all.position && rest.diverged == all.diverged);
  }
}

}  // namespace
}  // namespace wf::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  wf::fuzz::Input input(data, size);
  const std::size_t chunk = 1 + input.below(7);
  wf::fuzz::History history;
  while (!input.empty()) {
    history.push_back(wf::fuzz::record(input, static_cast<wf::Offset>(history.size())));
  }
  wf::fuzz::check(history, chunk);
  return 0;
}
