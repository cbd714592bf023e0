// What comes back to an aggregate whose event another one followed with a command that was refused.
#pragma once
#include <string>

#include "base/uuid.h"

namespace wf {

// A command of every aggregate that others react to. decide() must take it: it may answer events or
// nothing, never a Reason. An aggregate may declare a Refused of its own with fewer of these
// fields.
struct Refused {
  std::string command;  // the type that was refused: "inbox.Deliver"
  Uuid stream;          // whose stream refused it
  std::string reason;   // a Reason's name, or "internal", "hops", …
  Uuid event;           // of this stream, the one that was reacted to

  bool operator==(const Refused&) const = default;
};

class JsonCursor;
void read_json(JsonCursor& in, Refused& out);
void write_json(std::string& out, const Refused& value);

}  // namespace wf
