// How mimalloc, which executables have in place of malloc, treats memory that was freed.
#include <mimalloc.h>

namespace {

// Batches free pages that the next one needs again: given back to the kernel after mimalloc's 25 ms
// they come back as page faults. What stays free for two seconds is given back.
constexpr long kept_ms = 2000;

[[maybe_unused]] const bool told = [] {
  mi_option_set_default(mi_option_decommit_delay, kept_ms);  // the environment wins
  return true;
}();

}  // namespace
