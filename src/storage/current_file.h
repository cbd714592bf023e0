// A small file replaced in one durable step.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace wf {

// After it returns, a power loss leaves the new text; before, the old or the new.
Result<void> replace_file(const std::filesystem::path& path, std::string_view text);
// The text; empty if there is no such file.
Result<std::string> read_small_file(const std::filesystem::path& path);

}  // namespace wf
