// What a KvStore promises: order of scans, atomic batches, order of instants as bytes, errors.
#include "storage/kv_store.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "support/temp_dir.h"

namespace fs = std::filesystem;

BOOST_AUTO_TEST_SUITE(kv_store_tests)

BOOST_AUTO_TEST_CASE(reads_what_was_written_and_scans_by_prefix_in_order) {
  auto store = wf::KvStore::open({.path = "/kv", .in_memory = true});
  BOOST_REQUIRE(store.has_value());
  wf::KvBatch batch;
  batch.puts = {{"b2", "two"}, {"a1", "one"}, {"b1", "first"}, {"c", "x"}};
  BOOST_REQUIRE((*store)->write(batch).has_value());
  BOOST_TEST((*store)->get("a1").value().value() == "one");
  BOOST_TEST(!(*store)->get("a2").value().has_value());
  std::string seen;
  BOOST_REQUIRE((*store)->scan("b", [&](std::string_view key, std::string_view value) {
    seen.append(key).append("=").append(value).append(" ");
    return true;
  }));
  BOOST_TEST(seen == "b1=first b2=two ");
  wf::KvBatch removal;
  removal.removals = {"b1"};
  BOOST_REQUIRE((*store)->write(removal).has_value());
  BOOST_TEST(!(*store)->get("b1").value().has_value());
}

BOOST_AUTO_TEST_CASE(instants_order_as_bytes) {
  const std::int64_t instants[] = {INT64_MIN, -5, 0, 7, 1'700'000'000'000'000, INT64_MAX};
  for (std::size_t i = 0; i + 1 < std::size(instants); ++i) {
    BOOST_CHECK(wf::ordered_bytes({instants[i]}) < wf::ordered_bytes({instants[i + 1]}));
    BOOST_TEST(wf::instant_of(wf::ordered_bytes({instants[i]})).us == instants[i]);
  }
}

BOOST_AUTO_TEST_CASE(a_directory_that_cannot_be_made_is_an_error) {
  const wf::TempDir dir;
  std::ofstream(dir / "file") << "no directory";
  const auto store = wf::KvStore::open({.path = (dir / "file" / "store").string()});
  BOOST_TEST((!store && store.error().code == wf::Code::invalid));
}

// One without a part of its files never opens again, so none may be left in a store's place.
BOOST_AUTO_TEST_CASE(a_store_is_moved_out_of_its_place_before_any_of_it_is_removed) {
  const wf::TempDir dir;
  const std::string path = (dir / "store").string();
  const auto open = [&] { return wf::KvStore::open({.path = path}); };
  BOOST_REQUIRE((*open())->write({.puts = {{"a", "one"}}, .removals = {}}).has_value());
  for (const auto& file : fs::directory_iterator(path)) {
    if (file.path().filename().string().starts_with("MANIFEST")) fs::remove(file.path());
  }
  BOOST_TEST((open().error().code == wf::Code::io));

  // The removal ends at a directory within, for which there is no descriptor.
  fs::create_directory(path + "/within");
  const int lowest = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  BOOST_REQUIRE(lowest >= 0);
  ::close(lowest);
  rlimit before{};
  BOOST_REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  const rlimit one{static_cast<rlim_t>(lowest) + 1, before.rlim_max};
  BOOST_REQUIRE(setrlimit(RLIMIT_NOFILE, &one) == 0);
  const auto discarded = wf::discard_store(path);
  BOOST_REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
  BOOST_TEST(!discarded.has_value());
  BOOST_TEST(!fs::exists(path));
  BOOST_TEST(open().has_value());
  BOOST_TEST(wf::discard_store(path).has_value());  // and what was left before
  BOOST_TEST(fs::is_empty(dir.path()));
  BOOST_TEST(wf::discard_store(path).has_value());
}

// What is no fault of the disk sends nobody to mend one.
BOOST_AUTO_TEST_CASE(a_store_that_does_not_open_says_why) {
  const wf::TempDir dir;
  const std::string path = (dir / "store").string();
  const auto code = [&] { return wf::KvStore::open({.path = path}).error().code; };
  {
    const auto store = wf::KvStore::open({.path = path});
    BOOST_TEST((code() == wf::Code::unavailable));
  }
  rlimit before{};
  BOOST_REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  const rlimit none{0, before.rlim_max};
  BOOST_REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
  const wf::Code without_descriptors = code();
  BOOST_REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
  BOOST_TEST((without_descriptors == wf::Code::full));
}

BOOST_AUTO_TEST_SUITE_END()
