// How sends reach their targets exactly once (DESIGN.md 3; the model is tests' sends model: dense
// numbers, go back to the first unanswered one).
#include "runtime/forwarder.h"

#include <fmt/format.h>

#include <algorithm>

#include "log/position.h"
#include "storage/bytes.h"

namespace wf {
namespace {

// Of what an append that failed took, so that they follow the log's own deadline.
constexpr std::int64_t waits_blocked_max = 8;
constexpr std::int64_t waits_blocked_of_others = 2;

std::string store_key(char kind, const Slot& slot) {
  return fmt::format("{}{}/{}", kind, slot.topic, slot.partition);
}

// The commands partition whose outcomes an events partition holds.
Slot commands_of(const Slot& events) {
  return {"commands" + events.topic.substr(events.topic.find('.')), events.partition};
}

}  // namespace

Forwarder::Forwarder(Log& log, ForwarderOptions options, Alarm alarm)
    : log_(log), options_(std::move(options)), alarm_(std::move(alarm)), retry_(options_.retry) {}

Forwarder::Progress Forwarder::step(Instant now) {
  if (failure_) return Progress::stopped;
  if (now < stepped_at_) set_back(stepped_at_ - now);
  stepped_at_ = now;
  if (failed_ != nullptr) wait(*std::exchange(failed_, nullptr), now, now - failed_at_);
  if (now < retry_at_) return Progress::idle;
  const auto busy = advance(now);
  if (!busy) return retreat(now, busy.error());
  if (!*busy) {  // everything there is was read
    finals_ = 0;
    retry_ = options_.retry;
  }
  return *busy ? Progress::busy : Progress::idle;
}

// The clock was: what waits does not wait longer for that.
void Forwarder::set_back(Duration by) {
  for (Instant* at : {&retry_at_, &blocked_until_, &saved_at_, &flushed_at_}) *at = *at - by;
  for (auto& [slot, target] : targets_) {
    target.retry_at = target.retry_at - by;
    target.progress_at = target.progress_at - by;
  }
}

// Starts again after a wait. A damaged store, or one of another log, is discarded: all it knew is
// in the log itself.
Forwarder::Progress Forwarder::retreat(Instant now, const Error& why) {
  const bool final = why.code == Code::corrupt || why.code == Code::mismatch;
  const bool stops = final && ++finals_ >= options_.final_tries;
  alarm_(fmt::format("forwarder of {}/{}{}: {}: {}",
                     options_.source.topic,
                     options_.source.partition,
                     stops ? " stops; start a build that knows the record, or restore the log" : "",
                     name(why.code),
                     why.detail));
  source_.reset();
  answers_.clear();
  reader_.reset();
  answer_reader_.reset();
  appender_.reset();
  // A store that failed takes nothing more until it is opened anew.
  if (why.code == Code::io || why.code == Code::full) store_.reset();
  if (stops) {
    failure_ = why;
    return Progress::stopped;
  }
  if (final) discard_ = true;
  retry_at_ = now + retry_;
  retry_ = std::min(Duration{retry_.us * 2}, options_.retry_max);
  return Progress::idle;
}

Instant Forwarder::next_due(Instant now) const {
  if (!reader_) return retry_at_;
  const bool waits = std::ranges::any_of(targets_, [](const auto& entry) {
    return entry.second.behind || !entry.second.unanswered.empty();
  });
  return now + (waits ? Duration::millis(20) : Duration::seconds(1));
}

Result<bool> Forwarder::advance(Instant now) {
  if (!reader_) {
    if (auto ok = open(now); !ok) return tl::unexpected(ok.error());
  }
  const auto read = read_answers(now);
  if (!read) return tl::unexpected(read.error());
  lose_patience(now);
  unsaved_ = unsaved_ || *read;
  if (auto ok = save(now); !ok) return tl::unexpected(ok.error());
  if (!caught_up_) return true;
  const auto forwarded = forward(now);
  if (!forwarded) return tl::unexpected(forwarded.error());
  unsaved_ = unsaved_ || *forwarded;
  return *read || *forwarded;
}

// Begins again at the first send that is not known to be answered.
Result<void> Forwarder::open(Instant now) {
  if (auto ok = open_store(discard_); !ok) return ok;
  discard_ = false;
  for (auto* reader : {&reader_, &answer_reader_}) {
    auto opened = log_.reader();
    if (!opened) return tl::unexpected(opened.error());
    *reader = std::move(*opened);
  }
  if (auto ok = open_appender(); !ok) return ok;
  ahead_.reset();
  for (auto& [slot, target] : targets_) {
    target.taken = target.sent = 0;
    target.unanswered.clear();
    target.behind.reset();
    target.reads_again = target.answers = false;
    target.progress_at = now;
  }
  turn_end_ = 0;
  caught_up_ = false;
  unsaved_ = true;
  return load();
}

Result<void> Forwarder::open_store(bool fresh) {
  if (store_ && !fresh) return {};
  store_.reset();
  if (fresh && !options_.open_store) {
    if (auto ok = discard_store(options_.store_path); !ok) return ok;
  }
  auto store =
      options_.open_store
          ? options_.open_store(fresh)
          : KvStore::open({.path = options_.store_path, .in_memory = options_.store_in_memory});
  if (!store) return tl::unexpected(store.error());
  store_ = std::move(*store);
  return {};
}

Result<void> Forwarder::open_appender() {
  auto appender =
      log_.writer(fmt::format("forwarder {}/{}", options_.source.topic, options_.source.partition));
  if (!appender) return tl::unexpected(appender.error());
  appender_ = std::move(*appender);
  return {};
}

Result<void> Forwarder::load() {
  const auto log_id = store_->get("log");
  if (!log_id) return tl::unexpected(log_id.error());
  if (*log_id && **log_id != log_.id().text()) {
    return fail(Code::mismatch, "the forwarder's store is of another log");
  }
  const auto stored_start = [this](const Slot& slot, char kind) -> Result<Position> {
    const auto stored = store_->get(store_key(kind, slot));
    if (!stored) return tl::unexpected(stored.error());
    std::optional<Position> position;
    if (*stored) position = position_of(**stored);
    if (position) return *position;
    const auto begin = log_.begin(slot);
    if (!begin) return tl::unexpected(begin.error());
    return Position{.offset = *begin};
  };
  answers_.clear();
  std::vector<Position> starts;
  for (const Slot& slot : options_.answers) {
    answers_.push_back(std::make_unique<OutcomeReader>(*answer_reader_, slot));
    const auto start = stored_start(slot, 'p');
    if (!start) return tl::unexpected(start.error());
    starts.push_back(*start);
    const auto taken = store_->get(store_key('t', slot));
    if (!taken) return tl::unexpected(taken.error());
    if (*taken) {
      targets_[commands_of(slot)].taken = ByteReader(**taken).little<std::uint64_t>();
    }
  }
  if (auto ok = start_all(answers_, starts); !ok) return ok;
  ends_.clear();
  for (const Slot& slot : options_.answers) {
    const auto end = log_.end(slot);
    if (!end) return tl::unexpected(end.error());
    ends_.push_back(*end);
  }
  source_ = std::make_unique<OutcomeReader>(*reader_, options_.source);
  const auto start = stored_start(options_.source, 's');
  if (!start) return tl::unexpected(start.error());
  if (auto ok = source_->start(*start); !ok) return ok;
  answered_ = source_->position();
  return {};
}

// True if anything was read. Under load there is always more: so it has caught up where each slot
// ended when it was opened.
Result<bool> Forwarder::read_answers(Instant now) {
  bool any = false;
  bool all = true;
  for (std::size_t i = 0; i < answers_.size(); ++i) {
    OutcomeReader& reader = *answers_[i];
    const Slot target = commands_of(reader.slot());
    const auto count = reader.read(
        options_.batch, [&](std::span<const Record> outcome) { answered(target, outcome, now); });
    if (!count) return tl::unexpected(count.error());
    any = any || *count > 0;
    if (*count == 0) ends_[i] = 0;  // a half-written outcome at the end may never be whole
    all = all && reader.position().offset >= ends_[i];
  }
  caught_up_ = all;
  settle(now);
  return any;
}

void Forwarder::answered(const Slot& slot, std::span<const Record> outcome, Instant now) {
  const Record& first = outcome.front();
  const bool ours = first.link && first.link.topic == options_.source.topic &&
                    first.link.partition == options_.source.partition;
  if (!ours || first.kind == Kind::duplicate) return;
  Target& target = targets_[slot];
  if (first.kind == Kind::gap) {
    // One read while catching up was mended long ago; if nothing is unanswered, it goes again.
    if (!caught_up_ || target.unanswered.empty()) return;
    send_again(slot, target, "it misses one before");
    wait(target, now, {});
    return;
  }
  target.taken = std::max(target.taken, first.link.n);
}

void Forwarder::settle(Instant now) {
  answered_ = source_->position();
  unanswered_ = 0;
  for (auto& [slot, target] : targets_) {
    auto& waiting = target.unanswered;
    while (!waiting.empty() && waiting.front().n <= target.taken) {
      waiting.pop_front();
      target.progress_at = now;
      target.patience = options_.answered_within;
      target.retry = options_.retry;
      target.answers = true;
    }
    unanswered_ += waiting.size();
    const Position& left = !waiting.empty() ? waiting.front().from
                           : target.behind  ? *target.behind
                                            : answered_;
    if (left.offset < answered_.offset) answered_ = left;
  }
}

// Each target has a clock of its own: else what one lost would wait for as long as another answers.
void Forwarder::lose_patience(Instant now) {
  for (auto& [slot, target] : targets_) {
    if (target.unanswered.empty() || now <= target.progress_at + target.patience) continue;
    target.patience = std::min(Duration{target.patience.us * 2}, options_.answered_within_max);
    send_again(slot, target, "they are not answered");
  }
}

// Of this target alone: the others' may be far ahead of it.
void Forwarder::send_again(const Slot& slot, Target& target, std::string_view why) {
  alarm_(fmt::format("forwarder of {}/{}: sends to {}/{} go again: {}",
                     options_.source.topic,
                     options_.source.partition,
                     slot.topic,
                     slot.partition,
                     why));
  target.behind = target.unanswered.front().from;
  target.reads_again = target.answers = false;
  target.unanswered.clear();
  target.sent = target.taken;
}

// What has blocked all targets for so long is tried again after at least as long, so that the
// others have most of the time. So are all that are failing, for each would block in its turn.
void Forwarder::wait(Target& target, Instant now, Duration blocked) {
  blocked = std::clamp(blocked, Duration{}, options_.blocked_max);
  const Duration wait = std::max(target.retry, blocked);
  target.retry_at = now + wait;
  target.retry = std::min(Duration{wait.us * 2},
                          std::max(options_.retry_max, Duration{blocked.us * waits_blocked_max}));
  const Duration others = std::min(wait, Duration{blocked.us * waits_blocked_of_others});
  blocked_until_ = std::max(blocked_until_, now + others);
}

// How many of its sends may be unanswered.
std::size_t Forwarder::window(const Target& target) const {
  return target.answers ? options_.unanswered_max
                        : std::min(options_.unanswered_max, options_.unproven_max);
}

bool Forwarder::is_held(const Target& target, Instant now) const {
  return target.failing && now < blocked_until_;
}

// Appends the next batch's sends, one append per target. True if there may be more to do.
Result<bool> Forwarder::forward(Instant now) {
  collected_.clear();
  texts_.clear();
  passed_ = source_->position();
  const auto count = source_->read(options_.batch,
                                   [&](std::span<const Record> outcome) { collect(outcome, now); });
  if (!count) return tl::unexpected(count.error());
  if (auto ok = append_collected(now); !ok) return tl::unexpected(ok.error());
  const auto turned = change_turns(now, *count == 0);
  if (!turned) return tl::unexpected(turned.error());
  settle(now);
  return *count > 0 || *turned;
}

// One append at most fails, for that may take long. Its target waits, and so do those after it,
// though only for the next turn: nothing else of theirs is sent before.
Result<void> Forwarder::append_collected(Instant now) {
  bool failed = false;
  for (const auto& [slot, records] : collected_) {
    Target& target = targets_[slot];
    target.retry_at = now;
    if (!failed) {
      const auto ok = appender_->append(slot, records, Durability::with_outcome);
      if (ok) {
        forwarded_ += records.size();
        target.sent = records.back().link.n;
        target.failing = false;
        continue;
      }
      failed = target.failing = true;
      alarm_(fmt::format("forwarder of {}/{}: sends to {}/{} wait: {}",
                         options_.source.topic,
                         options_.source.partition,
                         slot.topic,
                         slot.partition,
                         ok.error().detail));
      failed_ = &target;  // the next step knows how long that took
      failed_at_ = now;
      target.retry_at = {Instant::us_max};
    }
    auto& waiting = target.unanswered;
    while (!waiting.empty() && waiting.back().n >= records.front().link.n) {
      target.behind = waiting.back().from;
      waiting.pop_back();
    }
    target.reads_again = false;
  }
  return failed ? open_appender() : Result<void>{};
}

// Those behind and the others are read for by turns, so that neither wait for all of the other's.
// True if it was turned back.
Result<bool> Forwarder::change_turns(Instant now, bool at_end) {
  const Offset offset = source_->position().offset;
  if (!ahead_) return at_end || offset >= turn_end_ ? turn_back(now) : false;
  const bool wanted =
      std::ranges::any_of(targets_, [](const auto& entry) { return entry.second.reads_again; });
  if (wanted && offset < std::min(turn_end_, ahead_->offset)) return false;
  if (auto ok = jump_ahead(); !ok) return tl::unexpected(ok.error());
  return false;
}

// The source is read again for the target that was not served for longest, and for those it passes
// on its way, but for one that is failing at most. Others' sends are known by their numbers, or
// wait themselves.
Result<bool> Forwarder::turn_back(Instant now) {
  const auto ready = [&](const Target& target) {
    return target.behind && now >= target.retry_at && !is_held(target, now) &&
           target.unanswered.size() <= window(target) / 2;
  };
  Target* first = nullptr;
  for (auto& [slot, target] : targets_) {
    if (!ready(target)) continue;
    if (first == nullptr || target.retry_at < first->retry_at) first = &target;
  }
  if (first == nullptr) return false;
  first->retry_at = now;
  const Position from = *first->behind;
  for (auto& [slot, target] : targets_) {
    target.reads_again = &target == first ||
                         (!target.failing && ready(target) && target.behind->offset >= from.offset);
  }
  ahead_ = source_->position();
  turn_end_ = from.offset + options_.turn_records;
  if (auto ok = source_->start(from); !ok) return tl::unexpected(ok.error());
  return true;
}

Result<void> Forwarder::jump_ahead() {
  const Position ahead = *std::exchange(ahead_, std::nullopt);
  const Position& here = source_->position();
  const bool there = here.offset >= ahead.offset;
  for (auto& [slot, target] : targets_) {
    const bool read = std::exchange(target.reads_again, false);
    if (!read || target.behind->offset > here.offset) continue;
    target.behind = there ? std::nullopt : std::optional(here);
  }
  turn_end_ = std::max(here.offset, ahead.offset) + options_.turn_records;
  return there ? Result<void>{} : source_->start(ahead);
}

// Whether its sends at `offset` wait: not where its turn has come to them.
bool Forwarder::is_behind(const Target& target, Offset offset) {
  return target.behind && !(target.reads_again && offset >= target.behind->offset);
}

void Forwarder::collect(std::span<const Record> outcome, Instant now) {
  for (const Record& send : outcome) {
    if (send.kind != Kind::send) continue;
    Slot slot{std::string(send.link.topic), send.link.partition};
    Target& target = targets_[slot];
    if (is_behind(target, send.offset)) continue;
    if (send.link.n <= std::max(target.taken, target.sent)) continue;
    if (target.unanswered.size() >= window(target) || is_held(target, now)) {
      target.behind = passed_;
      target.reads_again = false;
      continue;
    }
    if (target.unanswered.empty()) target.progress_at = now;
    if (target.patience.us == 0) target.patience = options_.answered_within;
    if (target.retry.us == 0) target.retry = options_.retry;
    target.unanswered.push_back({send.link.n, passed_});
    Record command = send;
    command.kind = Kind::command;
    command.type = texts_.emplace_back(send.type);
    command.payload = texts_.emplace_back(send.payload);
    command.origin_type = texts_.emplace_back(send.origin_type);
    command.link = {options_.source.topic, options_.source.partition, send.link.n};
    command.appended = {};
    command.epoch = command.cause = -1;
    command.index = command.count = 0;
    command.version = 0;
    collected_[std::move(slot)].push_back(command);
  }
  passed_ = source_->position();
}

Result<void> Forwarder::save(Instant now) {
  if (unsaved_ && now >= saved_at_ + options_.save_after) {
    if (auto ok = store_->write(saved()); !ok) return ok;
    saved_at_ = now;
    unsaved_ = false;
    unflushed_ = true;
  }
  // It writes too little for the store to do so by itself.
  if (unflushed_ && now >= flushed_at_ + options_.flush_after) {
    if (auto ok = store_->flush(); !ok) return ok;
    flushed_at_ = now;
    unflushed_ = false;
  }
  return {};
}

KvBatch Forwarder::saved() {
  KvBatch batch;
  batch.puts.emplace_back("log", log_.id().text());
  batch.puts.emplace_back(store_key('s', options_.source), bytes_of(answered_));
  for (const auto& reader : answers_) {
    batch.puts.emplace_back(store_key('p', reader->slot()), bytes_of(reader->position()));
    std::string n;
    put_little(n, targets_[commands_of(reader->slot())].taken);
    batch.puts.emplace_back(store_key('t', reader->slot()), std::move(n));
  }
  return batch;
}

}  // namespace wf
