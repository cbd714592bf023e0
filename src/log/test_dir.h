// A directory for one test, gone with its owner.
#pragma once
#include <filesystem>
#include <string>

#include "base/uuid.h"

namespace wf {

class TestDir {
 public:
  TestDir() : path_(std::filesystem::temp_directory_path() / ("wayfold-" + Uuid::random().text())) {
    std::filesystem::create_directories(path_);
  }
  ~TestDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TestDir(const TestDir&) = delete;
  TestDir& operator=(const TestDir&) = delete;

  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace wf
