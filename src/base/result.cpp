// Names of error codes, as logs and command lines print them.
#include "base/result.h"

#include "base/check.h"

namespace wf {

std::string_view name(Code code) {
  switch (code) {
    case Code::invalid:
      return "invalid";
    case Code::not_found:
      return "not_found";
    case Code::corrupt:
      return "corrupt";
    case Code::mismatch:
      return "mismatch";
    case Code::io:
      return "io";
    case Code::timeout:
      return "timeout";
    case Code::unavailable:
      return "unavailable";
    case Code::full:
      return "full";
    case Code::closed:
      return "closed";
    case Code::forbidden:
      return "forbidden";
  }
  WF_CHECK(false);
}

}  // namespace wf
