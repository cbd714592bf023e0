// Chooses a fault per call from one seeded generator, and keeps what is to arrive late.
#include "log/faulty_log.h"

#include <algorithm>
#include <deque>
#include <list>
#include <mutex>
#include <random>

#include "base/check.h"

namespace wf {
namespace {

enum class Fault { none, lost, prefix, unseen, late, doubled };

// Records that outlive the call they came with.
struct Held {
  Slot slot;
  std::vector<Record> records;
  std::deque<std::string> texts;
  int calls_left = 0;

  std::string_view keep(std::string_view text) { return texts.emplace_back(text); }
  void add(Record record) {
    record.type = keep(record.type);
    record.payload = keep(record.payload);
    record.link.topic = keep(record.link.topic);
    record.origin_type = keep(record.origin_type);
    records.push_back(record);
  }
};

}  // namespace

class FaultyLog::Chance {
 public:
  Chance(Log& inner, std::uint64_t seed, const Faults& faults)
      : inner_(inner), random_(seed), faults_(faults) {}

  void set(const Faults& faults) {
    const std::lock_guard lock(mutex_);
    faults_ = faults;
  }
  void pause(bool paused) {
    const std::lock_guard lock(mutex_);
    paused_ = paused;
  }
  void seed(std::uint64_t seed) {
    const std::lock_guard lock(mutex_);
    random_.seed(seed);
  }
  FaultCounts counts() const {
    const std::lock_guard lock(mutex_);
    return counts_;
  }

  // The fault of one append, and how many records are written before it.
  std::pair<Fault, std::size_t> for_append(std::size_t records) {
    const std::lock_guard lock(mutex_);
    if (paused_) return {Fault::none, records};
    double left = unit();
    const auto hit = [&left](double probability) { return (left -= probability) < 0; };
    if (hit(faults_.lost)) return count(counts_.lost, Fault::lost, 0);
    if (hit(faults_.prefix) && records > 1) {
      return count(counts_.prefixes, Fault::prefix, 1 + random_() % (records - 1));
    }
    if (hit(faults_.unseen)) return count(counts_.unseen, Fault::unseen, records);
    if (hit(faults_.late) && records > 0) {
      return count(counts_.held, Fault::late, random_() % records);
    }
    if (hit(faults_.doubled)) return count(counts_.doubled, Fault::doubled, records);
    return {Fault::none, records};
  }

  // How many records one read may return.
  Limit for_read(Limit limit) {
    const std::lock_guard lock(mutex_);
    if (!paused_ && unit() < faults_.short_read && limit.records > 1) {
      ++counts_.short_reads;
      limit.records = 1 + random_() % std::min<std::size_t>(limit.records - 1, 5);
    }
    return limit;
  }
  bool empty_read() {
    const std::lock_guard lock(mutex_);
    if (paused_ || unit() >= faults_.empty_read) return false;
    ++counts_.empty_reads;
    return true;
  }

  bool failed_read() {
    const std::lock_guard lock(mutex_);
    if (paused_ || unit() >= faults_.failed_read) return false;
    ++counts_.failed_reads;
    return true;
  }

  void hold(const Slot& slot, std::span<const Record> records) {
    const std::lock_guard lock(mutex_);
    Held& held = held_.emplace_back();
    held.slot = slot;
    for (const Record& record : records) held.add(record);
    held.calls_left =
        1 +
        static_cast<int>(random_() % static_cast<unsigned>(std::max(1, faults_.late_calls_max)));
  }

  // A call went by, or all of them: what is due arrives.
  void deliver(bool all) {
    std::list<Held> due;
    {
      const std::lock_guard lock(mutex_);
      if (paused_) return;
      for (auto held = held_.begin(); held != held_.end();) {
        const auto at = held++;
        if (all || --at->calls_left <= 0) due.splice(due.end(), held_, at);
      }
      counts_.delivered += due.size();
    }
    for (const Held& held : due) {
      const auto writer = inner_.writer("late");
      // The log below may refuse; then the bytes never arrive, which may happen too.
      if (writer) (void)(*writer)->append(held.slot, held.records, Durability::now);
    }
  }

