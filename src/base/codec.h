// What generated writers share beside base/json_write.h. Any thread.
#pragma once
#include <string>

namespace wf {

// Ends an object or array whose every member left a comma behind it.
inline void close_json(std::string& out, char bracket) {
  if (out.back() == ',') {
    out.back() = bracket;
  } else {
    out += bracket;
  }
}

}  // namespace wf
