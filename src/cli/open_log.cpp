// Configuration to log options.
#include "cli/open_log.h"

#include "base/catalogue.h"
#include "log/rocks_log.h"
#include "runtime/deciders.h"

namespace wf::cli {

Result<std::unique_ptr<Log>> open_log(const ProcessConfig& process) {
  RocksLogOptions options;
  options.path = process.var + "/log";
  options.topics = topics_of(catalogue(), static_cast<std::uint32_t>(process.partitions));
  options.queue_bytes = static_cast<std::size_t>(process.log.queue_bytes_max);
  options.tail_bytes = static_cast<std::size_t>(process.log.tail_bytes);
  options.min_free_disk_percent = static_cast<int>(process.log.disk_free_percent_min);
  return open_rocks_log(std::move(options));
}

}  // namespace wf::cli
