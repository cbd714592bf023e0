// {"subject", "master", "wrapped"}.
#include "gateway/key_payload.h"

#include "base/json_cursor.h"

namespace wf::gateway {

std::optional<KeyPayload> parse_key_payload(std::string_view payload) {
  KeyPayload read;
  JsonCursor cursor(payload);
  cursor.begin_object();
  for (std::string_view key; cursor.next_key(key);) {
    if (key == "subject") {
      read.subject = cursor.uuid();
    } else if (key == "master") {
      cursor.string(read.master);
    } else if (key == "wrapped") {
      cursor.string(read.wrapped);
    } else {
      cursor.skip();
    }
  }
  if (!cursor.finished()) return std::nullopt;
  return read;
}

}  // namespace wf::gateway
