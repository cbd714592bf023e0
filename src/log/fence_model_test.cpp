// The fence against random schedules: several writers whose decisions differ, sends that are lost,
// doubled or late, crashes, zombies. The real Fence, OutcomeReader and logs; only the writers are
// modelled.
#include <boost/test/unit_test.hpp>
#include <deque>
#include <random>

#include "log/faulty_log.h"
#include "log/memory_disk.h"
#include "log/outcome_reader.h"
#include "log/rocks_log.h"
#include "log/test_records.h"

namespace wf::fence_model_test {
namespace {

constexpr std::uint32_t seeds = 3'000;
// An outcome's records carry who wrote them, and in which attempt, as their correlation.
using Tag = std::uint64_t;
using Outcome = std::pair<Offset, Tag>;  // cause, tag; tag 0: mixed

Tag tag_of(const Record& record) {
  Tag tag = 0;
  for (std::size_t i = 8; i < 16; ++i) tag = (tag << 8U) | record.correlation.bytes[i];
  return tag;
}

Outcome outcome_of(std::span<const Record> records) {
  Tag tag = tag_of(records.front());
  for (const Record& record : records) {
    if (tag_of(record) != tag || record.cause != records.front().cause) tag = 0;
  }
  return {records.front().cause, tag};
}

// Folds records [from, …) of a history.
struct Folded {
  Fence fence;
  std::vector<Outcome> outcomes;
  bool diverged = false;

  explicit Folded(const Position& position) : fence(position) {}
  void feed(const Record& record) {
    switch (fence.feed(record)) {
      case Fence::Verdict::skipped:
        break;
      case Fence::Verdict::control:
        if (record.kind == Kind::opened) open_.clear();
        break;
      case Fence::Verdict::partial:
        open_.push_back(record);
        break;
      case Fence::Verdict::complete:
        open_.push_back(record);
        outcomes.push_back(outcome_of(open_));
        open_.clear();
        break;
      case Fence::Verdict::diverged:
        diverged = true;
        break;
    }
  }

 private:
  std::vector<Record> open_;
};

Folded fold(std::span<const Record> history, const Position& position = {}) {
  Folded folded(position);
  for (const Record& record : history.subspan(static_cast<std::size_t>(position.offset))) {
    folded.feed(record);
  }
  return folded;
}

Position from_offset(Offset offset) {
  Position position;
  position.offset = offset;
  return position;
}

// One in-memory log for all seeds: each seed has an events partition to itself.
struct World {
  World() {
    RocksLogOptions options;
    options.path = "/log";
    options.topics = {{"keys", 1, true}, {"events.model", seeds}};
    options.disk = &disk;
    options.inline_commit = true;
    auto opened = open_rocks_log(std::move(options));
    BOOST_REQUIRE(opened);
    log = std::move(*opened);
  }
  MemoryDisk disk;
  std::unique_ptr<Log> log;
};

struct Writer {
  enum class At { opening, waiting, running };
  Tag name = 0;
  At at = At::opening;
  Tag nonce = 0;
  int waited = 0;
  Tag attempt = 0;
  Offset epoch = -1;
  Offset next = 0;
  std::deque<Record> in_flight;
};

class Run {
 public:
  // `resend`: a writer that finds a gap decides again in the same epoch, which it must not.
  Run(World& world, std::uint32_t seed, bool resend)
      : world_(world),
        random_(seed),
        slot_{"events.model", seed},
        log_(*world.log, seed, {.lost = 0.05, .late = 0.05, .doubled = 0.05, .late_calls_max = 20}),
        resend_(resend),
        commands_(between(3, 8)) {
    reader_ = std::move(*world_.log->reader());
    BOOST_REQUIRE(reader_->seek(slot_, 0));
  }

  // "" or what is wrong.
  std::string check() {
    alive_.push_back(new_writer());
    for (int step = between(30, 250); step > 0; --step) take_step();
    finish();
    if (auto wrong = outcomes_are_whole(); !wrong.empty()) return wrong;
    if (auto wrong = every_restart_agrees(); !wrong.empty()) return wrong;
    return outcome_reader_agrees();
  }

  FaultCounts faults() const { return log_.counts(); }

 private:
  int between(int low, int high) {
    return low + static_cast<int>(random_() % static_cast<unsigned>(high - low + 1));
  }
  bool chance(double probability) {
    return std::uniform_real_distribution<double>(0, 1)(random_) < probability;
  }

  Writer new_writer() {
    Writer writer;
    writer.name = ++names_;
    return writer;
  }

