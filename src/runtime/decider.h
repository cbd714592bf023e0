// Decides one command of one partition into its outcome: admission, due deadlines, the command,
// what follows from it.
#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "runtime/decider_state.h"
#include "runtime/outcomes.h"

namespace wf {

// Something an operator must look at: what happened and where. Never throws, returns at once, any
// thread.
using Alarm = std::function<void(std::string_view what)>;

// One thread. Pure over its state: no clock, no log. What it decides is applied to the state at
// once.
class Decider {
 public:
  static constexpr std::size_t records_max = 256;       // of one outcome…
  static constexpr std::size_t closing_max = 2;         // …beside its rejection and a `Refused`
  static constexpr std::size_t bytes_max = 768u << 10;  // of its payloads
  static constexpr std::uint32_t hops_max = 16;
  // Of `at` and `occurred_at`, a wake's too, before the append time.
  static constexpr Duration ahead_max = Duration::seconds(5);

  // `events` is the partition outcomes go to; `partitions` the number each topic has.
  Decider(DeciderState& state,
          const PlatformConfig& platform,
          Slot events,
          std::uint32_t partitions,
          Alarm alarm);

  // Appends the command's outcome to `out`. An error is the store's, or Code::corrupt for a record
  // this build does not know; then nothing was added or applied.
  Result<void> decide(const Record& command, Offset epoch, Outcomes& out);
  // The outcome of a command that is admitted and then not decided: it killed its deciders.
  Result<void> refuse(const Record& command, std::string_view reason, Offset epoch, Outcomes& out);

 private:
  struct Turn;  // one command being decided

  Result<bool> admit(Turn& turn);
  bool admit_forwarded(Turn& turn);
  bool decide_deadlines(Turn& turn);
  void decide_command(Turn& turn, const CommandType& type);
  std::string_view attempt(Turn& turn,
                           std::size_t aggregate,
                           const CommandType& type,
                           std::string_view payload,
                           const Context& context);
  bool add_events(Turn& turn, Decided decided, const Context& context);
  std::size_t aggregate_of(const CommandType& type) const;
  void add_sends(Turn& turn, const Event& event, const Record& record);
  void add_send(Turn& turn, const Record& cause, const Slot& target, Sending sending);
  void close(Turn& turn, Kind kind, std::string payload);
  void reject(Turn& turn, std::string_view reason);
  Result<void> finish(Turn& turn);

  DeciderState& state_;
  const PlatformConfig& platform_;
  Slot events_;
  std::uint32_t partitions_;
  std::uint32_t system_role_ = 0;
  Alarm alarm_;
};

// The id of a command's n-th outcome record: UUIDv5(command id, index).
Uuid event_id(const Uuid& command, std::size_t index);
// Whether a record with that id may be of an outcome of that command.
bool answers(const Uuid& record, const Uuid& command);

}  // namespace wf
