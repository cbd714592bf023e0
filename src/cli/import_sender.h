// Sends import lines one at a time until each has its answer.
#pragma once
#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "cli/http_client.h"
#include "cli/import_line.h"
#include "cli/import_state.h"
#include "gen/process.h"

namespace wf::cli {

// What waits and outages are measured by: nobody sets it.
using Clock = std::chrono::steady_clock;

// At most so many starts per second, over all threads.
class RateLimit {
 public:
  explicit RateLimit(std::int64_t per_second) : gap_(1'000'000 / per_second) {}
  void wait();

 private:
  std::chrono::microseconds gap_;
  std::mutex mutex_;
  Clock::time_point next_;
};

// Says once that nobody's line has been answered for a while, and once that they are again.
// Thread-safe.
class Outage {
 public:
  using Say = std::function<void(std::string_view)>;  // from any thread, one at a time
  explicit Outage(Say say) : say_(std::move(say)) {}

  // A line that is sent since then has no answer.
  void goes_on(Clock::time_point since, const std::string& why);
  void over();

 private:
  const Say say_;
  std::mutex mutex_;
  Clock::time_point answered_;  // a line was, last
  bool said_ = false;
};

struct SenderOptions {
  HttpAddress address;
  std::string token;
  Uuid import;
  Duration give_up = Duration::seconds(60);     // after so long without an answer to one line
  Duration answer_max = Duration::seconds(45);  // for one answer; then the line is sent again
};

// More than a gateway of this configuration ever waits.
Duration answer_max_of(const GatewayConfig& gateway);

// One thread each; they share `rate` and `outage`.
class ImportSender {
 public:
  ImportSender(const SenderOptions& options, RateLimit& rate, Outage& outage);
  // Repeats what may be repeated: the key makes it harmless. An error ends the import: nobody
  // answers (unavailable), the token is not an importer's (forbidden), or a signal (closed).
  // `position` is what the line's own and those it follows have seen; empty: nothing.
  Result<ImportAnswer> send(const ImportLine& line, const std::string& position);

 private:
  const SenderOptions& options_;
  RateLimit& rate_;
  Outage& outage_;
  HttpClient client_;
};

}  // namespace wf::cli
