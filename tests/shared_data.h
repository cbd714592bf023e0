// The data that tests share but the project does not carry: $WAYFOLD_DATA, which ctest sets.
#pragma once
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace wf::test {

inline std::filesystem::path shared_data(const std::string& path) {
  const char* const root = std::getenv("WAYFOLD_DATA");
  BOOST_REQUIRE_MESSAGE(root != nullptr, "WAYFOLD_DATA is not set");
  const auto full = std::filesystem::path(root) / path;
  BOOST_REQUIRE_MESSAGE(std::filesystem::exists(full), full.string() + " is missing");
  return full;
}

inline std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  BOOST_REQUIRE_MESSAGE(in, file.string());
  return {std::istreambuf_iterator<char>(in), {}};
}

inline std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace wf::test
