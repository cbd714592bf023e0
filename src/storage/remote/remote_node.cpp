// A pool under one lock, and one thread that keeps the watch connected.
#include "storage/remote/remote_node.h"

#include <fmt/format.h>

#include "base/thread_name.h"

namespace wf::remote {
namespace {

Result<Answer> exchange(FrameStream& stream, std::string& frame, Deadline deadline) {
  const auto sent = stream.send(frame, deadline);
  // One that takes no more connections says so, and closes before it has read anything.
  if (!sent && sent.error().code != Code::closed) return tl::unexpected(sent.error());
  if (auto ok = stream.wait(deadline); !ok) return tl::unexpected(ok.error());
  const auto received = stream.receive(deadline);
  if (!received) return tl::unexpected(received.error());
  return parse_answer(*received);
}

}  // namespace

RemoteNode::Lease::~Lease() {
  if (stream_) node_->give_back(std::move(stream_), incarnation_);
}

RemoteNode::RemoteNode(TableNode node, const RemoteTablesOptions& options)
    : node_(std::move(node)), options_(options) {}

RemoteNode::~RemoteNode() = default;

void RemoteNode::start(NodeEvents events) {
  events_ = std::move(events);
  watching_ = std::jthread([this](const std::stop_token& stop) {
    name_thread("remote tables");
    run(stop);
  });
}

void RemoteNode::stop() {
  if (!watching_.joinable()) return;
  watching_.request_stop();
  watching_.join();
  events_.lost();
}

Result<RemoteNode::Greeted> RemoteNode::greet(const Endpoint& endpoint, Deadline deadline) const {
  auto socket = connect_to(endpoint, deadline);
  if (!socket) return tl::unexpected(socket.error());
  auto stream = std::make_unique<FrameStream>(std::move(*socket), answer_bytes_max);
  std::string hello = hello_frame(options_.log_id);
  const auto answer = exchange(*stream, hello, deadline);
  if (!answer) return tl::unexpected(answer.error());
  if (answer->tone != Tone::done) return tl::unexpected(answer->error);
  const auto incarnation = parse_welcome(answer->rest);
  if (!incarnation) return tl::unexpected(incarnation.error());
  return Greeted{std::move(stream), *incarnation};
}

Result<RemoteNode::Lease> RemoteNode::take(Deadline deadline) {
  Endpoint endpoint;
  {
    std::unique_lock lock(mutex_);
    const bool free = freed_.wait_until(
        lock, deadline, [&] { return !idle_.empty() || open_ < options_.connections_max; });
    if (!free) return fail(Code::full, node_.address + ": no connection is free");
    while (!idle_.empty()) {
      Idle idle = std::move(idle_.back());
      idle_.pop_back();
      if (idle.incarnation != incarnation_) {
        --open_;
        continue;
      }
      return Lease(*this, std::move(idle.stream), true, idle.incarnation);
    }
    ++open_;
    endpoint = endpoint_;
  }
  auto greeted = greet(endpoint, deadline);
  if (greeted && greeted->incarnation != incarnation_) {
    greeted = fail(Code::closed, "it was started again");
  }
  if (!greeted) {
    give_back(nullptr, 0);
    lose_unless_busy(greeted.error());
    return tl::unexpected(greeted.error());
  }
  return Lease(*this, std::move(greeted->stream), false, greeted->incarnation);
}

// One that failed is null.
void RemoteNode::give_back(std::unique_ptr<FrameStream> stream, std::uint64_t incarnation) {
  {
    const std::lock_guard lock(mutex_);
    if (stream && incarnation == incarnation_) {
      idle_.push_back({std::move(stream), incarnation});
    } else {
      --open_;
    }
  }
  freed_.notify_one();
}

void RemoteNode::drop_idle() {
  {
    const std::lock_guard lock(mutex_);
    open_ -= idle_.size();
    idle_.clear();
  }
  freed_.notify_all();
}

Result<RemoteNode::Reply> RemoteNode::ask(std::string& frame, Deadline deadline) {
  for (;;) {
    auto lease = take(deadline);
    if (!lease) return tl::unexpected(lease.error());
    auto answer = exchange(*lease->stream_, frame, deadline);
    if (answer) return Reply{std::move(*lease), std::move(*answer)};
    const bool closed_while_idle = lease->used_ && answer.error().code != Code::timeout;
    lease->stream_.reset();
    give_back(nullptr, 0);
    if (!closed_while_idle) {
      lose_unless_busy(answer.error());
      return tl::unexpected(answer.error());
    }
    drop_idle();  // the rest is as old: the next one is opened, so this ends
  }
}

// What takes long may be the question's fault: a node that hangs is found by the watch's silence.
// One whose connections are all in use answers the others.
void RemoteNode::lose_unless_busy(const Error& why) {
  if (why.code != Code::timeout && why.code != Code::full) lose(why);
}

void RemoteNode::lose(const Error& why) {
  events_.lost();
  if (known_.exchange(Known::lost) == Known::lost) return;
  options_.alarm(fmt::format("tables at {} cannot be read: {}", node_.address, why.detail));
}

void RemoteNode::run(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  while (!stop.stop_requested()) {
    const auto watched = watch(stop);
    if (stop.stop_requested()) return;
    drop_idle();
    lose(watched.error());
    std::unique_lock lock(mutex);
    stopped.wait_for(
        lock, stop, std::chrono::microseconds(options_.retry.us), [] { return false; });
  }
}

// Until the connection ends.
Result<void> RemoteNode::watch(const std::stop_token& stop) {
  const auto endpoint = resolve(node_.address);
  if (!endpoint) return tl::unexpected(endpoint.error());
  auto greeted = greet(*endpoint, after(options_.silence_max));
  if (!greeted) return tl::unexpected(greeted.error());
  {
    const std::lock_guard lock(mutex_);
    endpoint_ = *endpoint;
  }
  FrameStream& stream = *greeted->stream;
  const std::stop_callback cut(stop, [&stream] { stream.shut_down(); });
  incarnation_ = greeted->incarnation;
  std::string frame = watch_frame({node_.tables.begin(), node_.tables.end()});
  if (auto ok = stream.send(frame, after(options_.silence_max)); !ok) return ok;
  for (bool first = true;; first = false) {
    const auto received = stream.receive(after(options_.silence_max));
    if (!received) return tl::unexpected(received.error());
    const auto answer = parse_answer(*received);
    if (!answer) return tl::unexpected(answer.error());
    if (answer->tone != Tone::done) return tl::unexpected(answer->error);
    const auto moved = parse_moved(answer->rest);
    if (!moved) return tl::unexpected(moved.error());
    events_.heard(*moved, first);
    if (known_.exchange(Known::up) != Known::up) {
      options_.alarm(fmt::format("tables at {} are read", node_.address));
    }
  }
}

}  // namespace wf::remote
