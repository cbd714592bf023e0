// Runs a command worker for every commands partition this process owns, and a forwarder for every
// events partition, each on its own thread.
#pragma once
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/catalogue.h"
#include "log/log.h"
#include "runtime/command_worker.h"
#include "runtime/forwarder.h"

namespace wf {

struct DecidersOptions {
  std::string stores;  // directory: decider-FAMILY-P and forwarder-FAMILY-P below it
  std::uint32_t partitions = 1;
  bool decide = true;  // `wayfold work --only deciders|forwarders`
  bool forward = true;
  CommandWorkerOptions worker;  // family, partition and store are filled in
  ForwarderOptions forwarder;   // source, answers and store are filled in
  Duration ownership_every = Duration::millis(200);
  Duration ownership_retry_max = Duration::seconds(5);
};

// One partition as operators see it.
struct DeciderStatus {
  std::string family;
  std::uint32_t partition = 0;
  bool resumed = false;
  Offset next = 0;
  std::uint64_t decided = 0;
  std::uint64_t forwarded = 0;
  std::string failure;            // the decider needs a person; empty: it does not
  std::string forwarder_failure;  // likewise
};

// start() and stop() from one thread; status() from any.
class Deciders {
 public:
  Deciders(Log& log,
           const Catalogue& catalogue,
           const PlatformConfig& platform,
           DecidersOptions options,
           Alarm alarm);
  ~Deciders();

  void start();
  // Lets each worker finish its step and write its store; returns when all threads are joined.
  void stop();
  std::vector<DeciderStatus> status() const;

 private:
  struct Worker;

  void own(const std::stop_token& stop, const std::string& family);
  void take(const std::string& family, const std::vector<Slot>& owned);
  std::unique_ptr<Worker> begin(const std::string& family, const Slot& slot);
  void decide(Worker& worker, const std::string& family, std::uint32_t partition);
  void forward(Worker& worker, const std::string& family, std::uint32_t partition);

  Log& log_;
  const Catalogue& catalogue_;
  const PlatformConfig& platform_;
  DecidersOptions options_;
  Alarm alarm_;
  mutable std::mutex mutex_;
  std::map<Slot, std::unique_ptr<Worker>> workers_;
  std::vector<std::jthread> owners_;
};

// Every slot of a kind ("events", "commands"), family by family.
std::vector<Slot> slots_of(const Catalogue& catalogue,
                           std::string_view kind,
                           std::uint32_t partitions);
// The topics of a deployment: commands and events of each family, and the keys.
std::vector<TopicSpec> topics_of(const Catalogue& catalogue, std::uint32_t partitions);

}  // namespace wf
