// Runs: sorted, merged by size, the newer of two entries counting; ranges over several of them.
#include "storage/sorted_run.h"

#include <boost/test/unit_test.hpp>

#include <map>
#include <random>

namespace wf::sorted_run_test {
namespace {

std::vector<std::string> texts(const SortedRun& run) {
  std::vector<std::string> all;
  for (const Edit& entry : run.entries()) {
    all.push_back(std::string(entry.key) + "=" + (entry.erase ? "-" : std::string(entry.value)));
  }
  return all;
}

std::shared_ptr<const SortedRun> run_of(const std::vector<Edit>& edits) {
  Changes changes;
  for (const Edit& edit : edits) {
    edit.erase ? changes.erase(edit.key) : changes.put(edit.key, edit.value);
  }
  return SortedRun::of(std::move(changes));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sorted_run_tests)

BOOST_AUTO_TEST_CASE(two_lists_become_one_run) {
  Changes changes;
  changes.put_row("r", "2");
  changes.put("a", "1");
  changes.erase("b");
  const auto run = SortedRun::of(std::move(changes));
  BOOST_TEST(texts(*run) == (std::vector<std::string>{"a=1", "b=-", "r=2"}),
             boost::test_tools::per_element());
  BOOST_TEST(run->find("b")->erase);
  BOOST_TEST(run->find("r")->value == "2");
  BOOST_TEST(run->find("c") == nullptr);
  BOOST_TEST(run->between("b", "r").size() == 1U);
}

BOOST_AUTO_TEST_CASE(of_a_key_in_both_the_newer_one_counts) {
  const auto older = run_of({{"a", "1", false}, {"b", "1", false}, {"c", "", true}});
  const auto newer = run_of({{"b", "", true}, {"c", "2", false}, {"d", "2", false}});
  BOOST_TEST(texts(*SortedRun::merged(*older, *newer)) ==
                 (std::vector<std::string>{"a=1", "b=-", "c=2", "d=2"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(many_batches_are_few_runs_with_the_same_content) {
  std::mt19937 random(7);
  std::map<std::string, std::string> expected;
  Runs runs;
  for (int batch = 0; batch < 1000; ++batch) {
    std::map<std::string, std::string> changes;
    for (std::size_t i = 0; i < 1 + random() % 5; ++i) {
      changes[std::to_string(random() % 3000)] = std::to_string(batch);
    }
    std::vector<Edit> edits;
    for (const auto& [key, value] : changes) {
      edits.push_back({key, value, false});
      expected[key] = value;
    }
    push(runs, run_of(edits));
  }
  BOOST_TEST(runs.size() <= 12U);
  std::shared_ptr<const SortedRun> all = runs.front();
  for (std::size_t i = 1; i < runs.size(); ++i) all = SortedRun::merged(*all, *runs[i]);
  BOOST_REQUIRE(all->entries().size() == expected.size());
  for (const Edit& entry : all->entries()) {
    BOOST_TEST(entry.value == expected.at(std::string(entry.key)));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::sorted_run_test
