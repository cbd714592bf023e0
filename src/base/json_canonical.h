// The one text of a JSON value (RFC 8785), for digests and for telling whether two requests are the
// same. Any thread.
#pragma once
#include <string>

#include "base/json.h"

namespace wf {

// Numbers are IEEE doubles there: integers beyond 2^53 that differ may have one text. A number
// beyond a double's range, for which the RFC has no text, stays as written. Members of one name
// keep their order.
std::string canonical(Json value);

}  // namespace wf
