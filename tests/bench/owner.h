// Writes an events partition as its decider does, without deciding: for logs made by benchmarks.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "log/log.h"
#include "runtime/outcomes.h"

namespace wf {

// One event as the whole outcome of a command.
struct Answer {
  const Record& command;
  Offset cause = -1;  // the command's offset
  std::string_view type;
  std::string payload;
  std::uint64_t version = 0;
};

// One thread. What it does not check: that every command before next() is answered.
class Owner {
 public:
  // Opens an epoch at the partition's end; whoever owned it before is a zombie from here on.
  Owner(Log& log, std::uint32_t partition);

  Offset next() const { return next_; }  // the command to answer first
  void add(const Answer& answer);
  void flush();

 private:
  void open(Log& log);

  Slot events_;
  std::unique_ptr<Appender> appender_;
  std::unique_ptr<Outcomes> outcomes_ = std::make_unique<Outcomes>();
  Offset epoch_ = -1;
  Offset next_ = 0;
};

}  // namespace wf
