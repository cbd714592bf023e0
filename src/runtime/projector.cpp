// Lanes: one reader per group of tables that stand at the same place; they merge when both are at
// the tail.
#include "runtime/projector.h"

#include <fmt/format.h>

#include "log/position.h"

namespace wf {
namespace {

const SlotPosition* find(const SlotPositions& positions, const Slot& slot) {
  for (const SlotPosition& position : positions) {
    if (position.topic == slot.topic && position.partition == slot.partition) return &position;
  }
  return nullptr;
}

}  // namespace

// What one read of every slot of a lane brought: decoded events, and where the slots stand now.
struct Projector::Gathered {
  std::deque<Event> events;  // FoldItems point into it
  std::vector<FoldItem> items;
  SlotPositions positions;
  std::optional<Error> error;
};

Projector::Projector(Log& log, const Catalogue& catalogue, ProjectorOptions options, Alarm alarm)
    : log_(log), catalogue_(catalogue), options_(std::move(options)), alarm_(std::move(alarm)) {}

void Projector::add(std::shared_ptr<TableStore> table) {
  const std::scoped_lock lock(added_mutex_);
  added_.push_back(std::move(table));
}

Projector::Progress Projector::step(Instant now) {
  if (failure_) return Progress::stopped;
  if (now < retry_at_) return Progress::idle;
  take_added();
  bool busy = false;
  for (const auto& lane : lanes_) {
    const auto read = advance(*lane);
    if (read) {
      busy = busy || *read;
      continue;
    }
    alarm_(fmt::format("projector: {}: {}", name(read.error().code), read.error().detail));
    if (read.error().code == Code::corrupt || read.error().code == Code::mismatch) {
      failure_ = read.error();
      return Progress::stopped;
    }
    retry_at_ = now + options_.retry;
    return Progress::idle;
  }
  if (lanes_.size() > 1) merge();
  if (now > flushed_at_ + options_.flush_after) {
    flush();
    flushed_at_ = now;
  }
  return busy ? Progress::busy : Progress::idle;
}

Instant Projector::next_due(Instant now) const {
  return std::max(retry_at_, now + Duration::millis(100));
}

// A new table starts a lane of its own, from where it stands.
void Projector::take_added() {
  std::vector<std::shared_ptr<TableStore>> added;
  {
    const std::scoped_lock lock(added_mutex_);
    added.swap(added_);
  }
  const auto start = [this](const SlotPositions& positions) -> Lane* {
    auto lane = open(positions);
    if (!lane) {
      failure_ = lane.error();
      return nullptr;
    }
    lanes_.push_back(std::move(*lane));
    return lanes_.back().get();
  };
  if (outcomes_ != nullptr && lanes_.empty()) {
    if (Lane* lane = start(outcomes_->positions())) lane->commands = true;
  }
  for (auto& table : added) {
    for (const auto& lane : lanes_) {
      std::erase_if(lane->tables, [&](const auto& other) {
        return other->type().info().name == table->type().info().name;
      });
    }
    if (Lane* lane = start(table->positions())) lane->tables.push_back(std::move(table));
  }
  std::erase_if(lanes_, [](const auto& lane) { return lane->tables.empty() && !lane->commands; });
}

Result<std::unique_ptr<Projector::Lane>> Projector::open(const SlotPositions& positions) {
  auto lane = std::make_unique<Lane>();
  auto reader = log_.reader();
  if (!reader) return tl::unexpected(reader.error());
  lane->reader = std::move(*reader);
  for (const Slot& slot : options_.slots) {
    std::optional<Position> position;
    if (const SlotPosition* stored = find(positions, slot)) position = position_of(stored->fence);
    if (!position) {
      const auto begin = log_.begin(slot);
      if (!begin) return tl::unexpected(begin.error());
      position.emplace().offset = *begin;
    }
    lane->slots.push_back(std::make_unique<OutcomeReader>(*lane->reader, slot));
    if (auto ok = lane->slots.back()->start(*position); !ok) return tl::unexpected(ok.error());
  }
  return lane;
}

// One batch of every slot. True if anything was read.
Result<bool> Projector::advance(Lane& lane) {
  Gathered gathered;
  std::size_t count = 0;
  for (std::uint32_t i = 0; i < lane.slots.size(); ++i) {
    OutcomeReader& reader = *lane.slots[i];
    const auto read = reader.read(options_.batch, [&](std::span<const Record> outcome) {
      gather(lane, i, outcome, gathered);
    });
    if (!read) return tl::unexpected(read.error());
    if (gathered.error) return tl::unexpected(*gathered.error);
    count += *read;
    gathered.positions.push_back({reader.slot().topic,
                                  reader.slot().partition,
                                  reader.position().offset,
                                  bytes_of(reader.position())});
  }
  if (count > 0) {
    if (auto ok = apply(lane, gathered); !ok) return tl::unexpected(ok.error());
  }
  lane.at_tail = count == 0;
  if (lane.at_tail) {
    lane.lagging = false;
    for (const auto& table : lane.tables) table->mark_live();
  }
  return count > 0;
}

void Projector::gather(Lane& lane,
                       std::uint32_t slot,
                       std::span<const Record> outcome,
                       Gathered& out) {
  if (lane.commands) outcomes_->fold(outcome);
  for (const Record& record : outcome) {
    if (record.kind != Kind::event) continue;
    const EventType* type = catalogue_.event(record.type);
    auto body = type == nullptr ? nullptr : type->decode(record.payload);
    if (!body) {
      out.error = Error{Code::corrupt,
                        fmt::format("{} at offset {} is unknown to this build or does not decode",
                                    record.type,
                                    record.offset)};
      return;
    }
    const Event& event = out.events.emplace_back(*type, std::move(body));
    out.items.push_back({.event = &event,
                         .meta = {.id = record.id,
                                  .stream = record.stream,
                                  .stream_version = record.version,
                                  .at = record.at,
                                  .by = record.principal,
                                  .command = record.causation,
                                  .correlation = record.correlation},
                         .slot = slot,
                         .offset = record.offset});
  }
}

Result<void> Projector::apply(Lane& lane, Gathered& gathered) {
  folded_ += gathered.items.size();
  std::vector<Touch> touches;
  for (const auto& table : lane.tables) {
    const TableInfo& info = table->type().info();
    if (auto ok = table->apply(gathered.items, gathered.positions); !ok) return ok;
    if (!info.channel || !on_rows_ || lane.lagging) continue;
    touches.clear();
    for (const FoldItem& item : gathered.items) {
      if (table->type().folds(item.event->type())) {
        table->type().touches(*item.event, item.meta, touches);
      }
    }
    std::vector<std::string> keys;
    for (Touch& touch : touches) keys.push_back(std::move(touch.key));
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    if (!keys.empty()) on_rows_(info, keys);
  }
  if (lane.commands) return outcomes_->save(gathered.positions);
  return {};
}

// A lane that has caught up joins the first one that stands at the same place.
void Projector::merge() {
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
    }
  }
}

void Projector::flush() {
  for (const auto& lane : lanes_) {
    for (const auto& table : lane->tables) {
      if (auto ok = table->flush(); !ok) {
        alarm_(fmt::format("projector: {}: {}", table->type().info().name, ok.error().detail));
      }
    }
  }
}

}  // namespace wf
