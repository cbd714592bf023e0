// Why RocksDB did not open what it was to open.
#pragma once
#include "base/result.h"

namespace rocksdb {
class Status;
}

namespace wf {

// Whether somebody else, of this process or another, has it. Says so of the status alone: the text
// holds a path, too, which may be anything.
bool is_locked(const rocksdb::Status& status);

// Code::unavailable if it is locked, Code::forbidden and Code::full (descriptors) for what is no
// fault of the disk.
Code code_of_open(const rocksdb::Status& status);

}  // namespace wf
