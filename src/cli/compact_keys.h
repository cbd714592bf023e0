// Takes keys that must not be used any more off the embedded log's disk: those of forgotten people
// (DESIGN.md 5: within a day), and those wrapped anew.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <thread>

#include "base/time.h"
#include "gen/process.h"
#include "log/log.h"
#include "runtime/decider.h"

namespace wf::cli {

// `log` is an embedded one, in use or not. Returns how many records went.
Result<std::uint64_t> compact_keys(Log& log);

// For who has just forgotten somebody: when the bytes of the keys leave the disks of a `log`.
std::string_view when_keys_go(LogKind log);

// Does so at the start and then every so often, on a thread of its own, for as long as it lives. A
// failure is an alarm, and tried again within the hour.
class KeysCompaction {
 public:
  KeysCompaction(Log& log, Duration every, Alarm alarm);

  // At once. Any thread.
  Result<std::uint64_t> now();

 private:
  void run(const std::stop_token& stop);

  Log& log_;
  Duration every_;
  Alarm alarm_;
  std::mutex mutex_;  // one at a time
  std::condition_variable_any idle_;
  std::jthread thread_;
};

}  // namespace wf::cli
