// Which partition a stream lives in.
#include <xxhash.h>

#include "base/check.h"
#include "log/log.h"

namespace wf {

std::uint32_t partition_of(const Uuid& stream, std::uint32_t partitions) {
  WF_CHECK(partitions > 0);
  const std::uint64_t hash = XXH64(stream.bytes.data(), stream.bytes.size(), 0);
  return static_cast<std::uint32_t>(hash % partitions);
}

}  // namespace wf
