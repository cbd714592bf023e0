// Lanes: one reader per group of tables that stand at the same place. The one that is furthest
// leads; no other reads past it, so that they meet, and merge, however fast the log grows.
#include "runtime/projector.h"

#include <fmt/format.h>

#include <numeric>
#include <utility>

#include "log/position.h"
#include "runtime/worker_loop.h"

namespace wf {
namespace {

// Records behind the log's end that count as none: under load no read finds the very end.
constexpr Offset live_within = 2000;

const SlotPosition* find(const SlotPositions& positions, const Slot& slot) {
  for (const SlotPosition& position : positions) {
    if (position.topic == slot.topic && position.partition == slot.partition) return &position;
  }
  return nullptr;
}

// Lanes that feed nothing any more.
template <class Lanes>
void erase_empty(Lanes& lanes) {
  std::erase_if(lanes, [](const auto& lane) { return lane->tables.empty() && !lane->commands; });
}

}  // namespace

// What one read of every slot of a lane brought: decoded events, and where the slots stand now.
struct Projector::Gathered {
  DecodedEvents decoded;
  SlotPositions positions;
  std::optional<Error> error;
};

Result<void> check_positions(Log& log, const SlotPositions& positions) {
  auto reader = log.reader();
  if (!reader) return tl::unexpected(reader.error());
  std::vector<std::unique_ptr<OutcomeReader>> slots;
  std::vector<Position> starts;
  for (const SlotPosition& stored : positions) {
    const auto position = position_of(stored.fence);
    if (!position) return fail(Code::mismatch, "a position that does not decode");
    slots.push_back(
        std::make_unique<OutcomeReader>(**reader, Slot{stored.topic, stored.partition}));
    starts.push_back(*position);
  }
  return start_all(slots, starts);
}

Projector::Projector(Log& log, const Catalogue& catalogue, ProjectorOptions options, Alarm alarm)
    : log_(log),
      catalogue_(catalogue),
      options_(std::move(options)),
      alarm_(std::move(alarm)),
      retry_(options_.retry) {}

void Projector::add(TableHome& table) {
  const std::scoped_lock lock(added_mutex_);
  added_.push_back({.home = &table, .next = nullptr});
}

void Projector::replace(TableHome& table, std::shared_ptr<TableStore> next) {
  const std::scoped_lock lock(added_mutex_);
  added_.push_back({.home = &table, .next = std::move(next)});
}

void Projector::take_over(TableHome& table, std::shared_ptr<TableStore> next) {
  const std::scoped_lock lock(added_mutex_);
  added_.push_back({.home = &table, .next = std::move(next), .alone = true});
}

bool Projector::withdraw(TableHome& table, const std::shared_ptr<TableStore>& next) {
  bool swapped = false;
  between_steps([&] {
    const auto same = [&](const Fed& fed) { return fed.next == next; };
    for (const auto& lane : lanes_) std::erase_if(lane->tables, same);
    erase_empty(lanes_);
    std::erase_if(left_out_, same);
    const std::scoped_lock lock(added_mutex_);
    std::erase_if(added_, same);
    swapped = table.live() == next;
  });
  return !swapped;
}

void Projector::between_steps(std::function<void()> work) {
  std::packaged_task<void()> task(std::move(work));
  const auto done = task.get_future();
  {
    const std::scoped_lock lock(added_mutex_);
    asked_.push_back(std::move(task));
  }
  done.wait();
}

void Projector::run_asked() {
  std::vector<std::packaged_task<void()>> asked;
  {
    const std::scoped_lock lock(added_mutex_);
    asked.swap(asked_);
  }
  for (auto& task : asked) task();
}

Projector::Progress Projector::step(Instant now) {
  run_asked();
  if (failure_) return Progress::stopped;
  if (!is_over(retry_at_, now, options_.retry_max)) return Progress::idle;
  bool busy = false;
  courtesy_ = Courtesy(options_.patience);
  try_again(now);
  Result<void> done = take_added(now);
  lead();
  for (std::size_t i = 0; done && i < lanes_.size(); ++i) {
    const auto read = advance(*lanes_[i], now);
    if (!read) done = tl::unexpected(read.error());
    busy = busy || (read && *read);
  }
  if (!done) return retreat(now, done.error());
  failing_since_us_ = 0;
  if (!busy) {  // everything there is was read
    finals_ = 0;
    retry_ = options_.retry;
  }
  if (is_over(flushed_at_ + options_.flush_after, now, options_.flush_after)) {
    for (const auto& lane : lanes_) {
      for_each_table(*lane, now, [](const Fed& table) { return table.store()->begin_flush(); });
      swap_level(*lane, now);  // what failed before
    }
    flushed_at_ = now;
  }
  erase_empty(lanes_);
  if (lanes_.size() > 1) merge(now);
  return busy ? Progress::busy : Progress::idle;
}

Instant Projector::next_due(Instant now) const {
  return std::max(retry_at_, now + Duration::millis(100));
}

// A new table starts a lane of its own, from where it stands.
Result<void> Projector::take_added(Instant now) {
  std::vector<Fed> added;
  {
    const std::scoped_lock lock(added_mutex_);
    added.swap(added_);
  }
  const auto start = [this](const SlotPositions& positions) -> Result<Lane*> {
    auto lane = open(positions);
    if (!lane) return tl::unexpected(lane.error());
    lanes_.push_back(std::move(*lane));
    return lanes_.back().get();
  };
  Result<void> taken;
  const bool fed = std::ranges::any_of(lanes_, [](const auto& lane) { return lane->commands; });
  const bool feed = outcomes_ != nullptr && !fed && may_retry(outcomes_retry_, now);
  if (feed && outcomes_are_open(now)) {
    const auto lane = start(outcomes_->positions());
    if (!lane) taken = tl::unexpected(lane.error());
    if (lane) (*lane)->commands = true;
  }
  for (Fed& table : added) {
    const auto lane = taken ? start(table.store()->positions()) : fail(Code::closed, "");
    if (lane) {
      (*lane)->tables.push_back(std::move(table));
      continue;
    }
    if (taken) taken = tl::unexpected(lane.error());
    const std::scoped_lock lock(added_mutex_);  // nothing is forgotten: the next step tries again
    added_.push_back(std::move(table));
  }
  if (!added.empty()) merge(now);  // after a start most stand at the same place: read once for all
  return taken;
}

Result<std::unique_ptr<Projector::Lane>> Projector::open(const SlotPositions& positions) {
  auto lane = std::make_unique<Lane>();
  auto reader = log_.reader();
  if (!reader) return tl::unexpected(reader.error());
  lane->reader = std::move(*reader);
  std::vector<Position> starts;
  for (const Slot& slot : options_.slots) {
    std::optional<Position> position;
    if (const SlotPosition* stored = find(positions, slot)) position = position_of(stored->fence);
    if (!position) {
      const auto begin = log_.begin(slot);
      if (!begin) return tl::unexpected(begin.error());
      position.emplace().offset = *begin;
    }
    lane->slots.push_back(std::make_unique<OutcomeReader>(*lane->reader, slot));
    lane->next.push_back(position->offset);
    starts.push_back(*position);
  }
  if (auto ok = start_all(lane->slots, starts); !ok) return tl::unexpected(ok.error());
  return lane;
}

// The lane that has read most comes first.
void Projector::lead() {
  const auto sum = [](const auto& lane) {
    return std::accumulate(lane->next.begin(), lane->next.end(), Offset{0});
  };
  const auto first = std::max_element(
      lanes_.begin(), lanes_.end(), [&](const auto& a, const auto& b) { return sum(a) < sum(b); });
  if (first != lanes_.end()) std::iter_swap(lanes_.begin(), first);
}

// How many records the lane may read of a slot now.
std::size_t Projector::room(const Lane& lane, std::size_t slot) const {
  const Lane& first = *lanes_.front();
  if (&lane == &first) return options_.batch.records;
  const Offset ahead = std::max<Offset>(0, first.next[slot] - lane.next[slot]);
  return std::min(options_.batch.records, static_cast<std::size_t>(ahead));
}

// One batch over all slots; the number of records in it.
Result<std::size_t> Projector::read(Lane& lane, Gathered& gathered) {
  std::vector<const TableType*> types;
  for (const Fed& table : lane.tables) types.push_back(&table.home->type());
  std::size_t count = 0;
  const std::size_t slots = lane.slots.size();
  const std::size_t first = lane.first++;
  for (std::size_t n = 0; n < slots && count < options_.batch.records; ++n) {
    const std::size_t i = (first + n) % slots;
    Limit limit = options_.batch;
    limit.records = std::min(room(lane, i), options_.batch.records - count);
    if (limit.records == 0) continue;
    const auto read = lane.slots[i]->read(limit, [&](std::span<const Record> outcome) {
      gather(lane, types, static_cast<std::uint32_t>(i), outcome, gathered);
    });
    if (!read) return read;
    if (gathered.error) return tl::unexpected(*gathered.error);
    count += *read;
    lane.next[i] += static_cast<Offset>(*read);
  }
  for (const auto& slot : lane.slots) {
    const Position& position = slot->position();
    gathered.positions.push_back(
        {slot->slot().topic, slot->slot().partition, position.offset, bytes_of(position)});
  }
  return count;
}

// True if anything was read.
Result<bool> Projector::advance(Lane& lane, Instant now) {
  Gathered gathered;
  const auto count = read(lane, gathered);
  if (!count) return tl::unexpected(count.error());
  // A table says how far it has come in each slot before it is live, be it nowhere: a slot that it
  // does not name is one that it does not fold, and a position token never waits for that.
  if (*count > 0 || !lane.live) {
    apply(lane, gathered, now);
  }
  const auto live = caught_up(lane, *count);
  if (!live) return live;
  lane.live = *live;
  if (lane.live && lane.commands) tell_outcomes_live();
  for (Fed& table : lane.tables) {
    if (lane.live && !table.telling) tell_live(table);
  }
  if (lane.live) swap_alone(lane, now);
  return *count > 0;
}

void Projector::tell_live(Fed& table) {
  const TableInfo& info = table.home->type().info();
  table.store()->mark_live();
  table.telling = true;
  if (table.retry.waited.us != 0)
    alarm_(fmt::format("projector: table {} is folded on", info.name));
  table.retry = {};
  // Whoever looked at a row meanwhile was told of nothing.
  if (on_rows_ && !table.next) on_rows_(info, {});
}

void Projector::tell_outcomes_live() {
  outcomes_->mark_live();
  if (outcomes_retry_.waited.us != 0) alarm_("projector: outcomes of commands are folded on");
  outcomes_retry_ = {};
}

// Whether the lane is at the log's end, or was once. `read`: what its last step brought.
Result<bool> Projector::caught_up(const Lane& lane, std::size_t read) {
  if (lane.live) return true;
  const Lane& first = *lanes_.front();
  if (&lane != &first) return first.live && lane.next == first.next;
  if (read >= options_.batch.records) return false;
  Offset behind = 0;
  for (std::size_t i = 0; i < lane.slots.size(); ++i) {
    const auto end = log_.end(lane.slots[i]->slot());
    if (!end) return tl::unexpected(end.error());
    behind += std::max<Offset>(0, *end - lane.next[i]);
  }
  return behind <= live_within;
}

void Projector::gather(Lane& lane,
                       std::span<const TableType* const> types,
                       std::uint32_t slot,
                       std::span<const Record> outcome,
                       Gathered& out) {
  courtesy_.pause();
  if (lane.commands) outcomes_->fold(outcome);
  const auto ok = decode_events(catalogue_, types, outcome, slot, out.decoded);
  if (!ok) out.error = ok.error();
}

void Projector::apply(Lane& lane, Gathered& gathered, Instant now) {
  folded_ += gathered.decoded.seen;
  for_each_table(lane, now, [&](const Fed& table) {
    auto applied = table.store()->apply(gathered.decoded.items, gathered.positions, courtesy_);
    if (applied) tell_rows(table, gathered.decoded);
    // Nobody reads its rows, which are old until it is live: what counts is that it goes on.
    if (applied && table.next && gathered.decoded.seen > 0) table.next->mark_recovered();
    return applied;
  });
  if (!lane.commands) return;
  if (auto ok = outcomes_->save(gathered.positions); !ok) {
    lane.commands = false;
    leave_out_outcomes(ok.error(), now);
  }
}

// A table that `work` fails for is left out.
template <class Work>
void Projector::for_each_table(Lane& lane, Instant now, const Work& work) {
  std::vector<Fed> fed;
  for (Fed& table : lane.tables) {
    const Result<void> done = work(table);
    if (done) fed.push_back(std::move(table));
    if (!done) leave_out(std::move(table), done.error(), now);
  }
  lane.tables = std::move(fed);
}

void Projector::tell_rows(const Fed& table, const DecodedEvents& decoded) const {
  if (!on_rows_ || !table.telling || table.next) return;
  const TableType& type = table.home->type();
  const TableInfo& info = type.info();
  std::vector<Touch> touches;
  for (const FoldItem& item : decoded.items) {
    if (!info.channel) break;
    if (type.folds(item.event->type())) type.touches(*item.event, item.meta, touches);
  }
  std::vector<std::string> keys;
  for (Touch& touch : touches) keys.push_back(std::move(touch.key));
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  on_rows_(info, keys.empty() && info.channel ? no_row : keys);
}

// A lane that has caught up joins the first one that stands at the same place.
void Projector::merge(Instant now) {
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    for (std::size_t j = i + 1; j < lanes_.size();) {
      Lane& into = *lanes_[i];
      Lane& from = *lanes_[j];
      bool same = true;
      for (std::size_t slot = 0; same && slot < into.slots.size(); ++slot) {
        same = into.slots[slot]->position() == from.slots[slot]->position();
      }
      if (!same) {
        ++j;
        continue;
      }
      for (auto& table : from.tables) into.tables.push_back(std::move(table));
      into.commands = into.commands || from.commands;
      lanes_.erase(lanes_.begin() + static_cast<std::ptrdiff_t>(j));
      swap_level(into, now);
    }
  }
}

