// RocksDB keeps no errno: its text begins with what it did and ends with what the system said.
#include "storage/open_status.h"

#include <rocksdb/status.h>

#include <string>

namespace wf {

bool is_locked(const rocksdb::Status& status) {
  if (!status.IsIOError()) return false;
  const std::string text = status.ToString();
  return text.starts_with("IO error: lock hold by current process") ||
         (text.starts_with("IO error: While lock file: ") &&
          text.ends_with(": Resource temporarily unavailable"));
}

Code code_of_open(const rocksdb::Status& status) {
  const std::string text = status.ToString();
  if (status.IsCorruption()) return Code::corrupt;
  if (is_locked(status)) return Code::unavailable;
  if (text.ends_with(": Permission denied")) return Code::forbidden;
  return text.ends_with(": Too many open files") ? Code::full : Code::io;
}

}  // namespace wf
