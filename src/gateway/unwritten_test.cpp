// What is unread counts for its address and for all, until it is gone.
#include "gateway/unwritten.h"

#include <boost/test/unit_test.hpp>
#include <optional>

namespace wf::gateway::unwritten_test {
namespace {

constexpr std::size_t large = 30'000;
enum Who : std::uint8_t { asha = 1, ravi = 2 };

struct Fixture {
  Unwritten unwritten{4 * large, 2 * large};

  Response ask(Who who, std::size_t bytes = large) {
    Response response;
    response.body.assign(bytes, 'x');
    response.body.shrink_to_fit();
    return unwritten.count(who, std::move(response));
  }
};

BOOST_FIXTURE_TEST_SUITE(unwritten_tests, Fixture)

BOOST_AUTO_TEST_CASE(whoever_reads_nothing_keeps_nobody_else_from_reading) {
  const Response first = ask(asha), second = ask(asha);
  const Response refused = ask(asha);
  BOOST_TEST(refused.status == 503);
  BOOST_TEST(refused.bytes().find("of your address") != std::string_view::npos);
  BOOST_TEST(ask(ravi).status == 200);
  BOOST_TEST(ask(asha, Unwritten::small_body_max).status == 200);
}

BOOST_AUTO_TEST_CASE(a_share_is_free_again_when_its_answers_are_gone) {
  std::optional first = ask(asha);
  const Response second = ask(asha);
  BOOST_TEST(ask(asha).status == 503);
  first.reset();
  BOOST_TEST(ask(asha).status == 200);
  BOOST_TEST(ask(asha).status == 200);  // the one before is gone
}

BOOST_AUTO_TEST_CASE(all_together_have_a_bound_too) {
  const Response of_asha[] = {ask(asha), ask(asha)};
  const Response of_ravi[] = {ask(ravi), ask(ravi)};
  const Response refused = ask(Who{3});
  BOOST_TEST(refused.status == 503);
  BOOST_TEST(refused.bytes().find("of your address") == std::string_view::npos);
}

BOOST_AUTO_TEST_CASE(a_single_answer_may_be_larger_than_the_bounds) {
  {
    const Response alone = ask(asha, 9 * large);
    BOOST_TEST(alone.status == 200);
    BOOST_TEST(alone.bytes().size() == 9 * large);
    BOOST_TEST(ask(asha).status == 503);
    BOOST_TEST(ask(ravi).status == 503);
  }
  BOOST_TEST(ask(ravi).status == 200);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace wf::gateway::unwritten_test
