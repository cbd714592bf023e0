// The opening protocol, batches and checkpoints of one decider partition (DESIGN.md 3 and 4).
#include "runtime/command_worker.h"

#include <fmt/format.h>

#include "base/check.h"
#include "runtime/worker_loop.h"

namespace wf {
namespace {

// Failures that hardly any retry mends: the log or the store is not what it was, or speaks of a
// build this is not.
bool is_final(Code code) { return code == Code::mismatch || code == Code::corrupt; }

constexpr std::size_t saved_at_once = 256;  // changes under load: less than a millisecond

// The next step sets that deadline, by its own clock: the one that appends may take long.
constexpr Instant unset{Instant::us_max};

}  // namespace

CommandWorker::CommandWorker(Log& log,
                             const Catalogue& catalogue,
                             const PlatformConfig& platform,
                             CommandWorkerOptions options,
                             Alarm alarm)
    : log_(log),
      catalogue_(catalogue),
      options_(std::move(options)),
      alarm_(std::move(alarm)),
      commands_{"commands." + options_.family, options_.partition},
      events_{"events." + options_.family, options_.partition},
      random_(options_.seed != 0 ? options_.seed : std::random_device{}()),
      platform_(platform),
      retry_(options_.retry_min) {}

CommandWorker::Progress CommandWorker::step(Instant now) {
  if (phase_ == Phase::stopped && !spoken_to(now)) return Progress::stopped;
  bool busy = false;
  if (auto ok = advance(now, busy); !ok) {
    discard_ = state_ && state_->damaged();
    const bool person = std::exchange(for_a_person_, false);
    const bool final = is_final(ok.error().code) && !discard_;
    if (final && (person || ++finals_ >= options_.final_tries)) return stop(now, ok.error());
    retreat(now, ok.error());
    return Progress::idle;
  }
  return busy ? Progress::busy : Progress::idle;
}

Result<void> CommandWorker::advance(Instant now, bool& busy) {
  deadline_ = std::min(deadline_, now + options_.read_back_within);
  if (phase_ == Phase::closed) {
    if (!may_retry(now)) return {};
    if (auto ok = open(now); !ok) return ok;
    busy = true;
  }
  if (phase_ == Phase::opening) {
    const auto opened = read_until_opened();
    if (!opened) return tl::unexpected(opened.error());
    if (!*opened) return wait_on(now, "`opened` was not read back");
    const auto checked = check_commands();
    if (!checked) return tl::unexpected(checked.error());
    if (!*checked) return wait_on(now, "the commands log was not read");
    if (auto ok = resume(now); !ok) return ok;
    busy = true;
  }
  const auto caught_up = read_back();
  if (!caught_up) return tl::unexpected(caught_up.error());
  if (!*caught_up) return wait_on(now, "an outcome was not read back");
  phase_ = Phase::running;
  state_->accepted(outcomes_->position());
  // Some at a time: each save writes the store's head as well.
  const std::size_t kept = options_.checkpoint_changes;
  if (!history_.by_hand() && state_->unsaved() > kept + std::min(kept, saved_at_once)) {
    if (auto ok = state_->save(state_->unsaved() - kept); !ok) return ok;
  }
  if (auto ok = wake_due(now); !ok) return ok;
  const auto decided = decide_batch();
  if (!decided) return tl::unexpected(decided.error());
  busy = busy || *decided;
  if (*decided) quiet_since_ = now;
  if (!history_.by_hand() &&
      is_over(quiet_since_ + options_.checkpoint_after, now, options_.checkpoint_after)) {
    return save_idle(busy);
  }
  return {};
}

// For what is not there yet; once the deadline is over, `missing` says what went wrong.
Result<void> CommandWorker::wait_on(Instant now, const char* missing) const {
  if (now > deadline_) return fail(Code::timeout, missing);
  return {};
}

// While nothing arrives the store catches up, a little at a time. Between two commands under load
// it does not: the second would wait, and what changes again would be saved twice.
Result<void> CommandWorker::save_idle(bool& busy) {
  if (state_->unsaved() == 0) return {};
  if (auto ok = state_->save(options_.batch.records); !ok) return ok;
  busy = true;
  return {};
}

// Starts from what the store has; whatever was decided but not read back is forgotten.
Result<void> CommandWorker::open(Instant now) {
  outcomes_.reset();
  event_reader_.reset();
  reader_.reset();
  appender_.reset();
  waker_.reset();
  for (std::uint8_t& byte : nonce_.bytes) byte = static_cast<std::uint8_t>(random_());
  auto ready = open_store(std::exchange(discard_, false));
  if (ready) ready = start_reading();
  if (!ready && is_final(ready.error().code)) {
    alarm_(fmt::format("{}/{}: the decider's store is folded again: {}",
                       events_.topic,
                       events_.partition,
                       ready.error().detail));
    ready = open_store(true);
    if (ready) ready = start_reading();
  }
  if (!ready) return ready;
  decider_ = std::make_unique<Decider>(*state_, platform_, events_, options_.partitions, alarm_);
  auto appender = log_.writer(fmt::format("decider {}/{}", events_.topic, events_.partition));
  if (!appender) return tl::unexpected(appender.error());
  appender_ = std::move(*appender);
  const std::string payload = fmt::format(R"({{"build":"{}"}})", catalogue_.build);
  Record opened;
  opened.kind = Kind::opened;
  opened.id = nonce_;
  opened.at = now;
  opened.type = "opened";
  opened.payload = payload;
  if (auto ok = appender_->append(events_, {&opened, 1}, Durability::now); !ok) return ok;
  deadline_ = unset;
  checking_ = false;
  phase_ = Phase::opening;
  return {};
}

Result<void> CommandWorker::open_store(bool fresh) {
  if (store_ && !fresh) return {};
  state_.reset();
  store_.reset();
  if (fresh && !options_.open_store) {
    if (auto ok = discard_store(options_.store_path); !ok) return ok;
  }
  auto store = options_.open_store ? options_.open_store(fresh)
                                   : KvStore::open({.path = options_.store_path,
                                                    .expiring_prefix = 'a',
                                                    .in_memory = options_.store_in_memory});
  if (!store) return tl::unexpected(store.error());
  store_ = std::move(*store);
  state_ = std::make_unique<DeciderState>(catalogue_, options_.family, *store_, options_.limits);
  return {};
}

// From the store's position; without one from where the log begins, which is at an `opened`.
Result<void> CommandWorker::start_reading() {
  outcomes_.reset();
  for (auto* reader : {&reader_, &event_reader_}) {
    auto opened = log_.reader();
    if (!opened) return tl::unexpected(opened.error());
    *reader = std::move(*opened);
  }
  outcomes_ = std::make_unique<OutcomeReader>(*event_reader_, events_);
  if (auto ok = state_->load(log_.id()); !ok) return ok;
  if (state_->newest().last_offset >= 0) {  // the log must still have whatever is in the store
    if (auto ok = outcomes_->start(state_->newest()); !ok) return ok;
  }
  Position start = state_->saved();
  if (start == Position{}) {
    const auto begin = log_.begin(events_);
    if (!begin) return tl::unexpected(begin.error());
    start.offset = *begin;
  }
  history_ = OwnerHistory(start, nonce_);
  return outcomes_->start(start);
}

// Folds the partition up to our `opened`. False: it is not there yet.
Result<bool> CommandWorker::read_until_opened() {
  while (epoch() < 0) {
    state_->accepted(outcomes_->position());
    const auto count = outcomes_->read(
        options_.batch,
        [this](std::span<const Record> outcome) { fold(outcome); },
        [this](const Record& record) { history_.control(record, outcomes_->position()); });
    if (!count) return tl::unexpected(count.error());
    if (fold_error_) return for_a_person(*std::exchange(fold_error_, std::nullopt));
    if (*count == 0) return false;
    deadline_ = unset;
    if (!history_.tried() && !history_.by_hand() &&
        state_->unsaved() > options_.checkpoint_changes) {
      state_->accepted(outcomes_->position());
      const auto saved = state_->save(state_->unsaved() - options_.checkpoint_changes);
      if (!saved) return tl::unexpected(saved.error());
    }
  }
  if (history_.foreign()) return fail(Code::closed, "another owner opened this partition");
  return true;
}

void CommandWorker::fold(std::span<const Record> outcome) {
  history_.outcome(outcomes_->position());
  if (auto ok = state_->fold(outcome); !ok && !fold_error_) fold_error_ = ok.error();
}

// The commands log must still have what was answered: its end past it, and the last answered
// command in its place. False: it is not served yet.
Result<bool> CommandWorker::check_commands() {
  const Position& position = outcomes_->position();
  if (position.last_cause < 0 || history_.by_hand()) return true;
  const auto end = log_.end(commands_);
  if (!end) return tl::unexpected(end.error());
  const std::string where = fmt::format("{}/{}", commands_.topic, commands_.partition);
  if (*end <= position.last_cause) {
    return for_a_person({Code::mismatch,
                         fmt::format("{0} lost commands {1} to {2}, which were answered; only "
                                     "`wayfold admin resume {0} --next {1} --reason …` goes on",
                                     where,
                                     *end,
                                     position.last_cause)});
  }
  if (!checking_) {
    if (auto ok = reader_->seek(commands_, position.last_cause); !ok) {
      return tl::unexpected(ok.error());
    }
    checking_ = true;
  }
  const auto batch = reader_->read(commands_, {.records = 1});
  if (!batch) return tl::unexpected(batch.error());
  if (batch->records.empty()) return false;
  if (answers(position.last_id, batch->records[0].id)) return true;
  return for_a_person(
      {Code::mismatch,
       fmt::format("{0}: offset {1} holds another command than the one that was answered; "
                   "only `wayfold admin resume {0} --next N --reason …` goes on",
                   where,
                   position.last_cause)});
}

Result<void> CommandWorker::resume(Instant now) {
  const Position& position = outcomes_->position();
  const Offset after = std::max<Offset>(position.last_cause, -1);
  next_ = history_.next() >= 0 ? history_.next() : after + 1;
  Record resumed;
  resumed.kind = Kind::resumed;
  resumed.id = Uuid::v5(nonce_, "resumed");
  resumed.at = now;
  resumed.type = "resumed";
  resumed.payload = "{}";
  resumed.epoch = epoch();
  resumed.cause = after;
  resumed.next = next_;
  if (auto ok = reader_->seek(commands_, next_); !ok) return ok;
  if (auto ok = appender_->append(events_, {&resumed, 1}, Durability::now); !ok) return ok;
  deadline_ = unset;
  checking_ = false;
  awaited_ = after;
  phase_ = Phase::reading_back;
  return suspect();
}

// What may have ended the owner before us: one batch; `resumed` made durable what is left of it.
Result<void> CommandWorker::suspect() {
  suspect_end_ = volatile_end_ = next_;
  if (!history_.cautious()) return {};
  const auto end = log_.end(commands_);
  if (!end) return tl::unexpected(end.error());
  volatile_end_ += static_cast<Offset>(options_.batch.records);
  suspect_end_ = std::min(*end, volatile_end_);
  return {};
}

// Reads our own outcomes back. True when the last batch is accepted and nothing is in flight.
// Behind a foreign `opened` what was accepted may be another's: nothing of ours counts then.
Result<bool> CommandWorker::read_back() {
  for (;;) {
    const auto count = outcomes_->read(
        options_.batch,
        [this](std::span<const Record>) { history_.outcome(outcomes_->position()); },
        [this](const Record& record) { history_.control(record, outcomes_->position()); });
    if (!count) return tl::unexpected(count.error());
    if (*count == 0) break;
  }
  if (history_.foreign()) return fail(Code::closed, "another owner opened this partition");
  if (phase_ != Phase::reading_back) return true;
  const Position& position = outcomes_->position();
  const bool done = position.next >= 0 && position.last_cause == awaited_;
  if (done) retry_ = options_.retry_min;
  return done;
}

Result<bool> CommandWorker::decide_batch() {
  Limit limit = options_.batch;
  if (next_ < suspect_end_) limit.records = 1;
  auto batch = reader_->read(commands_, limit);
  if (!batch) return tl::unexpected(batch.error());
  if (batch->records.empty()) return false;
  if (next_ >= suspect_end_ && next_ < volatile_end_) {
    const auto durable = appender_->append(events_, {}, Durability::now);
    if (!durable) return tl::unexpected(durable.error());
  }
  Outcomes out;
  for (const Record& command : batch->records) {
    if (command.offset != next_) {
      return for_a_person(
          {Code::mismatch,
           fmt::format("{0}/{1}: offset {2} where {3} should follow: commands were lost; only "
                       "`wayfold admin resume {0}/{1} --next {2} --reason …` goes on",
                       commands_.topic,
                       commands_.partition,
                       command.offset,
                       next_)});
    }
    const auto decided = decide_one(command, out);
    // What came before a command that this build does not know is answered first.
    const bool unknown = !decided && decided.error().code == Code::corrupt && out.outcomes() > 0;
    if (!decided && !unknown) return for_a_person(decided.error());
    if (decided) ++next_;
    if (unknown || out.bytes() > options_.outcomes_bytes ||
        out.records().size() > options_.outcomes_records) {  // the rest of the batch is read again
      if (auto ok = reader_->seek(commands_, next_); !ok) return tl::unexpected(ok.error());
      break;
    }
  }
  if (auto ok = append(out); !ok) return tl::unexpected(ok.error());
  decided_ += out.outcomes();
  finals_ = 0;
  const auto done = read_back();
  if (!done) return tl::unexpected(done.error());
  if (*done) phase_ = Phase::running;
  return true;
}

Result<void> CommandWorker::decide_one(const Record& command, Outcomes& out) {
  if (command.offset >= suspect_end_) return decider_->decide(command, epoch(), out);
  if (history_.tries(command.offset) >= 3) {
    alarm_(fmt::format("{} {} of stream {} ended its decider three times",
                       command.type,
                       command.id.text(),
                       command.stream.text()));
    return decider_->refuse(command, "undecidable", epoch(), out);
  }
  Record trying;
  trying.kind = Kind::trying;
  trying.id = Uuid::v5(nonce_, fmt::format("trying {}", command.offset));
  trying.at = command.at;
  trying.type = "trying";
  trying.payload = "{}";
  trying.epoch = epoch();
  trying.cause = command.offset;
  if (auto ok = appender_->append(events_, {&trying, 1}, Durability::now); !ok) return ok;
  return decider_->decide(command, epoch(), out);
}

Result<void> CommandWorker::append(const Outcomes& out) {
  if (auto ok = appender_->append(events_, out.records(), Durability::now); !ok) return ok;
  awaited_ = next_ - 1;
  deadline_ = unset;
  phase_ = Phase::reading_back;
  return {};
}

// Streams whose deadline passed and that nobody commands get a wake; it stands in the log until it
// is decided.
Result<void> CommandWorker::wake_due(Instant now) {
  std::erase_if(woken_, [&](const auto& woken) {
    return is_over(woken.second + options_.wake_again, now, options_.wake_again);
  });
  std::vector<Record> wakes;
  for (const auto& [due, id] : state_->due(now, options_.wakes_max + woken_.size())) {
    if (wakes.size() == options_.wakes_max) break;
    if (!woken_.try_emplace({due, id}, now).second) continue;
    const auto stream = state_->stream(id);
    if (!stream) return tl::unexpected(stream.error());
    const std::uint64_t version = (*stream)->woken + 1;
    Record wake;
    wake.kind = Kind::wake;
    wake.id = Uuid::v5(id, fmt::format("wake {} {}", due.us, version));
    wake.stream = id;
    wake.at = due;
    wake.version = version;
    wake.type = "wake";
    wake.payload = "{}";
    wake.principal = system_account;
    wake.correlation = wake.id;
    wakes.push_back(wake);
  }
  if (wakes.empty()) return {};
  if (!waker_) {
    auto waker = log_.writer(fmt::format("waker {}/{}", commands_.topic, commands_.partition));
    if (!waker) return tl::unexpected(waker.error());
    waker_ = std::move(*waker);
  }
  if (auto ok = waker_->append(commands_, wakes, Durability::with_outcome); !ok) {
    waker_.reset();  // a wake may be lost or doubled: it means nothing by itself
  }
  return {};
}

Result<void> CommandWorker::checkpoint() {
  if (phase_ != Phase::running || !state_) return {};
  // Until an outcome stands behind it, the next owner must see it too.
  if (history_.by_hand()) return {};
  state_->accepted(outcomes_->position());
  return state_->save(state_->unsaved());
}

Instant CommandWorker::next_due(Instant now) const {
  if (phase_ == Phase::closed) return retry_at_;
  if (phase_ == Phase::opening || phase_ == Phase::reading_back) {
    return std::min(deadline_, now + options_.read_back_within);
  }
  Instant next = now + Duration::seconds(1);
  if (!state_ || phase_ == Phase::stopped) return next;
  if (state_->unsaved() > 0 && !history_.by_hand()) {
    next = std::min(next, quiet_since_ + options_.checkpoint_after);
  }
  const auto due = state_->due({INT64_MAX}, 1);
  if (!due.empty()) next = std::min(next, std::max(due[0].first, now + Duration::millis(20)));
  return next;
}

tl::unexpected<Error> CommandWorker::for_a_person(Error why) {
  for_a_person_ = true;
  return tl::unexpected(std::move(why));
}

// Drops the producer and every state not read back.
void CommandWorker::let_go() {
  outcomes_.reset();
  event_reader_.reset();
  reader_.reset();
  appender_.reset();
  waker_.reset();
  woken_.clear();
}

bool CommandWorker::may_retry(Instant now) const {
  return is_over(retry_at_, now, {options_.retry_max.us * 2});  // the longest, and its jitter
}

// Opens again after a jittered wait.
void CommandWorker::retreat(Instant now, const Error& why) {
  alarm_(fmt::format("{}/{}: the decider steps back: {}: {}",
                     events_.topic,
                     events_.partition,
                     name(why.code),
                     why.detail));
  let_go();
  if (why.code == Code::io || why.code == Code::full) {
    state_.reset();
    store_.reset();  // once it failed it takes nothing more until it is opened anew
  }
  phase_ = Phase::closed;
  const auto jitter = static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(retry_.us));
  retry_at_ = now + Duration{retry_.us / 2 + jitter};
  retry_ = std::min(Duration{retry_.us * 2}, options_.retry_max);
}

CommandWorker::Progress CommandWorker::stop(Instant now, Error why) {
  const std::string_view mend =
      why.code == Code::corrupt
          ? "; start a build that knows it in this one's place, or restore the log"
          : "";
  alarm_(fmt::format(
      "{}/{}: the decider stops: {}{}", events_.topic, events_.partition, why.detail, mend));
  let_go();
  stopped_at_ = log_.end(events_).value_or(-1);
  retry_at_ = now + options_.retry_max;
  failure_ = std::move(why);
  phase_ = Phase::stopped;
  return Progress::stopped;
}

// Whether somebody opened the partition since it stopped: `admin resume`, or a decider that may
// know more.
bool CommandWorker::spoken_to(Instant now) {
  if (failure_->code != Code::mismatch || !may_retry(now)) return false;
  retry_at_ = now + options_.retry_max;
  const auto end = log_.end(events_);
  if (!end || *end == stopped_at_) return false;
  failure_.reset();
  finals_ = 0;
  phase_ = Phase::closed;
  return true;
}

}  // namespace wf
