// Lists in header fields, as RFC 9110 has them.
#include "gateway/http.h"

#include <boost/test/unit_test.hpp>

namespace wf::gateway {
BOOST_AUTO_TEST_SUITE(http_lists)

BOOST_AUTO_TEST_CASE(members_come_from_every_field_of_that_name) {
  const std::vector<Header> fields{
      {"Accept", " a/b ;q=1 ,, c/d"}, {"Other", "x"}, {"accept", "e/f\t"}};
  const Headers headers(fields);
  const std::vector<std::string_view> expected{"a/b ;q=1", "c/d", "e/f"};
  BOOST_TEST(members_of(headers, "Accept") == expected, boost::test_tools::per_element());
  BOOST_TEST(members_of(headers, "Prefer").empty());
}

BOOST_AUTO_TEST_CASE(a_weight_of_nothing_refuses_a_member) {
  const auto accepts = [](std::string_view value) {
    const Header accept{"Accept", value};
    return lists(Headers({&accept, 1}), "Accept", "text/event-stream");
  };
  BOOST_TEST(accepts("Text/Event-Stream"));
  BOOST_TEST(accepts("text/html, text/event-stream;q=0.5"));
  BOOST_TEST(accepts("text/event-stream ; charset=utf-8; q=0.001"));
  BOOST_TEST(!accepts("text/event-stream;q=0"));
  BOOST_TEST(!accepts("text/event-stream; charset=utf-8; Q=0.000"));
  BOOST_TEST(accepts("text/event-stream;q=0, text/event-stream"));
  BOOST_TEST(!accepts("text/event-streams"));
  BOOST_TEST(!accepts(""));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::gateway
