// RocksDB's lines reach their file, and a file that takes none costs nothing else.
#include "storage/rocks_logger.h"

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "support/temp_dir.h"

namespace wf::rocks_logger_test {
namespace {

std::string text_of(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rocks_logger_tests)

BOOST_AUTO_TEST_CASE(lines_of_the_level_asked_for_are_kept) {
  const TempDir dir;
  const auto logger = rocks_logger(dir.path().string(), rocksdb::InfoLogLevel::WARN_LEVEL);
  rocksdb::Warn(logger, "%d files are %s", 7, "late");
  rocksdb::Info(logger, "all is well");
  const std::string text = text_of(dir / "LOG");
  BOOST_TEST(text.find("7 files are late\n") != std::string::npos);
  BOOST_TEST(text.find("all is well") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(old_lines_go) {
  const TempDir dir;
  const auto logger = rocks_logger(dir.path().string());
  for (int i = 0; i < 4'000; ++i) rocksdb::Info(logger, "%01000d", i);
  std::uintmax_t bytes = 0;
  for (const auto& file : std::filesystem::directory_iterator(dir.path()))
    bytes += file.file_size();
  BOOST_TEST(bytes <= std::uintmax_t{2} << 20U);
}

BOOST_AUTO_TEST_CASE(a_full_disk_costs_lines_only) {
  const TempDir dir;
  std::filesystem::create_symlink("/dev/full", dir / "LOG");
  const auto logger = rocks_logger(dir.path().string());
  for (int i = 0; i < 3; ++i) rocksdb::Info(logger, "line %d", i);
}

BOOST_AUTO_TEST_CASE(without_a_directory_there_is_no_log) {
  rocksdb::Info(rocks_logger(""), "unheard");
  rocksdb::Info(rocks_logger("/dev/null/no directory"), "unheard");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::rocks_logger_test
