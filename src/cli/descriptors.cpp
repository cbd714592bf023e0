// Login shells and systemd give a soft limit of 1,024, which idle clients alone can use up.
#include "cli/descriptors.h"

#include <sys/resource.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace wf::cli {

std::int64_t raise_descriptor_limit() {
  constexpr std::int64_t most = std::numeric_limits<int>::max();
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return most;
  const rlim_t before = std::exchange(limit.rlim_cur, limit.rlim_max);
  const rlim_t now = setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : before;
  return static_cast<std::int64_t>(std::min<rlim_t>(now, most));
}

// The log has up to 1,000 files, each table 256; stores have the rest.
std::int64_t files_open_max(std::int64_t partitions) { return 3'200 + 30 * partitions; }

std::int64_t connections_within(std::int64_t wanted, std::int64_t descriptors, std::int64_t files) {
  const std::int64_t left = std::max(descriptors - files, descriptors / 2);
  return std::clamp<std::int64_t>(left, 1, wanted);
}

}  // namespace wf::cli