  void take_step() {
    if (chance(0.08)) alive_.push_back(new_writer());
    if (!alive_.empty() && chance(0.05)) {  // killed; its bytes may still arrive
      const std::size_t i = random_() % alive_.size();
      dead_.push_back(std::move(alive_[i]));
      alive_.erase(alive_.begin() + static_cast<std::ptrdiff_t>(i));
    }
    for (Writer& writer : dead_) {
      if (chance(0.3)) deliver(writer);
    }
    if (alive_.empty()) alive_.push_back(new_writer());
    Writer& writer = alive_[random_() % alive_.size()];
    if (chance(0.5)) {
      deliver(writer);
      return;
    }
    switch (writer.at) {
      case Writer::At::opening:
        open(writer);
        break;
      case Writer::At::waiting:
        look_for_opened(writer);
        break;
      case Writer::At::running:
        decide(writer);
        break;
    }
  }

  // One send arrives, or does what FaultyLog chooses. The writer does not hear of it: it sends
  // ahead.
  void deliver(Writer& writer) {
    if (writer.in_flight.empty()) return;
    const Record record = writer.in_flight.front();
    writer.in_flight.pop_front();
    (void)(*log_.writer("model"))->append(slot_, std::span(&record, 1), Durability::with_outcome);
  }

  void append(const Record& record) {
    const auto writer = world_.log->writer("model");
    BOOST_REQUIRE((*writer)->append(slot_, std::span(&record, 1), Durability::now));
  }

  void open(Writer& writer) {
    Record record;
    record.kind = Kind::opened;
    record.correlation = test::uuid_of(writer.nonce = ++nonces_);
    writer.in_flight.push_back(record);
    writer.at = Writer::At::waiting;
    writer.waited = 0;
  }

  void look_for_opened(Writer& writer) {
    refresh();
    const auto found = std::find_if(history_.rbegin(), history_.rend(), [&](const Record& record) {
      return record.kind == Kind::opened && tag_of(record) == writer.nonce;
    });
    if (found == history_.rend()) {
      if (++writer.waited > 6) writer.at = Writer::At::opening;
      return;
    }
    const auto upto = static_cast<std::size_t>(found->offset) + 1;
    writer.epoch = found->offset;
    const Offset last = last_cause(fold(std::span(history_).first(upto)));
    writer.in_flight.push_back(resumed(writer.epoch, last));
    writer.next = last + 1;
    writer.at = Writer::At::running;
  }

  void decide(Writer& writer) {
    if (writer.next < commands_) send_outcome(writer);
    if (!chance(0.15)) return;
    refresh();  // reads back
    const Folded now = fold(history_);
    const Offset last = last_cause(now);
    const bool foreign = now.fence.position().epoch != writer.epoch;
    const bool gap = writer.in_flight.empty() && last + 1 != writer.next;
    if (!foreign && !gap) return;
    if (resend_ && !foreign) {
      writer.next = last + 1;
      return;
    }
    writer.at = Writer::At::opening;
    std::erase_if(writer.in_flight, [this](const Record&) { return chance(0.5); });
  }

  void send_outcome(Writer& writer) {
    const auto count = static_cast<std::uint32_t>(between(1, 3));
    const Tag tag = (writer.name << 32U) | ++writer.attempt;
    for (std::uint32_t i = 0; i < count; ++i) {
      writer.in_flight.push_back(data(writer.epoch, writer.next, i, count, tag));
    }
    ++writer.next;
  }

  // Everything late arrives, then one last owner answers what is left.
  void finish() {
    for (auto* writers : {&dead_, &alive_}) {
      for (Writer& writer : *writers) {
        while (!writer.in_flight.empty()) deliver(writer);
      }
    }
    log_.deliver_late();
    refresh();
    const Offset last = last_cause(fold(history_));
    const auto epoch = static_cast<Offset>(history_.size());
    Record opened;
    opened.kind = Kind::opened;
    append(opened);
    append(resumed(epoch, last));
    for (Offset cause = last + 1; cause < commands_; ++cause) append(data(epoch, cause, 0, 1, ~0U));
    refresh();
  }

  std::string outcomes_are_whole() {
    whole_ = fold(history_).outcomes;
    if (whole_.size() != static_cast<std::size_t>(commands_)) return "a command has no outcome";
    for (Offset cause = 0; cause < commands_; ++cause) {
      const auto& [answered, tag] = whole_[static_cast<std::size_t>(cause)];
      if (answered != cause) return "the outcomes are not those of the commands, in order";
      if (tag == 0) return "an outcome is of two writers";
    }
    return "";
  }

  // Wherever a reader stops and goes on, or starts at an `opened`, it sees what the others see.
  std::string every_restart_agrees() {
    Folded reader{Position{}};
    for (const Record& record : history_) {
      if (record.kind == Kind::opened) {
        const Folded late = fold(history_, from_offset(record.offset));
        if (late.diverged || !is_suffix(late.outcomes)) return "a start at `opened` differs";
      }
      reader.feed(record);
      if (reader.diverged) return "a reader diverged";
      if (record.offset % 5 != 0) continue;
      std::vector<Outcome> all = reader.outcomes;
      const Folded rest = fold(history_, reader.fence.position());
      all.insert(all.end(), rest.outcomes.begin(), rest.outcomes.end());
      if (rest.diverged || all != whole_) return "a restart at a position differs";
    }
    return "";
  }

