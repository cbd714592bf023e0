// Asking for memory some steps before it is read: a miss takes as long as a hundred instructions.
#pragma once
#include <cstddef>

namespace wf {

inline void prefetch(const void* at, std::size_t bytes) {
  constexpr std::size_t line = 64;
  for (std::size_t n = 0; n < bytes; n += line) {
    __builtin_prefetch(static_cast<const char*>(at) + n);
  }
}

}  // namespace wf
