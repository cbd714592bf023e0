// Sending one command from a tool and waiting for its outcome.
#pragma once
#include <functional>
#include <string>

#include "base/catalogue.h"
#include "log/log.h"

namespace wf::cli {

struct ToolCommand {
  const CommandType* type = nullptr;
  Uuid stream;
  std::string payload;                             // sealed where the schema says so
  std::function<void(const Record&)> before = {};  // told each event its stream had before it
};

struct ToolOutcome {
  Uuid command;
  Kind kind = Kind::nothing;  // event: accepted; nothing: already so; else refused
  std::string payload;        // of the record that closes it

  bool accepted() const { return kind == Kind::event || kind == Kind::nothing; }
};

// As an administrator, durable before it is waited for. Code::timeout: it is on the log, but nobody
// decided it in time; it counts when somebody does, until it expires.
Result<ToolOutcome> decide(Log& log, const ToolCommand& command, Duration patience);

}  // namespace wf::cli
