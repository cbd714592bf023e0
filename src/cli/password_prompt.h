// A password from the person at the terminal, or from a pipe.
#pragma once
#include "base/result.h"
#include "base/secret.h"

namespace wf::cli {

// From a terminal: asked on it, twice, without echo. Else the first line of `fd`. Code::invalid:
// the two differ, or there is none.
Result<Secret> ask_password(int fd);

}  // namespace wf::cli