 private:
  double unit() { return std::uniform_real_distribution<double>(0, 1)(random_); }
  static std::pair<Fault, std::size_t> count(std::uint64_t& counter, Fault fault, std::size_t n) {
    ++counter;
    return {fault, n};
  }

  Log& inner_;
  mutable std::mutex mutex_;
  std::mt19937_64 random_;
  Faults faults_;
  bool paused_ = false;
  FaultCounts counts_;
  std::list<Held> held_;
};

class FaultyLog::FaultyAppender : public Appender {
 public:
  FaultyAppender(std::unique_ptr<Appender> inner, Chance& chance)
      : inner_(std::move(inner)), chance_(chance) {}

  Result<void> append(const Slot& slot,
                      std::span<const Record> records,
                      Durability durability) override {
    chance_.deliver(false);
    if (!inner_) return fail(Code::closed, "this appender is dead");
    const auto [fault, written] = chance_.for_append(records.size());
    if (written > 0 || records.empty()) {
      if (auto ok = inner_->append(slot, records.first(written), durability); !ok) return ok;
    }
    switch (fault) {
      case Fault::none:
        return {};
      case Fault::doubled:
        return inner_->append(slot, records, durability);
      case Fault::late:
        chance_.hold(slot, records.subspan(written));
        break;
      case Fault::lost:
      case Fault::prefix:
      case Fault::unseen:
        break;
    }
    inner_.reset();
    return fail(Code::timeout, "no answer: what was sent may be there, or come");
  }

 private:
  std::unique_ptr<Appender> inner_;  // null: dead
  Chance& chance_;
};

class FaultyLog::FaultyReader : public Reader {
 public:
  FaultyReader(std::unique_ptr<Reader> inner, Chance& chance)
      : inner_(std::move(inner)), chance_(chance) {}

  Result<void> seek(const Slot& slot, Offset from) override { return inner_->seek(slot, from); }
  void drop(const Slot& slot) override { inner_->drop(slot); }
  Result<Batch> read(const Slot& slot, Limit limit) override {
    chance_.deliver(false);
    if (chance_.failed_read()) return fail(Code::unavailable, "nobody answers");
    if (chance_.empty_read()) return Batch{};
    return inner_->read(slot, chance_.for_read(limit));
  }
  bool wait(Duration timeout) override { return inner_->wait(timeout); }
  void interrupt() override { inner_->interrupt(); }

 private:
  std::unique_ptr<Reader> inner_;
  Chance& chance_;
};

FaultyLog::FaultyLog(Log& inner, std::uint64_t seed, const Faults& faults)
    : inner_(inner), chance_(std::make_unique<Chance>(inner, seed, faults)) {}
FaultyLog::~FaultyLog() = default;

void FaultyLog::set(const Faults& faults) { chance_->set(faults); }
void FaultyLog::seed(std::uint64_t seed) { chance_->seed(seed); }
FaultCounts FaultyLog::counts() const { return chance_->counts(); }
void FaultyLog::deliver_late() { chance_->deliver(true); }
void FaultyLog::pause(bool paused) { chance_->pause(paused); }

Uuid FaultyLog::id() const { return inner_.id(); }
const std::vector<TopicSpec>& FaultyLog::topics() const { return inner_.topics(); }

Result<std::unique_ptr<Appender>> FaultyLog::writer(std::string name) {
  auto inner = inner_.writer(std::move(name));
  if (!inner) return inner;
  return std::make_unique<FaultyAppender>(std::move(*inner), *chance_);
}

Result<std::unique_ptr<Reader>> FaultyLog::reader() {
  auto inner = inner_.reader();
  if (!inner) return inner;
  return std::make_unique<FaultyReader>(std::move(*inner), *chance_);
}

Result<Offset> FaultyLog::begin(const Slot& slot) { return inner_.begin(slot); }
Result<Offset> FaultyLog::end(const Slot& slot) { return inner_.end(slot); }
Result<std::unique_ptr<Ownership>> FaultyLog::own(const std::vector<std::string>& topics) {
  return inner_.own(topics);
}

}  // namespace wf
