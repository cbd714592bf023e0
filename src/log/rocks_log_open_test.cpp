// Which directories are opened as a log, and what is said of the others.
#include <sys/resource.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <set>

#include "log/rocks_log.h"
#include "log/test_records.h"
#include "support/temp_dir.h"

namespace wf::rocks_log_open_test {
namespace {

const Slot events{"events.things", 0};

RocksLogOptions in_directory(const TempDir& dir) {
  RocksLogOptions options;
  options.path = (dir / "log").string();
  options.topics = {{"keys", 1, true}, {"events.things", 1}};
  return options;
}

Code code_of(RocksLogOptions options) {
  const auto log = open_rocks_log(std::move(options));
  BOOST_REQUIRE(!log);
  BOOST_TEST(!log.error().detail.empty());
  return log.error().code;
}

void write_ten(const TempDir& dir) {
  const auto log = *open_rocks_log(in_directory(dir));
  Record record;
  record.kind = Kind::event;
  record.id = test::uuid_of(1);
  record.payload = "{}";
  const auto writer = *log->writer("test");
  for (int n = 0; n < 10; ++n) {
    BOOST_REQUIRE(writer->append(events, std::span(&record, 1), Durability::now));
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rocks_log_open_tests)

// RocksDB would begin a new log there, and delete what it does not know.
BOOST_AUTO_TEST_CASE(a_log_without_its_current_file_is_not_begun_anew) {
  const TempDir dir;
  write_ten(dir);
  BOOST_TEST(*has_rocks_log((dir / "log").string()));
  const auto files = [&dir] {
    std::set<std::string> names;
    for (const auto& file : std::filesystem::directory_iterator(dir / "log")) {
      names.insert(file.path().filename().string());
    }
    return names;
  };
  std::filesystem::rename(dir / "log/CURRENT", dir / "current");
  const std::set<std::string> before = files();
  for (const bool create : {true, false, true}) {
    auto options = in_directory(dir);
    options.create = create;
    BOOST_TEST((code_of(options) == Code::corrupt));
  }
  BOOST_TEST((has_rocks_log((dir / "log").string()).error().code == Code::corrupt));
  BOOST_TEST((files() == before));
  std::filesystem::rename(dir / "current", dir / "log/CURRENT");
  {
    const auto log = *open_rocks_log(in_directory(dir));  // its log file becomes a table
    BOOST_TEST(*log->end(events) == 10);
  }

  std::filesystem::remove(dir / "log/CURRENT");
  for (const std::string& name : files()) {
    if (name.ends_with(".log")) std::filesystem::remove(dir / "log" / name);
  }
  BOOST_TEST((code_of(in_directory(dir)) == Code::corrupt));
}

BOOST_AUTO_TEST_CASE(who_looks_for_a_log_leaves_no_directory) {
  const TempDir dir;
  auto options = in_directory(dir);
  options.create = false;
  BOOST_TEST((code_of(options) == Code::not_found));
  BOOST_TEST(!std::filesystem::exists(dir / "log"));
}

// As after a backup that left out `*.log`: what was acknowledged last is in no other file.
BOOST_AUTO_TEST_CASE(a_log_without_its_newest_records_is_not_opened) {
  const TempDir dir;
  write_ten(dir);
  const auto newest = [&dir] {
    std::vector<std::filesystem::path> files;
    for (const auto& file : std::filesystem::directory_iterator(dir / "log")) {
      if (file.path().extension() == ".log") files.push_back(file.path());
    }
    BOOST_REQUIRE(files.size() == 1);
    return files.front();
  };
  const std::filesystem::path lost = newest();
  std::filesystem::rename(lost, dir / "kept");
  BOOST_TEST((code_of(in_directory(dir)) == Code::corrupt));
  BOOST_TEST((has_rocks_log((dir / "log").string()).error().code == Code::corrupt));
  std::filesystem::rename(dir / "kept", lost);
  BOOST_TEST(*(*open_rocks_log(in_directory(dir)))->end(events) == 10);

  std::filesystem::remove(newest());  // an empty one: ten records are a table since the opening
  std::ofstream(dir / "log/000001.log").close();  // who accepts the loss says so
  BOOST_TEST(*(*open_rocks_log(in_directory(dir)))->end(events) == 10);
}

// The first manifest is written before the first CURRENT, and before any record.
BOOST_AUTO_TEST_CASE(a_log_that_was_only_begun_is_begun_again) {
  const TempDir dir;
  BOOST_TEST(!*has_rocks_log((dir / "log").string()));
  std::filesystem::create_directory(dir / "log");
  std::ofstream(dir / "log/MANIFEST-000001") << "half";
  BOOST_TEST(!*has_rocks_log((dir / "log").string()));
  const auto log = open_rocks_log(in_directory(dir));
  BOOST_TEST(log.has_value());
}

BOOST_AUTO_TEST_CASE(a_second_opener_is_told) {
  const TempDir dir;
  const auto log = open_rocks_log(in_directory(dir));
  BOOST_REQUIRE(log);
  BOOST_TEST((code_of(in_directory(dir)) == Code::unavailable));
}

// What RocksDB says holds the path: it must not be read as its reason.
BOOST_AUTO_TEST_CASE(a_directory_may_be_called_lock_file) {
  const TempDir dir;
  auto options = in_directory(dir);
  options.path = (dir / "lock file" / "lock hold temporarily unavailable").string();
  BOOST_REQUIRE(open_rocks_log(options));
  for (const auto& file : std::filesystem::directory_iterator(options.path)) {
    if (file.path().filename().string().starts_with("MANIFEST-")) {
      std::filesystem::remove(file.path());
    }
  }
  const Code code = code_of(options);
  BOOST_TEST((code == Code::corrupt || code == Code::io));
}

BOOST_AUTO_TEST_CASE(who_has_no_descriptors_left_is_told_of_a_bound) {
  const TempDir dir;
  BOOST_REQUIRE(open_rocks_log(in_directory(dir)));
  rlimit before{};
  BOOST_REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  const rlimit none{0, before.rlim_max};
  BOOST_REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
  const auto log = open_rocks_log(in_directory(dir));
  BOOST_REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
  BOOST_REQUIRE(!log);
  BOOST_TEST((log.error().code == Code::full), log.error().detail);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::rocks_log_open_test
