// The reading thread fills the queue; `parallel` threads empty it.
#include "cli/importer.h"

#include <algorithm>
#include <thread>
#include <vector>

#include "cli/stop_signal.h"
#include "gateway/position.h"

namespace wf::cli {
namespace {

ImportAnswer refusal(std::string code, std::string detail) {
  return {.code = std::move(code), .detail = std::move(detail)};
}

}  // namespace

Result<ImportReport> Importer::run(std::istream& input, const Tick& tick) {
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < parallel_; ++i) threads.emplace_back([this] { work(); });
  std::uint64_t number = 0;
  std::uint64_t bytes = 0;
  for (std::string text; std::getline(input, text);) {
    ++number;
    bytes += text.size() + 1;
    if (stop_requested()) fail_with({Code::closed, "interrupted"});
    if (text.find_first_not_of(" \t\r") == std::string::npos) continue;
    if (!take_line(number, text)) break;
    if (number % 64 == 0) {
      const std::scoped_lock lock(mutex_);
      state_.flush();
      tick(report_.accepted + report_.refused.size(), bytes);
    }
  }
  queue_.finish();
  for (std::thread& thread : threads) thread.join();
  state_.flush();
  if (error_) return tl::unexpected(*error_);
  return std::move(report_);
}

// False once the import has ended early.
bool Importer::take_line(std::uint64_t number, const std::string& text) {
  auto line = parse_import_line(text);
  {
    const std::scoped_lock lock(mutex_);
    if (error_) return false;
    ++report_.lines;
  }
  if (!line) {
    answered({.number = number}, refusal("malformed_line", line.error().detail));
    return true;
  }
  const std::vector<std::string> keys = references(*line);
  const std::uint32_t group = group_of(*line, keys);
  bool elsewhere = false;
  bool done = false;
  {
    const std::scoped_lock lock(mutex_);
    for (const std::string& key : keys) {
      const auto found = known_.find(key);
      elsewhere = elsewhere || (found != known_.end() && found->second.group != group);
    }
    const auto [known, first] = known_.try_emplace(line->key, Known{group, number});
    if (!first) elsewhere = true;  // a key used twice: the second must see the first's answer
    if (const auto earlier = state_.take(number)) {
      done = true;
      if (first) known->second.id = earlier->id;
      saw(group, earlier->position);
      if (earlier->accepted()) ++report_.accepted;
      if (!earlier->accepted()) {
        report_.refused[number] = {number, line->key, line->method + " " + line->path, *earlier};
      }
    }
  }
  if (done) return true;
  if (elsewhere && !queue_.drain()) return false;
  return queue_.add({number, group, std::move(*line)});
}

std::uint32_t Importer::group_of(const ImportLine& line, const std::vector<std::string>& keys) {
  if (line.stream.empty()) {
    const std::scoped_lock lock(mutex_);
    for (const std::string& key : keys) {
      if (const auto found = known_.find(key); found != known_.end()) return found->second.group;
    }
  }
  const std::string stream = stream_text(line);
  if (stream.empty()) return next_group_++;
  const auto [found, fresh] = groups_.try_emplace(stream, next_group_);
  if (fresh) ++next_group_;
  return found->second;
}

void Importer::work() {
  ImportSender sender(options_, rate_, outage_);
  while (auto task = queue_.take()) {
    const std::string position = position_before(*task);
    auto refused = prepare(task->line);
    auto answer =
        refused ? Result<ImportAnswer>(std::move(*refused)) : sender.send(task->line, position);
    if (answer) {
      answered(*task, *answer);
    } else {
      fail_with(answer.error());
    }
    queue_.done(task->group);
  }
}

// A thing made by one line is found by the next only where its table has read that far. A group
// has seen all that its lines have, and what the lines of other groups have seen that they follow.
std::string Importer::position_before(const ImportTask& task) {
  const std::vector<std::string> keys = references(task.line);
  const std::scoped_lock lock(mutex_);
  for (const std::string& key : keys) {
    const auto found = known_.find(key);
    if (found == known_.end() || found->second.group == task.group) continue;
    const auto theirs = positions_.find(found->second.group);
    if (theirs != positions_.end()) saw(task.group, theirs->second);
  }
  const auto seen = positions_.find(task.group);
  return seen == positions_.end() ? std::string() : seen->second;
}

// Under mutex_. What earlier runs saw counts for nothing once the log was moved.
void Importer::saw(std::uint32_t group, const std::string& position) {
  if (position.empty()) return;
  const auto more = gateway::decode_position(position);
  if (more && log_ && more->log != *log_) return;
  std::string& seen = positions_[group];
  auto all = gateway::decode_position(seen);
  if (!all || !more || all->log != more->log) {
    seen = position;
    return;
  }
  gateway::merge_offsets(all->offsets, more->offsets);
  seen = gateway::encode_position(all->log, all->offsets);
}

std::optional<ImportAnswer> Importer::prepare(ImportLine& line) {
  const std::scoped_lock lock(mutex_);
  bool refused = false;
  const auto resolved = resolve(line, [&](const std::string& key) -> std::optional<std::string> {
    const auto found = known_.find(key);
    if (found == known_.end() || !found->second.id) return std::nullopt;
    if (!found->second.id->empty()) return found->second.id;
    refused = true;
    return std::nullopt;
  });
  if (refused) return refusal("refers_to_refused", "a line it refers to was refused");
  if (!resolved) {
    return refusal("unknown_reference", "no earlier line has the key " + resolved.error().detail);
  }
  return std::nullopt;
}

void Importer::answered(const ImportTask& task, const ImportAnswer& answer) {
  const std::scoped_lock lock(mutex_);
  if (const auto at = gateway::decode_position(answer.position)) log_ = at->log;
  saw(task.group, answer.position);
  if (answer.accepted()) {
    ++report_.accepted;
  } else {
    const ImportLine& line = task.line;
    report_.refused[task.number] = {task.number, line.key, line.method + " " + line.path, answer};
  }
  const auto known = known_.find(task.line.key);
  if (known != known_.end() && known->second.line == task.number) known->second.id = answer.id;
  state_.add(task.number, answer);
}

void Importer::fail_with(const Error& error) {
  {
    const std::scoped_lock lock(mutex_);
    if (!error_) error_ = error;
  }
  queue_.close();
}

}  // namespace wf::cli
