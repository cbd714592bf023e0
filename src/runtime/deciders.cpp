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

// The threads of one partition. Destroying it stops and joins them.
struct Deciders::Partition {
  std::unique_ptr<CommandWorker> worker;
  std::unique_ptr<Forwarder> forwarder;
  DeciderStatus status;  // guarded by Deciders::mutex_
  std::jthread deciding;
  std::jthread forwarding;
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
  decltype(partitions_) ended;
  {
    const std::scoped_lock lock(mutex_);
    ended.swap(partitions_);
  }
  for (auto& [key, partition] : ended) {
    partition->deciding.request_stop();
    partition->forwarding.request_stop();
  }
}

// Whoever cannot say what it owns owns nothing, and asks anew.
void Deciders::own(const std::stop_token& stop, const std::string& family) {
  std::unique_ptr<Ownership> ownership;
  std::mutex idle_mutex;
  std::condition_variable_any idle;
  Duration wait = options_.ownership_every;
  while (!stop.stop_requested()) {
    Result<std::vector<std::uint32_t>> owned = std::vector<std::uint32_t>{};
    if (!ownership) {
      auto opened = log_.own("commands." + family);
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
void Deciders::take(const std::string& family, const std::vector<std::uint32_t>& owned) {
  std::vector<std::unique_ptr<Partition>> lost;
  const std::scoped_lock lock(mutex_);
  for (auto it = partitions_.begin(); it != partitions_.end();) {
    const auto& [name, partition] = it->first;
    const bool kept =
        name != family || std::find(owned.begin(), owned.end(), partition) != owned.end();
    if (!kept) lost.push_back(std::move(it->second));
    it = kept ? std::next(it) : partitions_.erase(it);
  }
  for (const std::uint32_t partition : owned) {
    auto& slot = partitions_[{family, partition}];
    if (!slot) slot = begin(family, partition);
  }
  for (auto& partition : lost) {
    partition->deciding.request_stop();
    partition->forwarding.request_stop();
  }
}

std::unique_ptr<Deciders::Partition> Deciders::begin(const std::string& family,
                                                     std::uint32_t number) {
  auto partition = std::make_unique<Partition>();
  Partition& p = *partition;
  p.status.family = family;
  p.status.partition = number;
  if (options_.decide) {
    CommandWorkerOptions worker = options_.worker;
    worker.family = family;
    worker.partition = number;
    worker.partitions = options_.partitions;
    worker.store_path = fmt::format("{}/decider-{}-{}", options_.stores, family, number);
    p.worker =
        std::make_unique<CommandWorker>(log_, catalogue_, platform_, std::move(worker), alarm_);
    p.deciding = std::jthread([this, &p](const std::stop_token& stop) {
      name_thread(fmt::format("d/{} {}", p.status.partition, p.status.family));
      run_worker(stop, *p.worker, LoopOptions{}, [this, &p] {
        const std::scoped_lock lock(mutex_);
        p.status.resumed = p.worker->resumed();
        p.status.next = p.worker->next();
        p.status.decided = p.worker->decided();
        p.status.failure = p.worker->failure() ? p.worker->failure()->detail : "";
      });
      if (auto ok = p.worker->checkpoint(); !ok) alarm_(ok.error().detail);
    });
  }
  if (options_.forward) {
    ForwarderOptions forwarder = options_.forwarder;
    forwarder.source = {"events." + family, number};
    forwarder.answers = slots_of(catalogue_, "events", options_.partitions);
    forwarder.store_path = fmt::format("{}/forwarder-{}-{}", options_.stores, family, number);
    p.forwarder = std::make_unique<Forwarder>(log_, std::move(forwarder), alarm_);
    p.forwarding = std::jthread([this, &p](const std::stop_token& stop) {
      name_thread(fmt::format("f/{} {}", p.status.partition, p.status.family));
      run_worker(stop, *p.forwarder, LoopOptions{.window = forward_window}, [this, &p] {
        const std::scoped_lock lock(mutex_);
        p.status.forwarded = p.forwarder->forwarded();
        if (p.forwarder->failure()) p.status.forwarder_failure = p.forwarder->failure()->detail;
      });
    });
  }
  return partition;
}

std::vector<DeciderStatus> Deciders::status() const {
  const std::scoped_lock lock(mutex_);
  std::vector<DeciderStatus> all;
  for (const auto& [key, partition] : partitions_) all.push_back(partition->status);
  return all;
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
