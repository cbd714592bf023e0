// What every subcommand's exit code means; scripts may rely on it. The worse, the higher. 70 is
// none of them: the embedded log ends its process with it (log/rocks_core.cpp).
#pragma once
#include <cstdint>

#include "base/result.h"

namespace wf::cli {

enum class Exit : std::uint8_t {
  ok = 0,
  found = 1,         // the check ran, and found something: a row that differs, a refused line
  usage = 2,         // arguments, configuration or a name that is not there
  unreachable = 3,   // nothing answers now: a broker, a server, a directory in use; try again
  refused = 4,       // it answers, and says no: not entitled, another log, a bound reached
  failed = 5,        // a disk, a network or stored bytes are broken
  interrupted = 130  // SIGINT or SIGTERM ended it early
};

inline Exit exit_of(Code code) {
  switch (code) {
    case Code::invalid:
    case Code::not_found:
      return Exit::usage;
    case Code::timeout:
    case Code::unavailable:
    case Code::closed:
      return Exit::unreachable;
    case Code::mismatch:
    case Code::full:
    case Code::forbidden:
      return Exit::refused;
    case Code::corrupt:
    case Code::io:
      return Exit::failed;
  }
  return Exit::failed;
}

}  // namespace wf::cli
