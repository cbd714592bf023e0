// Asking for memory some steps before it is read: a miss takes as long as a hundred instructions.
#pragma once
#include <cstddef>
#include <cstdint>

namespace wf {

inline void prefetch(const void* at, std::size_t bytes) {
  constexpr std::size_t line = 64;
  const auto first = reinterpret_cast<std::uintptr_t>(at);  // null is fine, and so is too much
  for (std::size_t n = 0; n < bytes; n += line) {
    __builtin_prefetch(reinterpret_cast<const void*>(first + n));
  }
}

}  // namespace wf
