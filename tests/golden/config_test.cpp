// The configuration files show everything there is to set: config/dev.json every limit with its
// default, a platform's file every policy.
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "base/json.h"
#include "base/json_canonical.h"
#include "gen/platform.h"
#include "gen/process.h"

namespace wf {
namespace {

std::string file(const std::string& name) {
  const char* root = std::getenv("WF_SOURCE_DIR");
  BOOST_REQUIRE_MESSAGE(root != nullptr, "run by ctest, or with WF_SOURCE_DIR");
  std::ostringstream text;
  text << std::ifstream(std::string(root) + "/config/" + name).rdbuf();
  return text.str();
}

std::string in_order(const std::string& text) {
  const auto document = parse_json(text);
  BOOST_REQUIRE_MESSAGE(document.has_value(), text);
  return canonical(document->root());
}

template <class Config>
Config parsed(const std::string& text, Result<Config> (*parse)(const Json&, std::vector<Fault>&)) {
  const auto document = parse_json(text);
  BOOST_REQUIRE(document.has_value());
  std::vector<Fault> faults;
  const Result<Config> config = parse(document->root(), faults);
  for (const Fault& fault : faults) BOOST_TEST_MESSAGE(fault.pointer << " " << fault.detail);
  BOOST_REQUIRE(config.has_value());
  return *config;
}

template <class Config>
std::string written(const Config& config) {
  std::string text;
  write_json(text, config);
  return in_order(text);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(config_tests)

BOOST_AUTO_TEST_CASE(dev_shows_every_limit_with_its_default) {
  BOOST_TEST(in_order(file("dev.json")) == written(ProcessConfig{}));
}

BOOST_AUTO_TEST_CASE(dev_is_what_its_schema_says) {
  BOOST_TEST((parsed(file("dev.json"), parse_process) == ProcessConfig{}));
}

BOOST_AUTO_TEST_CASE(kafka_shows_every_limit_and_who_reads_which_tables_where) {
  const std::string text = file("kafka.json");
  const ProcessConfig config = parsed(text, parse_process);
  BOOST_TEST(in_order(text) == written(config));
  BOOST_TEST((config.log.kind == LogKind::kafka));
  BOOST_REQUIRE(config.tables.size() == 1U);
  BOOST_TEST(config.tables[0].address == config.serve_tables);
  std::set<std::string> served(config.tables[0].tables.begin(), config.tables[0].tables.end());
  std::set<std::string> all;
  const std::filesystem::path root = std::getenv("WF_SOURCE_DIR");
  for (const auto& table : std::filesystem::directory_iterator(root / "schemas/tables")) {
    all.insert(table.path().stem());
  }
  BOOST_TEST(served == all, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(charge_mitra_shows_every_policy) {
  const std::string text = file("platforms/charge_mitra.json");
  BOOST_TEST(in_order(text) == written(parsed(text, parse_platform)));
}

BOOST_AUTO_TEST_CASE(a_value_out_of_its_bounds_is_refused_with_its_place) {
  const auto document = parse_json(R"({"http":{"port":65536}})");
  std::vector<Fault> faults;
  BOOST_TEST(!parse_process(document->root(), faults).has_value());
  BOOST_REQUIRE(faults.size() == 1U);
  BOOST_TEST(faults[0].pointer == "/http/port");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf
