// Where RocksDB says what it does.
#pragma once
#include <rocksdb/env.h>

#include <memory>
#include <string>

namespace wf {

// To DIR/LOG, of which the newest 2 MiB are kept; empty: nowhere. RocksDB's own logger ends the
// process (an assertion) at the second line it cannot write, so at a full disk; this one loses
// lines.
std::shared_ptr<rocksdb::Logger> rocks_logger(
    const std::string& dir, rocksdb::InfoLogLevel least = rocksdb::InfoLogLevel::INFO_LEVEL);

}  // namespace wf
