// Which replica is read, and how a question finds the next one.
#include "storage/remote/remote_table.h"

#include <fmt/format.h>

#include <algorithm>

namespace wf::remote {
namespace {

auto find_slot(const Offsets& offsets, const SlotOffset& slot) {
  return std::ranges::find_if(offsets, [&](const SlotOffset& one) {
    return one.partition == slot.partition && one.topic == slot.topic;
  });
}

bool covers(const Offsets& reached, const Offsets& wanted) {
  return std::ranges::all_of(wanted, [&](const SlotOffset& slot) {
    const auto at = find_slot(reached, slot);
    return at != reached.end() && at->offset >= slot.offset;
  });
}

void update(Offsets& offsets, const Offsets& moved) {
  for (const SlotOffset& slot : moved) {
    const auto at = find_slot(offsets, slot);
    if (at == offsets.end()) {
      offsets.push_back(slot);
    } else {
      offsets[static_cast<std::size_t>(at - offsets.begin())].offset = slot.offset;
    }
  }
}

}  // namespace

std::size_t RemoteTable::place(const RemoteNode& node) const {
  return static_cast<std::size_t>(std::ranges::find(replicas_, &node, &Replica::node) -
                                  replicas_.begin());
}

void RemoteTable::add(RemoteNode& node) {
  if (place(node) == replicas_.size()) replicas_.push_back({.node = &node});
}

bool RemoteTable::usable(const Replica& replica) const {
  return replica.up && replica.served && replica.state.live &&
         covers(replica.state.positions, floor_);
}

// Keeps to the current replica as long as it is usable. True if another one took its place, or its
// own after it was not.
bool RemoteTable::settle() {
  if (current_ != none && usable(replicas_[current_])) return false;
  const auto next =
      std::ranges::find_if(replicas_, [&](const Replica& replica) { return usable(replica); });
  current_ = next == replicas_.end() ? none : static_cast<std::size_t>(next - replicas_.begin());
  return current_ != none;
}

// A replica that still beats may fold no more. It is left for one that covers it, and that was
// silence_max ago already where it is not yet. Two that both go on do not take turns: each reaches
// the other's mark.
bool RemoteTable::overtaken(Deadline now) {
  if (current_ == none) return false;
  const Offsets& read = replicas_[current_].state.positions;
  for (std::size_t i = 0; i < replicas_.size(); ++i) {
    if (i == current_) continue;
    Replica& other = replicas_[i];
    const bool covering = usable(other) && covers(other.state.positions, read);
    if (!covering || covers(read, other.mark)) {
      other.mark = covering ? other.state.positions : Offsets{};
      other.marked = now;
    } else if (now - other.marked >= std::chrono::microseconds(silence_max_.us)) {
      current_ = i;
      return true;
    }
  }
  return false;
}

void RemoteTable::heard(const RemoteNode& node, const Moved* moved, bool first, Deadline now) {
  bool settled = false;
  bool is_current = false;
  {
    const std::lock_guard lock(mutex_);
    Replica& replica = replicas_[place(node)];
    if (first) replica = {.node = replica.node};
    replica.up = true;
    replica.heard = now;
    if (moved != nullptr) {
      replica.served = true;
      replica.state.live = moved->state.live;
      replica.state.failing_since = moved->state.failing_since;
      replica.state.quarantined = moved->state.quarantined;
      replica.state.generation = moved->state.generation;
      update(replica.state.positions, moved->state.positions);
    }
    settled = settle() || overtaken(now);
    is_current = current_ != none && replicas_[current_].node == &node;
    if (settled || is_current) floor_ = replicas_[current_].state.positions;
  }
  moved_.notify_all();
  if (!on_rows_) return;
  if (settled || (is_current && moved != nullptr && moved->all_changed)) {
    on_rows_(type_.info(), {});
  } else if (is_current && moved != nullptr) {
    on_rows_(type_.info(), moved->keys.empty() ? no_row : moved->keys);
  }
}

void RemoteTable::lost(const RemoteNode& node) {
  const std::lock_guard lock(mutex_);
  replicas_[place(node)].up = false;
  if (current_ != none && replicas_[current_].node == &node) current_ = none;
}

bool RemoteTable::wait_for(const Offsets& offsets, Deadline deadline) const {
  std::unique_lock lock(mutex_);
  return moved_.wait_until(
      lock, deadline, [&] { return current_ != none && covers(floor_, offsets); });
}

TableState RemoteTable::state() const {
  const std::lock_guard lock(mutex_);
  if (current_ != none) return replicas_[current_].state;
  TableState state{.live = false, .positions = floor_, .quarantined = 0, .generation = {}};
  for (const Replica& replica : replicas_) {
    const auto since = replica.state.failing_since;
    if (!replica.up || !since) continue;
    state.failing_since = std::min(*since, state.failing_since.value_or(*since));
  }
  return state;
}

bool RemoteTable::is_live() const {
  const std::lock_guard lock(mutex_);
  return current_ != none && replicas_[current_].state.live;
}

RemoteTable::Choice RemoteTable::choose(std::uint64_t tried) const {
  const std::lock_guard lock(mutex_);
  Choice choice;
  for (std::size_t i = 0; i < replicas_.size(); ++i) {
    const std::size_t at = current_ == none ? i : (current_ + i) % replicas_.size();
    if ((tried >> at & 1U) != 0 || !usable(replicas_[at])) continue;
    if (choice.node != nullptr) {
      choice.last = false;
      break;
    }
    choice.node = replicas_[at].node;
    choice.at = at;
  }
  return choice;
}

bool RemoteTable::heard_since(std::size_t replica, Deadline then) const {
  const std::lock_guard lock(mutex_);
  return replicas_[replica].up && replicas_[replica].heard > then;
}

template <class T>
Result<T> RemoteTable::ask(std::string frame, Result<T> (*parse)(std::string_view)) const {
  if (frame.size() - FrameStream::head_bytes > question_bytes_max) {
    return fail(Code::invalid, "too long a question to a table");
  }
  const Deadline deadline = after(request_max_);
  Code code = Code::unavailable;
  std::string why;
  for (std::uint64_t tried = 0;;) {
    const Choice choice = choose(tried);
    if (choice.node == nullptr) break;
    tried |= std::uint64_t{1} << choice.at;
    const Deadline began = std::chrono::steady_clock::now();
    const auto left = deadline - began;
    const auto reply = choice.node->ask(frame, choice.last ? deadline : deadline - left / 2);
    if (reply && reply->answer.tone == Tone::done) return parse(reply->answer.rest);
    const Error& error = reply ? reply->answer.error : reply.error();
    if (reply && reply->answer.tone == Tone::failed) return tl::unexpected(error);
    why += fmt::format("; {}: {}", choice.node->address(), error.detail);
    if (error.code == Code::full) code = Code::full;
    // What is slow at a node that lives would be slow at the next one, too.
    const bool slow = !reply && error.code == Code::timeout && heard_since(choice.at, began);
    if (slow || std::chrono::steady_clock::now() >= deadline) {
      return fail(Code::timeout, fmt::format("{} took too long{}", type_.info().name, why));
    }
  }
  return fail(code, fmt::format("no node serves {} up to date now{}", type_.info().name, why));
}

Result<RowRead> RemoteTable::get(std::string_view key) const {
  return ask(get_frame(type_.info().name, key), parse_row);
}

Result<std::optional<std::string>> RemoteTable::answer(std::string_view key,
                                                       const Query& query) const {
  return ask(answer_frame(type_.info().name, key, query), parse_text);
}

Result<RowPage> RemoteTable::page(const RowQuery& query) const {
  return ask(page_frame(type_.info().name, query), parse_page);
}

}  // namespace wf::remote
