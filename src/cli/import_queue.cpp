// A group is in `waiting_` while one of its tasks is ready or running.
#include "cli/import_queue.h"

namespace wf::cli {

bool ImportQueue::add(ImportTask task) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return closed_ || open_ < tasks_max_; });
  if (closed_) return false;
  ++open_;
  const auto [group, fresh] = waiting_.try_emplace(task.group);
  (fresh ? ready_ : group->second).push_back(std::move(task));
  changed_.notify_all();
  return true;
}

bool ImportQueue::drain() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return closed_ || open_ == 0; });
  return !closed_;
}

void ImportQueue::finish() {
  const std::scoped_lock lock(mutex_);
  finished_ = true;
  changed_.notify_all();
}

void ImportQueue::close() {
  const std::scoped_lock lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

std::optional<ImportTask> ImportQueue::take() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return closed_ || !ready_.empty() || (finished_ && open_ == 0); });
  if (closed_ || ready_.empty()) return std::nullopt;
  ImportTask task = std::move(ready_.front());
  ready_.pop_front();
  return task;
}

void ImportQueue::done(std::uint32_t group) {
  const std::scoped_lock lock(mutex_);
  --open_;
  const auto found = waiting_.find(group);
  if (found->second.empty()) {
    waiting_.erase(found);
  } else {
    ready_.push_back(std::move(found->second.front()));
    found->second.pop_front();
  }
  changed_.notify_all();
}

}  // namespace wf::cli
