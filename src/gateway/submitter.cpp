// One thread, one appender. A failed append leaves its commands' fate unknown and turns newcomers
// away until the log answers again.
#include "gateway/submitter.h"

#include <algorithm>

#include "base/check.h"
#include "base/thread_name.h"

namespace wf::gateway {
namespace {

// What a command costs the queue besides its payload.
constexpr std::size_t command_bytes = sizeof(Command);
// More than tick() ever takes to hand over whom it took.
constexpr Duration failed_kept = Duration::seconds(60);

Record record_of(const Command& command) {
  Record record;
  record.kind = Kind::command;
  record.id = command.id;
  record.stream = command.stream;
  record.at = command.at;
  record.type = command.type->name;
  record.payload = command.payload;
  record.correlation = command.correlation;
  record.causation = command.correlation;
  record.principal = command.principal;
  record.roles = command.roles;
  record.expires = command.expires;
  record.occurred_at = command.occurred_at;
  record.import = command.import;
  record.body = command.body;
  record.if_match = command.if_match;
  return record;
}

// Refusals that come before anything is written (log.h, rocks_log.h).
bool wrote_nothing(const Error& error) {
  return error.code == Code::full || error.code == Code::invalid || error.code == Code::not_found;
}

}  // namespace

Submitter::Submitter(Log& log,
                     const Catalogue& catalogue,
                     Waiting& waiting,
                     const OutcomeTail& tail,
                     SubmitterOptions options,
                     Posts posts)
    : log_(log),
      waiting_(waiting),
      tail_(tail),
      options_(options),
      posts_(std::move(posts)),
      turns_(posts_.size()) {
  for (const std::string_view family : catalogue.families) {
    for (const TopicSpec& topic : log.topics()) {
      if (topic.name.starts_with("commands.") && std::string_view(topic.name).substr(9) == family) {
        families_.emplace_back(family, topic.partitions);
      }
    }
  }
}

Submitter::~Submitter() { stop(); }

void Submitter::start() {
  thread_ = std::thread([this] { run(); });
}

void Submitter::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  ready_.notify_one();
  if (thread_.joinable()) thread_.join();
}

std::uint32_t Submitter::partitions_of(std::string_view family) const {
  const auto found =
      std::ranges::find(families_, family, [](const auto& one) { return one.first; });
  WF_CHECK(found != families_.end());  // the log was opened without a family of this build
  return found->second;
}

Slot Submitter::slot_of(const Command& command) const {
  const std::string_view family = command.type->topic;
  return {"commands." + std::string(family), partition_of(command.stream, partitions_of(family))};
}

bool Submitter::is_stuck() const {
  const std::int64_t since = append_since_.load(std::memory_order_relaxed);
  return down() || (since != 0 && options_.clock() - Instant{since} > options_.stuck_after);
}

Submitter::Taken Submitter::submit(Command command, Instant until, Waiter waiter) {
  Turn& turn = turns_[waiter.io];
  if (is_stuck()) return Taken::unavailable;
  const std::size_t bytes = command_bytes + command.payload.size();
  const std::string_view family = command.type->topic;
  const std::uint32_t partition = partition_of(command.stream, partitions_of(family));
  if (queued_bytes() + turn.bytes + bytes > options_.queue_bytes_max ||
      tail_.lag(family, partition) > options_.lag_max) {
    return Taken::overloaded;
  }
  switch (waiting_.add({command.id, command.body}, until, std::move(waiter))) {
    case Waiting::Added::full:
      return Taken::overloaded;
    case Waiting::Added::joined:
      return Taken::yes;
    case Waiting::Added::first:
      break;
  }
  turn.bytes += bytes;
  turn.keys.push_back({command.id, command.body});
  turn.commands.push_back(std::move(command));
  return Taken::yes;
}

void Submitter::turn_ended(std::size_t io) {
  Turn& turn = turns_[io];
  if (turn.commands.empty()) return;
  queued_bytes_ += turn.bytes;
  turn.bytes = 0;
  {
    const std::lock_guard lock(mutex_);
    if (work_.commands.empty()) {
      work_.commands.swap(turn.commands);
    } else {
      std::ranges::move(turn.commands, std::back_inserter(work_.commands));
    }
  }
  turn.commands.clear();
  waiting_.handed_over(turn.keys);
  turn.keys.clear();
  ready_.notify_one();
}

void Submitter::tick(Instant now) {
  auto expired = waiting_.take_expired(now);
  if (expired.empty()) return;
  if (is_stuck()) {  // the appending thread may be busy for longer than anybody's patience
    return conclude(std::move(expired), Outcome::Fate::unknown);
  }
  {
    const std::lock_guard lock(mutex_);
    std::ranges::move(expired, std::back_inserter(work_.patience));
  }
  ready_.notify_one();
}

void Submitter::run() {
  name_thread("submit");
  std::unique_lock lock(mutex_);
  for (;;) {
    const auto some = [this] {
      return stopping_ || !work_.commands.empty() || !work_.patience.empty();
    };
    if (down_) {
      ready_.wait_for(
          lock, std::chrono::microseconds(options_.probe_every.us), [this] { return stopping_; });
    } else {
      ready_.wait(lock, some);
    }
    Work work = std::exchange(work_, {});
    const bool last = stopping_;
    lock.unlock();
    append_all(std::move(work), !last);
    lock.lock();
    if (last && work_.commands.empty() && work_.patience.empty()) return;
  }
}