// Generations that stand where their table's live one does take its place.
void Projector::swap_level(Lane& lane, Instant now) {
  const std::vector<Fed> all = std::exchange(lane.tables, {});
  for (Fed fed : all) {
    const auto level = [&](const Fed& other) { return other.is_live_of(*fed.home); };
    const bool swapped = fed.next && std::ranges::any_of(all, level) && swap(fed, now);
    if (!swapped) lane.tables.push_back(std::move(fed));
  }
}

// Generations that have reached the log's end take the place of those that nobody feeds.
void Projector::swap_alone(Lane& lane, Instant now) {
  for (Fed& fed : lane.tables) {
    if (!fed.next || !(fed.alone || is_left_out(*fed.home)) || !swap(fed, now)) continue;
    std::erase_if(left_out_, [&](const Fed& old) { return old.is_live_of(*fed.home); });
    fed.next.reset();
    fed.alone = false;
  }
}

// False: it was tried, and is again after a wait.
bool Projector::swap(Fed& fed, Instant now) {
  if (!may_retry(fed.swap_retry, now)) return false;
  const TableInfo& info = fed.home->type().info();
  if (const auto swapped = fed.home->swap(fed.next); !swapped) {
    const std::string& why = swapped.error().detail;
    if (fed.swap_retry.waited.us == 0)
      alarm_(fmt::format("projector: table {} is built, but not in use: {}", info.name, why));
    postpone(fed.swap_retry, now);
    return false;
  }
  if (on_rows_) on_rows_(info, {});  // any row may be another now
  return true;
}

void Projector::flush() {
  for (const auto& lane : lanes_) {
    for (const Fed& table : lane->tables) {
      if (auto ok = table.store()->flush(); !ok) {
        alarm_(fmt::format("{}: {}", table.home->type().info().name, ok.error().detail));
      }
    }
  }
}

}  // namespace wf
