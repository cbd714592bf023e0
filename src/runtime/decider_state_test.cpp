// A decider's store that is not of this log, build or layout is not read.
#include "runtime/test_decider.h"

namespace wf::decider_test {
namespace {

BOOST_FIXTURE_TEST_SUITE(decider_state_tests, Bench)

BOOST_AUTO_TEST_CASE(a_store_of_another_layout_is_a_mismatch) {
  (*this)(add(1));
  restart();
  std::string& head = content.at("p");
  ++head.back();
  BOOST_TEST((state.drop().error().code == Code::mismatch));
  head.resize(head.size() - sizeof(std::uint32_t));  // as it was before layouts were told
  BOOST_TEST((state.drop().error().code == Code::mismatch));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace wf::decider_test
