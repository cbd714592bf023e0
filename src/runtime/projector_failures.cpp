// What fails: a step is taken back whole, a store that fails is left out until it can go on.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "runtime/projector.h"
#include "runtime/worker_loop.h"

namespace wf {

Projector::Progress Projector::retreat(Instant now, const Error& why) {
  if (failing_since_us_ == 0) failing_since_us_ = now.us;
  const bool final = why.code == Code::corrupt || why.code == Code::mismatch;
  const bool stops = final && ++finals_ >= options_.final_tries;
  const std::string_view mend = !stops ? ""
                                : why.code == Code::mismatch
                                    ? "; it stops: start the process again, what does not fit the "
                                      "log is folded again"
                                    : "; it stops: start a build that knows the record";
  alarm_(fmt::format("projector: {}: {}{}", name(why.code), why.detail, mend));
  if (stops) {
    failure_ = why;
    return Progress::stopped;
  }
  start_again();
  retry_at_ = now + retry_;
  retry_ = std::min(Duration{retry_.us * 2}, options_.retry_max);
  return Progress::idle;
}

// What a failed step had read, or had given to some tables only, is read again by every table from
// its own position.
void Projector::start_again() {
  if (outcomes_ != nullptr) outcomes_->forget_unsaved();
  const std::scoped_lock lock(added_mutex_);
  for (const auto& lane : lanes_) {
    for (Fed& table : lane->tables) added_.push_back(std::move(table));
  }
  lanes_.clear();
}

// The others go on. After the error nothing of the batch is in its store: what it is given when it
// is tried again is what comes after its own position.
void Projector::leave_out(Fed table, const Error& why, Instant now) {
  if (table.retry.waited.us == 0) {
    alarm_(fmt::format("projector: {}: table {} at {}: {}; it alone is not folded on",
                       name(why.code),
                       table.home->type().info().name,
                       table.store()->dir().string(),
                       why.detail));
  }
  table.store()->mark_failing(now);
  table.telling = false;
  postpone(table.retry, now);
  left_out_.push_back(std::move(table));
}

void Projector::leave_out_outcomes(const Error& why, Instant now) {
  if (outcomes_retry_.waited.us == 0) {
    alarm_(fmt::format("projector: {}: outcomes of commands: {}; they alone are not folded on",
                       name(why.code),
                       why.detail));
  }
  postpone(outcomes_retry_, now);
}

// Their store, once it failed, takes nothing more until it is opened anew.
bool Projector::outcomes_are_open(Instant now) {
  if (outcomes_retry_.waited.us == 0) return true;
  const auto reopened = outcomes_->reopen();
  if (!reopened) leave_out_outcomes(reopened.error(), now);
  return reopened.has_value();
}

void Projector::postpone(Retry& retry, Instant now) const {
  retry.waited = retry.waited.us == 0
                     ? options_.retry
                     : std::min(Duration{retry.waited.us * 2}, options_.table_retry_max);
  retry.at = now + retry.waited;
}

bool Projector::may_retry(const Retry& retry, Instant now) const {
  return is_over(retry.at, now, options_.table_retry_max);
}

// One whose last flush failed stays where it is until a flush succeeds, which this begins.
void Projector::try_again(Instant now) {
  for (Fed& table : std::exchange(left_out_, {})) {
    if (!may_retry(table.retry, now)) {
      left_out_.push_back(std::move(table));
    } else if (auto flushed = table.store()->begin_flush(); !flushed) {
      leave_out(std::move(table), flushed.error(), now);
    } else {
      const std::scoped_lock lock(added_mutex_);
      added_.push_back(std::move(table));
    }
  }
}

bool Projector::is_left_out(const TableHome& table) const {
  return std::ranges::any_of(left_out_, [&](const Fed& one) { return one.is_live_of(table); });
}

}  // namespace wf
