// Where a broken WF_CHECK ends.
#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace wf {

void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "wayfold: bug: %s is false at %s:%d\n", condition, file, line);
  std::abort();
}

}  // namespace wf
