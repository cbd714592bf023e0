// What became of a command, as the gateway's answer needs it. A value.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "log/record.h"
#include "storage/table_view.h"

namespace wf::gateway {

struct Outcome {
  enum class Fate : std::uint8_t {
    decided,       // its outcome was read back; what follows says which
    pending,       // it is durable, but the client's patience ended first
    unknown,       // the append may or may not have arrived
    not_appended,  // certainly not on the log: the client may try again
    overloaded,    // the same, because a bound was reached
    forgotten,     // the same: the person its personal fields are about asked to be forgotten
  };

  Fate fate = Fate::not_appended;
  Kind kind = Kind::nothing;  // event: accepted; rejected, nothing, duplicate, expired, gap
  std::string payload;        // of a closing record
  std::vector<std::string_view> events;  // types, of the command's own events; static storage
  std::uint64_t stream_version = 0;
  SlotOffset position;  // where the outcome ends
};

// Called once, on the io thread it belongs to.
using OnOutcome = std::function<void(const Outcome&)>;

// Runs something on an io thread, later. Any thread.
using Post = std::function<void(std::function<void()>)>;
using Posts = std::vector<Post>;  // by io thread

// Who waits for an outcome.
struct Waiter {
  std::size_t io = 0;  // its thread
  OnOutcome tell;
};
struct Told {
  std::vector<Waiter> waiters;
  Outcome outcome;
};
// Tells each on its own thread: one post per thread, whatever the number.
void tell(const Posts& posts, std::vector<Told> all);

}  // namespace wf::gateway
