// Writing edits as sorted files for ingestion. Included by src/storage/*.cpp only.
#pragma once
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "storage/resources.h"
#include "storage/row_fold.h"
#include "storage/sorted_run.h"

namespace wf {

// Merges lists of edits, each sorted by key and no key in two of them, into files NAME-0.sst,
// NAME-1.sst… of at most about 64 MB in `dir`; returns their paths, in order.
Result<std::vector<std::string>> write_sorted_files(const std::filesystem::path& dir,
                                                    const std::string& name,
                                                    const std::vector<std::span<const Edit>>& lists,
                                                    const Resources::Shared& resources);
// The same of one run.
Result<std::vector<std::string>> write_sorted_files(const std::filesystem::path& dir,
                                                    const std::string& name,
                                                    const SortedRun& run,
                                                    const Resources::Shared& resources);

}  // namespace wf
