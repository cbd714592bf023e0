// What everything in a run stands on: the clock, the chance of the action being taken, the disk,
// and the log with its faults. One thread.
#pragma once
#include <fmt/format.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/catalogue.h"
#include "gen/platform.h"
#include "log/faulty_log.h"
#include "log/memory_disk.h"
#include "runtime/test_hook_log.h"
#include "simulation/plan.h"
#include "simulation/random.h"

namespace wf::simulation {

using test::Crash;    // ends the process that was stepping
struct PowerLost {};  // ends them all

inline constexpr std::uint32_t partitions = 2;

// Two configurations, of which a deployment may have both for a while. The build in `opened` says
// which one decided.
struct Build {
  Catalogue catalogue;
  PlatformConfig platform;
};
const std::vector<Build>& builds();

class Environment {
 public:
  Environment(std::uint64_t seed, std::string directory);
  ~Environment();
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  // The next action's chance and faults.
  void begin(const Action& action);
  // From here on nothing goes wrong any more; what was late arrives.
  void heal();

  // What the log holds is lost where it was not synced. Whoever uses the log must be gone.
  void lose_power();
  // The power goes during one of the next writes.
  void power_will_go(int operations) { disk_.cut_power_after(operations); }

  Log& log() { return *hooked_; }  // with faults, crashes, and others stepping in between
  Log& true_log() { return *rocks_; }

  // One line of the story that a failing seed tells.
  template <class... Args>
  void note(fmt::format_string<Args...> format, Args&&... args) {
    if (!tracing) return;
    trace.push_back(fmt::format("{:>5}  ", action_) +
                    fmt::format(format, std::forward<Args>(args)...));
  }
  // The first thing that is wrong ends the run.
  template <class... Args>
  void fail(fmt::format_string<Args...> format, Args&&... args) {
    if (!wrong.empty()) return;
    wrong = fmt::format(format, std::forward<Args>(args)...);
    note("WRONG: {}", wrong);
  }

  const std::string directory;  // of the tables
  Instant now{1'795'000'000'000'000};
  Random random;
  bool faults = true;
  bool tracing = false;
  std::string wrong;
  std::vector<std::string> trace;
  // Before and after whatever a process does to a log or store: others step in, or it dies.
  std::function<void()> await = [] {};
  // While the disk syncs: others read.
  std::function<void()> syncing = [] {};

 private:
  void open_log();
  void connect();

  MemoryDisk disk_;
  std::unique_ptr<Log> rocks_;
  std::unique_ptr<FaultyLog> faulty_;
  std::unique_ptr<test::HookLog> hooked_;
  bool armed_ = false;  // a failed write ends everything
  std::uint32_t action_ = 0;
};

// "bookings/1": a slot without what its topic is for.
std::string name(const Slot& slot);
// commands.F or events.F, every partition.
std::vector<Slot> slots(std::string_view kind);

}  // namespace wf::simulation
