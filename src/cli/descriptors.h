// How many files and sockets a process may have open (setrlimit(2), RLIMIT_NOFILE).
#pragma once
#include <cstdint>

namespace wf::cli {

// What log, tables and stores of so many partitions may have open, whatever clients do.
std::int64_t files_open_max(std::int64_t partitions);

// Raises the soft limit to the hard one, for which nobody needs a right; what it is then.
std::int64_t raise_descriptor_limit();

// So many of the connections wanted leave `files` their descriptors: without one the log cannot go
// on. With too few for both, files have one half.
std::int64_t connections_within(std::int64_t wanted, std::int64_t descriptors, std::int64_t files);

}  // namespace wf::cli
