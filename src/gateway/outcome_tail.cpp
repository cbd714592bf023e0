// One post to each io thread per round of reading, whatever the number of outcomes.
#include "gateway/outcome_tail.h"

#include <algorithm>
#include <chrono>

#include "base/thread_name.h"
#include "log/position.h"

namespace wf::gateway {
namespace {

constexpr Duration wait_max = Duration::millis(100);
constexpr Duration lag_every = Duration::millis(250);  // gateway.log_answer_ms_max is more
constexpr Limit batch{.records = 4096, .bytes = 4U << 20U};
constexpr Offset window = 8192;

// Where to look for a slot's newest `opened`: in [from, to) first, then before it.
struct Search {
  Offset begin = 0;
  Offset from = 0;
  Offset to = 0;
};

// The newest `opened` in [from, to), to which the reader was sought; -1: there is none.
Result<Offset> newest_opened_in(Reader& reader, const Slot& slot, const Search& search) {
  Offset found = -1;
  while (search.from < search.to) {
    const auto read = reader.read(slot, batch);
    if (!read) return tl::unexpected(read.error());
    for (const Record& record : read->records) {
      if (record.offset >= search.to) return found;
      if (record.kind == Kind::opened) found = record.offset;
    }
    if (read->records.empty()) break;
  }
  return found;
}

Result<Search> search_end(Log& log, Reader& reader, const Slot& slot) {
  const auto begin = log.begin(slot);
  if (!begin) return tl::unexpected(begin.error());
  const auto end = log.end(slot);
  if (!end) return tl::unexpected(end.error());
  const Search search{*begin, std::max(*begin, *end - window), *end};
  if (auto sought = reader.seek(slot, search.from); !sought) return tl::unexpected(sought.error());
  return search;
}

Result<Offset> finish(Reader& reader, const Slot& slot, Search search) {
  for (Offset step = window * 2;; step *= 2) {
    const auto found = newest_opened_in(reader, slot, search);
    if (!found || *found >= 0) return found;
    if (search.from == search.begin) return search.begin;
    search = {search.begin, std::max(search.begin, search.from - step), search.from};
    if (auto sought = reader.seek(slot, search.from); !sought)
      return tl::unexpected(sought.error());
  }
}

// The command that is to be answered next, also while a new owner has yet to say where it goes on.
Offset next_command(const Position& position) {
  if (position.next >= 0) return position.next;
  return position.last_cause == Position::unknown ? -1 : position.last_cause + 1;
}

}  // namespace

Result<std::vector<Position>> newest_opened(Log& log, Reader& reader, std::span<const Slot> slots) {
  std::vector<Search> searches;
  for (const Slot& slot : slots) {  // all before the first read: see start_all()
    const auto search = search_end(log, reader, slot);
    if (!search) return tl::unexpected(search.error());
    searches.push_back(*search);
  }
  std::vector<Position> found;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const auto offset = finish(reader, slots[i], searches[i]);
    if (!offset) return tl::unexpected(offset.error());
    found.push_back({.offset = *offset});
  }
  return found;
}

OutcomeTail::OutcomeTail(Log& log,
                         const Catalogue& catalogue,
                         Waiting& waiting,
                         Posts posts,
                         const SlotPositions& known,
                         Duration answer_max)
    : log_(log),
      catalogue_(catalogue),
      waiting_(waiting),
      posts_(std::move(posts)),
      answer_max_(answer_max) {
  for (const TopicSpec& topic : log.topics()) {
    if (!topic.name.starts_with("events.")) continue;
    for (std::uint32_t i = 0; i < topic.partitions; ++i) {
      auto lane = std::make_unique<Lane>();
      lane->events = {topic.name, i};
      lane->commands = {"commands." + topic.name.substr(std::string_view("events.").size()), i};
      const auto at = std::ranges::find_if(known, [&](const SlotPosition& one) {
        return one.topic == lane->events.topic && one.partition == lane->events.partition;
      });
      const auto start = at == known.end() ? std::nullopt : position_of(at->fence);
      if (start) starts_.push_back(*start);
      lanes_.push_back(std::move(lane));
    }
  }
  if (starts_.size() != lanes_.size()) starts_.clear();
}

OutcomeTail::~OutcomeTail() { stop(); }

void OutcomeTail::start() {
  thread_ = std::thread([this] { run(); });
  sampler_ = std::thread([this] { run_sampler(); });
}

void OutcomeTail::stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
  if (sampler_.joinable()) sampler_.join();
}

Result<void> OutcomeTail::open() {
  auto reader = log_.reader();
  if (!reader) return tl::unexpected(reader.error());
  for (const auto& lane : lanes_) lane->reader.reset();
  reader_ = std::move(*reader);
  if (starts_.empty()) {
    std::vector<Slot> slots;
    for (const auto& lane : lanes_) slots.push_back(lane->events);
    auto found = newest_opened(log_, *reader_, slots);
    if (!found) return tl::unexpected(found.error());
    starts_ = std::move(*found);
  }
  std::vector<std::unique_ptr<OutcomeReader>> readers;
  for (const auto& lane : lanes_) {
    readers.push_back(std::make_unique<OutcomeReader>(*reader_, lane->events));
  }
  if (auto started = start_all(readers, starts_); !started) return started;
  for (std::size_t i = 0; i < lanes_.size(); ++i) lanes_[i]->reader = std::move(readers[i]);
  return {};
}

void OutcomeTail::run() {
  name_thread("outcomes");
  while (!stopping_) {
    const auto more = step(wall_clock());
    if (more && *more) continue;
    if (more) {
      reader_->wait(wait_max);
    } else if (!stopping_) {
      std::this_thread::sleep_for(std::chrono::microseconds(wait_max.us));
    }
  }
}