bool Submitter::step() {
  Work work;
  {
    const std::lock_guard lock(mutex_);
    work = std::exchange(work_, {});
  }
  const bool any = down_ || !work.commands.empty() || !work.patience.empty();
  append_all(std::move(work), true);
  return any;
}

void Submitter::append_all(Work work, bool probing) {
  if (down_ && probing) probe();
  perform(std::move(work));
}

// Commands of one slot stay in the order they were submitted.
void Submitter::perform(Work work) {
  std::vector<std::pair<Slot, std::size_t>> order;
  order.reserve(work.commands.size());
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < work.commands.size(); ++i) {
    bytes += command_bytes + work.commands[i].payload.size();
    order.emplace_back(slot_of(work.commands[i]), i);
  }
  std::ranges::sort(order);
  std::vector<Command> group;
  std::size_t group_bytes = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    group.push_back(std::move(work.commands[order[i].second]));
    group_bytes += group.back().payload.size();
    const bool ends =
        i + 1 == order.size() || order[i + 1].first != order[i].first ||
        group_bytes + work.commands[order[i + 1].second].payload.size() > options_.batch_bytes_max;
    if (!ends && group.size() < options_.batch_max) continue;
    append_slot(order[i].first, group);
    group.clear();
    group_bytes = 0;
  }
  queued_bytes_ -= bytes;
  if (!work.patience.empty()) tell_pending(std::move(work.patience));
}

void Submitter::append_slot(const Slot& slot, std::span<Command> commands) {
  if (down_) return conclude(commands, Outcome::Fate::not_appended);
  records_.clear();
  for (const Command& command : commands) records_.push_back(record_of(command));
  const auto appended = append(slot, records_, Durability::with_outcome);
  if (appended) {
    last_slot_ = slot;
    if (failed_.empty()) return;
    for (const Command& command : commands) failed_.erase({command.id, command.body});
    return;
  }
  const bool nothing = wrote_nothing(appended.error());
  conclude(commands, nothing ? Outcome::Fate::not_appended : Outcome::Fate::unknown);
}

Result<void> Submitter::append(const Slot& slot,
                               std::span<const Record> records,
                               Durability durability) {
  if (!appender_) {
    auto opened = log_.writer("gateway");
    if (!opened) {
      down_ = true;
      return fail(Code::full, opened.error().detail);  // nothing was written
    }
    appender_ = std::move(*opened);
  }
  append_since_ = options_.clock().us;
  auto appended = appender_->append(slot, records, durability);
  append_since_ = 0;
  full_ = !appended && appended.error().code == Code::full;
  if (!appended) {
    appender_.reset();  // dead (log.h)
    down_ = !wrote_nothing(appended.error());
  }
  return appended;
}

// A command may have been written without a sync; what is acknowledged alone needs one.
void Submitter::tell_pending(std::vector<Waiting::Expired> patience) {
  auto fate = Outcome::Fate::pending;
  if (down_) fate = Outcome::Fate::unknown;
  if (!down_ && !last_slot_.topic.empty() && !append(last_slot_, {}, Durability::now)) {
    fate = Outcome::Fate::unknown;
  }
  std::vector<Told> told(patience.size());
  for (std::size_t i = 0; i < patience.size(); ++i) {
    const auto failed = failed_.find(patience[i].key);
    told[i].outcome.fate = failed == failed_.end() ? fate : failed->second.fate;
    waiting_.ended(patience[i].key.id, options_.clock());
    told[i].waiters = std::move(patience[i].waiters);
  }
  tell(posts_, std::move(told));
}

void Submitter::conclude(std::span<const Command> commands, Outcome::Fate fate) {
  std::vector<Told> told(commands.size());
  for (std::size_t i = 0; i < commands.size(); ++i) {
    const Waiting::Key key{commands[i].id, commands[i].body};
    told[i].waiters = waiting_.take(key);
    told[i].outcome.fate = fate;
    remember(key, fate);
    if (fate == Outcome::Fate::unknown) waiting_.ended(key.id, options_.clock());
  }
  tell(posts_, std::move(told));
}

void Submitter::remember(const Waiting::Key& key, Outcome::Fate fate) {
  const Instant now = options_.clock();
  if (failed_.size() >= failed_max_) {
    absl::erase_if(failed_, [&](const auto& one) { return one.second.at + failed_kept < now; });
    failed_max_ = std::max(failed_max, 2 * failed_.size());
  }
  failed_.insert_or_assign(key, Failed{fate, now});
}

void Submitter::conclude(std::vector<Waiting::Expired> expired, Outcome::Fate fate) {
  std::vector<Told> told(expired.size());
  for (std::size_t i = 0; i < expired.size(); ++i) {
    told[i].waiters = std::move(expired[i].waiters);
    told[i].outcome.fate = fate;
  }
  tell(posts_, std::move(told));
}

// Asks the log something harmless; when it answers, appends are tried again.
void Submitter::probe() {
  const Slot slot{"commands." + std::string(families_.front().first), 0};
  if (log_.end(slot)) down_ = false;
}

}  // namespace wf::gateway
