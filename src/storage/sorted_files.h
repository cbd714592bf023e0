// Writing edits as sorted files for ingestion. Included by src/storage/*.cpp only.
#pragma once
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "storage/edits.h"
#include "storage/resources.h"

namespace wf {

// Sorted edits as files NAME-0.sst, NAME-1.sst… of at most about 64 MB in `dir`; returns their
// paths, in order.
Result<std::vector<std::string>> write_sorted_files(const std::filesystem::path& dir,
                                                    const std::string& name,
                                                    std::span<const Edit> edits,
                                                    const Resources::Shared& resources);

}  // namespace wf