  // The real reader, in batches of any size, restarted now and then.
  std::string outcome_reader_agrees() {
    std::vector<Outcome> all;
    Position position;
    while (position.offset < static_cast<Offset>(history_.size())) {
      OutcomeReader reader(*reader_, slot_);
      if (!reader.start(position)) return "a reader finds its log to be another one";
      for (int batches = between(1, 5); batches > 0; --batches) {
        const Limit limit{.records = 1 + random_() % 20};
        const auto read = reader.read(
            limit, [&](std::span<const Record> records) { all.push_back(outcome_of(records)); });
        if (!read) return read.error().detail;
      }
      // Inside an outcome longer than those batches it would never get on.
      if (reader.position().offset == position.offset) break;
      position = reader.position();
    }
    if (position.offset < static_cast<Offset>(history_.size()))
      return finish_reading(all, position);
    return all == whole_ ? "" : "OutcomeReader differs";
  }

  std::string finish_reading(std::vector<Outcome> all, const Position& position) {
    OutcomeReader reader(*reader_, slot_);
    if (!reader.start(position)) return "a reader finds its log to be another one";
    while (true) {
      const auto read = reader.read(
          {}, [&](std::span<const Record> records) { all.push_back(outcome_of(records)); });
      if (!read) return read.error().detail;
      if (*read == 0) return all == whole_ ? "" : "OutcomeReader differs";
    }
  }

  bool is_suffix(const std::vector<Outcome>& tail) const {
    return tail.size() <= whole_.size() && std::equal(tail.rbegin(), tail.rend(), whole_.rbegin());
  }

  static Offset last_cause(const Folded& folded) {
    return std::max<Offset>(folded.fence.position().last_cause, -1);
  }
  static Record resumed(Offset epoch, Offset after) {
    Record record;
    record.kind = Kind::resumed;
    record.epoch = epoch;
    record.cause = after;
    record.next = after + 1;
    return record;
  }
  static Record data(
      Offset epoch, Offset cause, std::uint32_t index, std::uint32_t count, Tag tag) {
    Record record;
    record.kind = Kind::event;
    record.id = test::uuid_of((tag << 8U) | index);
    record.correlation = test::uuid_of(tag);
    record.epoch = epoch;
    record.cause = cause;
    record.index = index;
    record.count = count;
    return record;
  }

  void refresh() {
    // An append of nothing makes what the log holds readable.
    BOOST_REQUIRE((*world_.log->writer("model"))->append(slot_, {}, Durability::now));
    const auto from = static_cast<Offset>(history_.size());
    BOOST_REQUIRE(reader_->seek(slot_, from));
    while (true) {
      auto batch = reader_->read(slot_, {});
      BOOST_REQUIRE(batch);
      if (batch->records.empty()) return;
      history_.insert(history_.end(), batch->records.begin(), batch->records.end());
      batches_.push_back(std::move(*batch));
    }
  }

  World& world_;
  std::mt19937_64 random_;
  const Slot slot_;
  FaultyLog log_;
  const bool resend_;
  const Offset commands_;
  std::unique_ptr<Reader> reader_;
  std::vector<Record> history_;
  std::vector<Batch> batches_;
  std::vector<Writer> alive_;
  std::vector<Writer> dead_;
  Tag names_ = 0;
  Tag nonces_ = 0;
  std::vector<Outcome> whole_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(fence_model_tests)

BOOST_AUTO_TEST_CASE(readers_agree_under_every_schedule) {
  World world;
  FaultCounts faults;
  for (std::uint32_t seed = 0; seed < seeds; ++seed) {
    Run run(world, seed, false);
    const std::string wrong = run.check();
    if (!wrong.empty()) BOOST_ERROR("seed " << seed << ": " << wrong);
    faults.lost += run.faults().lost;
    faults.delivered += run.faults().delivered;
    faults.doubled += run.faults().doubled;
  }
  BOOST_TEST(faults.lost > seeds);
  BOOST_TEST(faults.delivered > seeds);
  BOOST_TEST(faults.doubled > seeds);
}

// The control: the checker sees what goes wrong when a writer sends twice in one epoch.
BOOST_AUTO_TEST_CASE(a_writer_that_sends_twice_in_one_epoch_is_caught) {
  World world;
  bool caught = false;
  for (std::uint32_t seed = 0; seed < seeds && !caught; ++seed) {
    caught = !Run(world, seed, true).check().empty();
  }
  BOOST_TEST(caught);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::fence_model_test
