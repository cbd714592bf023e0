// A log that does to its users what Kafka may: a prefix, a double, success unseen, bytes that
// arrive late. For tests.
#pragma once
#include <cstdint>
#include <memory>

#include "log/log.h"

namespace wf {

// Each is the probability per append or read, 0 to 1; at most one fault happens to a call.
struct Faults {
  // An append that fails, and kills its appender…
  double lost = 0;    // …with nothing written
  double prefix = 0;  // …after the first few of its records
  double unseen = 0;  // …although all of it is written
  double late = 0;    // …and its rest arrives after some later calls, of whomever
  // An append that succeeds.
  double doubled = 0;  // written twice, one after the other
  // Reads.
  double short_read = 0;   // returns some of the records only
  double empty_read = 0;   // returns none although there are: a slow fetch
  double failed_read = 0;  // Code::unavailable: nobody answers
  int late_calls_max = 8;
};

struct FaultCounts {
  std::uint64_t lost = 0;
  std::uint64_t prefixes = 0;
  std::uint64_t unseen = 0;
  std::uint64_t held = 0;       // late ones, when they failed
  std::uint64_t delivered = 0;  // late ones, when they arrived
  std::uint64_t doubled = 0;
  std::uint64_t short_reads = 0;
  std::uint64_t empty_reads = 0;
  std::uint64_t failed_reads = 0;
};

// Thread-safe, like what it wraps; the same seed and the same calls give the same faults.
class FaultyLog : public Log {
 public:
  FaultyLog(Log& inner, std::uint64_t seed, const Faults& faults);
  ~FaultyLog() override;

  void set(const Faults& faults);
  void seed(std::uint64_t seed);  // of what is chosen from here on
  FaultCounts counts() const;
  void deliver_late();  // everything still held back, now
  // While paused nothing goes wrong and nothing late arrives.
  void pause(bool paused);

  Uuid id() const override;
  const std::vector<TopicSpec>& topics() const override;
  Result<std::unique_ptr<Appender>> writer(std::string name) override;
  Result<std::unique_ptr<Reader>> reader() override;
  Result<Offset> begin(const Slot& slot) override;
  Result<Offset> end(const Slot& slot) override;
  Result<std::unique_ptr<Ownership>> own(const std::vector<std::string>& topics) override;

 private:
  class Chance;
  class FaultyAppender;
  class FaultyReader;

  Log& inner_;
  std::unique_ptr<Chance> chance_;
};

}  // namespace wf
