// The wire form of Refused.
#include "base/refused.h"

#include "base/json_cursor.h"
#include "base/json_write.h"

namespace wf {

void read_json(JsonCursor& in, Refused& out) {
  unsigned seen = 0;
  in.begin_object();
  for (std::string_view key; in.next_key(key);) {
    if (key == "command") {
      in.string(out.command);
      seen |= 1U;
    } else if (key == "stream") {
      out.stream = in.uuid();
      seen |= 2U;
    } else if (key == "reason") {
      in.string(out.reason);
      seen |= 4U;
    } else if (key == "event") {
      out.event = in.uuid();
      seen |= 8U;
    } else {
      in.skip();
    }
  }
  if (seen != 15U) in.fail();
}

void write_json(std::string& out, const Refused& value) {
  out += "{\"command\":";
  append_json_string(out, value.command);
  out += ",\"stream\":";
  append_uuid(out, value.stream);
  out += ",\"reason\":";
  append_json_string(out, value.reason);
  out += ",\"event\":";
  append_uuid(out, value.event);
  out += '}';
}

}  // namespace wf