Result<bool> OutcomeTail::step(Instant now) {
  Result<bool> more = false;
  if (!opened_) {
    const auto done = open();
    opened_ = done.has_value();
    if (!done) more = tl::unexpected(done.error());
  }
  if (opened_) more = read_all();
  if (more) {
    reading_fails_ = 0;
    if (!*more) caught_up_ = true;
    return more;
  }
  if (reading_fails_ == 0) reading_fails_ = now.us;
  failed(more.error().code);
  return more;
}

void OutcomeTail::failed(Code code) {
  if (code == Code::unavailable) return;
  if (code == Code::mismatch) {
    starts_.clear();  // of another log
  } else if (opened_) {
    for (std::size_t i = 0; i < lanes_.size(); ++i) starts_[i] = lanes_[i]->reader->position();
  }
  opened_ = false;
}

// An idle log reads as empty whether anybody is there or not: only a question shows it.
void OutcomeTail::run_sampler() {
  name_thread("positions");
  auto next = std::chrono::steady_clock::now();  // the wall clock may be set back by hours
  while (!stopping_) {
    std::this_thread::sleep_for(std::chrono::microseconds(wait_max.us));
    if (std::chrono::steady_clock::now() < next) continue;
    next = std::chrono::steady_clock::now() + std::chrono::microseconds(lag_every.us);
    sample(wall_clock());
  }
}

void OutcomeTail::sample(Instant now) {
  asked_ = now.us;
  const auto answered = sample_lag();
  asked_ = 0;
  if (answered) sampled_ = now.us;
  if (answered) sampling_fails_ = 0;
  if (!answered && sampling_fails_ == 0) sampling_fails_ = now.us;
}

Instant OutcomeTail::failing_since() const {
  const std::int64_t asked = asked_;
  const bool slow = asked != 0 && wall_clock() - Instant{asked} > answer_max_;
  std::int64_t since = 0;
  for (const std::int64_t one : {reading_fails_.load(), sampling_fails_.load(), slow ? asked : 0}) {
    if (one != 0 && (since == 0 || one < since)) since = one;
  }
  return {since};
}

Result<bool> OutcomeTail::read_all() {
  Result<bool> more = false;
  std::vector<Told> finished;
  for (const auto& lane : lanes_) {
    const auto read = lane->reader->read(
        batch, [&](std::span<const Record> records) { take(*lane, records, finished); });
    if (!read) {
      more = tl::unexpected(read.error());
      break;  // whoever was taken out of `waiting_` must still hear of it
    }
    const Position& position = lane->reader->position();
    lane->read = position.offset;  // before `next`, as answered() relies on
    lane->next = next_command(position);
    *more = *more || *read != 0;
  }
  if (!finished.empty()) tell(posts_, std::move(finished));
  return more;
}

void OutcomeTail::take(const Lane& lane, std::span<const Record> records, std::vector<Told>& out) {
  outcomes_.fetch_add(1, std::memory_order_relaxed);
  const Record& first = records.front();
  if (waiting_.empty()) return;
  auto waiters = waiting_.take({first.causation, first.body});
  if (waiters.empty()) return;
  Outcome outcome;
  outcome.fate = Outcome::Fate::decided;
  outcome.kind = Kind::event;
  for (const Record& record : records) {
    outcome.stream_version = std::max(outcome.stream_version, record.version);
    if (record.kind == Kind::event) {
      if (record.principal == system_account) continue;  // of a deadline that was due before it
      const EventType* const type = catalogue_.event(record.type);
      if (type != nullptr) outcome.events.push_back(type->name);
    } else if (record.kind != Kind::send) {
      outcome.kind = record.kind;
      outcome.payload = record.payload;
    }
  }
  outcome.position = {lane.events.topic, lane.events.partition, records.back().offset + 1};
  out.push_back({std::move(waiters), std::move(outcome)});
}

Result<void> OutcomeTail::sample_lag() {
  for (const auto& lane : lanes_) {
    const auto end = log_.end(lane->commands);
    if (!end) return tl::unexpected(end.error());
    const Offset next = lane->next;
    lane->end = *end;
    lane->lag = next < 0 && *end > 0 ? -1 : std::max<Offset>(0, *end - std::max<Offset>(next, 0));
  }
  return {};
}

std::optional<OutcomeTail::Answered> OutcomeTail::answered() const {
  if (!caught_up() || failing_since().us != 0) return std::nullopt;
  const Instant asked{sampled_};  // before any end, which may be newer
  const auto all_read = [](const auto& lane) {
    return lane->end >= 0 && std::max<Offset>(lane->next, 0) >= lane->end;
  };
  if (!std::ranges::all_of(lanes_, all_read)) return std::nullopt;
  return Answered{.read = read_to(), .asked = asked};
}

Offsets OutcomeTail::read_to() const {
  Offsets read;
  for (const auto& lane : lanes_) {
    read.push_back({lane->events.topic, lane->events.partition, lane->read});
  }
  return read;
}

std::int64_t OutcomeTail::lag(std::string_view family, std::uint32_t partition) const {
  for (const auto& lane : lanes_) {
    if (lane->events.partition == partition &&
        std::string_view(lane->events.topic).substr(std::string_view("events.").size()) == family) {
      return lane->lag.load(std::memory_order_relaxed);
    }
  }
  return 0;
}

std::int64_t OutcomeTail::lag_max() const {
  std::int64_t most = 0;
  for (const auto& lane : lanes_) most = std::max(most, lane->lag.load(std::memory_order_relaxed));
  return most;
}

}  // namespace wf::gateway
