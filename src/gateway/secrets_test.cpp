// The secrets file is made once, for its owner alone, and is refused when it is not whole.
#include "gateway/secrets.h"

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "support/temp_dir.h"

namespace wf::gateway::secrets_test {
namespace {

namespace fs = std::filesystem;

struct Fixture {
  TempDir dir;
  std::string path = dir / "secrets.json";
};

BOOST_FIXTURE_TEST_SUITE(secrets_tests, Fixture)

BOOST_AUTO_TEST_CASE(the_first_start_makes_it_and_the_second_reads_it) {
  BOOST_TEST((load_secrets(path).error().code == Code::not_found));
  auto made = load_or_make_secrets(path);
  auto read = load_or_make_secrets(path);
  BOOST_REQUIRE(made);
  BOOST_REQUIRE(read);
  BOOST_TEST((fs::status(path).permissions() == (fs::perms::owner_read | fs::perms::owner_write)));
  const Secrets first(std::move(*made));
  const Secrets second(std::move(*read));
  BOOST_TEST(first.kid == second.kid);
  BOOST_TEST((first.pepper.mac("a") == second.pepper.mac("a")));
  BOOST_TEST(first.masters.front().id == second.masters.front().id);
  const auto files = fs::directory_iterator(fs::path(path).parent_path());
  BOOST_TEST(std::distance(fs::begin(files), fs::end(files)) == 1);
}

BOOST_AUTO_TEST_CASE(a_file_others_may_read_is_refused) {
  BOOST_REQUIRE(load_or_make_secrets(path));
  fs::permissions(path, fs::perms::group_read, fs::perm_options::add);
  BOOST_TEST((load_secrets(path).error().code == Code::forbidden));
}

BOOST_AUTO_TEST_CASE(a_damaged_file_is_refused_and_kept) {
  BOOST_REQUIRE(load_or_make_secrets(path));
  fs::resize_file(path, 40);
  BOOST_TEST((load_or_make_secrets(path).error().code == Code::corrupt));
  BOOST_TEST(fs::file_size(path) == 40U);
}

// A slip of the configuration is no broken disk.
BOOST_AUTO_TEST_CASE(what_is_no_file_is_a_wrong_name) {
  BOOST_TEST((load_secrets(dir.path().string()).error().code == Code::invalid));
  BOOST_REQUIRE(load_or_make_secrets(path));
  BOOST_TEST((load_secrets(path + "/secrets.json").error().code == Code::invalid));
}

BOOST_AUTO_TEST_CASE(a_new_master_key_comes_first_and_the_old_one_stays) {
  const Secrets before(std::move(*load_or_make_secrets(path)));
  BOOST_REQUIRE(add_master_key(path));
  const Secrets after(std::move(*load_secrets(path)));
  BOOST_REQUIRE(after.masters.size() == 2U);
  BOOST_TEST(after.masters[1].id == before.masters[0].id);
  BOOST_TEST(after.masters[0].id != before.masters[0].id);
  BOOST_TEST(after.kid == before.kid);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace wf::gateway::secrets_test
