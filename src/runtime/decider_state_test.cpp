// What a decider's store says of the log's clock, and which stores are not read.
#include "runtime/test_decider.h"
#include "storage/bytes.h"

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

// A wake was not appended by the log's clock: it says nothing of how late it is.
BOOST_AUTO_TEST_CASE(a_wake_does_not_move_the_append_clock) {
  (*this)(hold(s10));
  BOOST_TEST((*this)(wake(s10)) == expired(s10));
  restart();
  ByteReader head(content.at("p"));
  head.id();
  for (const char* skipped : {"build", "position", "newest"}) {
    BOOST_TEST_CONTEXT(skipped) BOOST_TEST(!head.text().empty());
  }
  BOOST_TEST(head.little<std::int64_t>() == start.us);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace wf::decider_test
