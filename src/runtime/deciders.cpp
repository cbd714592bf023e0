// Ownership polls, and the threads of what is owned.
#include "runtime/deciders.h"

#include <fmt/format.h>

#include <condition_variable>

#include "base/thread_name.h"
#include "runtime/worker_loop.h"

namespace wf {
namespace {

// Nobody waits for what policies send: large batches cost the log fewer syncs.
constexpr Duration forward_window = Duration::millis(5);

}  // namespace

// What works on one slot: a commands slot has a command worker, an events slot a forwarder.
// Destroying it stops and joins its thread.
struct Deciders::Worker {
  std::unique_ptr<CommandWorker> decider;
  std::unique_ptr<Forwarder> forwarder;
  DeciderStatus status;  // its own part; guarded by Deciders::mutex_
  std::jthread thread;
};

Deciders::Deciders(Log& log,
                   const Catalogue& catalogue,
                   const PlatformConfig& platform,
                   DecidersOptions options,
                   Alarm alarm)
    : log_(log),
      catalogue_(catalogue),
      platform_(platform),
      options_(std::move(options)),
      alarm_(std::move(alarm)) {}

Deciders::~Deciders() { stop(); }

void Deciders::start() {
  for (const std::string_view family : catalogue_.families) {
    owners_.emplace_back(
        [this, name = std::string(family)](const std::stop_token& stop) { own(stop, name); });
  }
}

void Deciders::stop() {
  owners_.clear();
  decltype(workers_) ended;
  {
    const std::scoped_lock lock(mutex_);
    ended.swap(workers_);
  }
  for (auto& [slot, worker] : ended) worker->thread.request_stop();
}

// Whoever cannot say what it owns owns nothing, and asks anew.
void Deciders::own(const std::stop_token& stop, const std::string& family) {
  std::vector<std::string> topics;
  if (options_.decide) topics.push_back("commands." + family);
  if (options_.forward) topics.push_back("events." + family);
  std::unique_ptr<Ownership> ownership;
  std::mutex idle_mutex;
  std::condition_variable_any idle;
  Duration wait = options_.ownership_every;
  while (!stop.stop_requested()) {
    Result<std::vector<Slot>> owned = std::vector<Slot>{};
    if (!ownership) {
      auto opened = log_.own(topics);
      if (opened) {
        ownership = std::move(*opened);
      } else {
        owned = tl::unexpected(opened.error());
      }
    }
    if (ownership) owned = ownership->poll();
    if (owned) {
      take(family, *owned);
      wait = options_.ownership_every;
    } else {
      alarm_(fmt::format("ownership of {}: {}", family, owned.error().detail));
      take(family, {});
      ownership.reset();
      wait = std::min(Duration{wait.us * 2}, options_.ownership_retry_max);
    }
    std::unique_lock lock(idle_mutex);
    idle.wait_for(lock, stop, std::chrono::microseconds(wait.us), [] { return false; });
  }
}

// Begins what is owned and not there, and ends what is there and not owned any more.
void Deciders::take(const std::string& family, const std::vector<Slot>& owned) {
  std::vector<std::unique_ptr<Worker>> lost;
  const std::scoped_lock lock(mutex_);
  for (auto it = workers_.begin(); it != workers_.end();) {
    const auto& [slot, worker] = *it;
    const bool kept =
        worker->status.family != family || std::ranges::find(owned, slot) != owned.end();
    if (!kept) lost.push_back(std::move(it->second));
    it = kept ? std::next(it) : workers_.erase(it);
  }
  for (const Slot& slot : owned) {
    auto& worker = workers_[slot];
    if (!worker) worker = begin(family, slot);
  }
  for (auto& worker : lost) worker->thread.request_stop();
}

std::unique_ptr<Deciders::Worker> Deciders::begin(const std::string& family, const Slot& slot) {
  auto worker = std::make_unique<Worker>();
  worker->status.family = family;
  worker->status.partition = slot.partition;
  if (slot.topic.starts_with("commands.")) {
    decide(*worker, family, slot.partition);
  } else {
    forward(*worker, family, slot.partition);
  }
  return worker;
}

void Deciders::decide(Worker& w, const std::string& family, std::uint32_t partition) {
  CommandWorkerOptions options = options_.worker;
  options.family = family;
  options.partition = partition;
  options.partitions = options_.partitions;
  options.store_path = fmt::format("{}/decider-{}-{}", options_.stores, family, partition);
  w.decider =
      std::make_unique<CommandWorker>(log_, catalogue_, platform_, std::move(options), alarm_);
  w.thread = std::jthread([this, &w](const std::stop_token& stop) {
    name_thread(fmt::format("d/{} {}", w.status.partition, w.status.family));
    run_worker(stop, *w.decider, LoopOptions{}, [this, &w] {
      const std::scoped_lock lock(mutex_);
      w.status.resumed = w.status.resumed || w.decider->resumed();
      w.status.next = w.decider->next();
      w.status.decided = w.decider->decided();
      w.status.failure = w.decider->failure() ? w.decider->failure()->detail : "";
    });
    if (auto ok = w.decider->checkpoint(); !ok) alarm_(ok.error().detail);
  });
}

void Deciders::forward(Worker& w, const std::string& family, std::uint32_t partition) {
  ForwarderOptions options = options_.forwarder;
  options.source = {"events." + family, partition};
  options.answers = slots_of(catalogue_, "events", options_.partitions);
  options.store_path = fmt::format("{}/forwarder-{}-{}", options_.stores, family, partition);
  w.forwarder = std::make_unique<Forwarder>(log_, std::move(options), alarm_);
  w.thread = std::jthread([this, &w](const std::stop_token& stop) {
    name_thread(fmt::format("f/{} {}", w.status.partition, w.status.family));
    run_worker(stop, *w.forwarder, LoopOptions{.window = forward_window}, [this, &w] {
      const std::scoped_lock lock(mutex_);
      w.status.forwarded = w.forwarder->forwarded();
      if (w.forwarder->failure()) w.status.forwarder_failure = w.forwarder->failure()->detail;
    });
  });
}

std::vector<DeciderStatus> Deciders::status() const {
  std::map<std::pair<std::string, std::uint32_t>, DeciderStatus> all;
  const std::scoped_lock lock(mutex_);
  for (const auto& [slot, worker] : workers_) {
    const DeciderStatus& own = worker->status;
    DeciderStatus& status = all[{own.family, own.partition}];
    status.family = own.family;
    status.partition = own.partition;
    if (worker->decider) {
      status.resumed = own.resumed;
      status.next = own.next;
      status.decided = own.decided;
      status.failure = own.failure;
    } else {
      status.forwarded = own.forwarded;
      status.forwarder_failure = own.forwarder_failure;
    }
  }
  std::vector<DeciderStatus> statuses;
  for (auto& [key, status] : all) statuses.push_back(std::move(status));
  return statuses;
}

std::vector<Slot> slots_of(const Catalogue& catalogue,
                           std::string_view kind,
                           std::uint32_t partitions) {
  std::vector<Slot> slots;
  for (const std::string_view family : catalogue.families) {
    for (std::uint32_t p = 0; p < partitions; ++p) {
      slots.push_back({fmt::format("{}.{}", kind, family), p});
    }
  }
  return slots;
}

std::vector<TopicSpec> topics_of(const Catalogue& catalogue, std::uint32_t partitions) {
  std::vector<TopicSpec> topics;
  for (const std::string_view family : catalogue.families) {
    topics.push_back({fmt::format("commands.{}", family), partitions});
    topics.push_back({fmt::format("events.{}", family), partitions});
  }
  topics.push_back({.name = "keys", .compacted = true});
  return topics;
}

}  // namespace wf
