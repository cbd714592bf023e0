// How many files and sockets a process may have open (setrlimit(2), RLIMIT_NOFILE).
#pragma once
#include <cstdint>

namespace wf::cli {

// What log, tables and stores may have open, whatever clients do.
inline constexpr std::int64_t files_open_max = 4'000;

// Raises the soft limit to the hard one, for which nobody needs a right; what it is then.
std::int64_t raise_descriptor_limit();

// So many of the connections wanted leave the log its files: without one it cannot go on. With too
// few descriptors for both, files have one half.
std::int64_t connections_within(std::int64_t wanted, std::int64_t descriptors);

}  // namespace wf::cli
