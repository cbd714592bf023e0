// WF_CHECK: a condition only a bug can break. On in every build; it prints where and ends the
// process.
#pragma once

namespace wf {
[[noreturn]] void check_failed(const char* condition, const char* file, int line);
}  // namespace wf

#define WF_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::wf::check_failed(#condition, __FILE__, __LINE__))
