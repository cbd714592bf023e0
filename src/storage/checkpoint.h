// A copy of a store as it stands, while it is written to and read.
#pragma once
#include <filesystem>

#include "storage/table_store.h"

namespace wf {

// Made of hard links where `dir` is on the same file system; the copy opens like any store and is
// its owner's to delete. `dir` must not exist, its parent must.
Result<void> checkpoint(const TableStore& store, const std::filesystem::path& dir);

}  // namespace wf
