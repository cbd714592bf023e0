// RFC 8785 against its authors' pairs and the RFC's table of numbers.
#include "base/json_canonical.h"

#include <boost/test/unit_test.hpp>

#include "shared_data.h"

namespace wf::json_canonical_test {
namespace {

std::string canonical_text(std::string_view text) {
  const auto document = parse_json(text);
  return document ? canonical(document->root()) : "refused";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(json_canonical_tests)

BOOST_AUTO_TEST_CASE(the_authors_pairs) {
  const auto folder = test::shared_data("vectors/json/jcs-rfc8785");
  const auto inputs = test::files_in(folder / "input");
  BOOST_TEST(inputs.size() == 6u);
  for (const auto& input : inputs) {
    const std::string expected = test::bytes_of(folder / "output" / input.filename());
    BOOST_TEST(canonical_text(test::bytes_of(input)) == expected, input);
    BOOST_TEST(canonical_text(expected) == expected, input);
  }
}

BOOST_AUTO_TEST_CASE(
    numbers_as_ecmascript_prints_them) {  // RFC 8785, appendix B, and the edges of each form
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"-0.0", "0"},
      {"5e-324", "5e-324"},
      {"1.7976931348623157e308", "1.7976931348623157e+308"},
      {"-9007199254740992", "-9007199254740992"},
      {"295147905179352830000", "295147905179352830000"},
      {"9.999999999999997e22", "9.999999999999997e+22"},
      {"1e23", "1e+23"},
      {"1.0000000000000001e23", "1.0000000000000001e+23"},
      {"999999999999999700000", "999999999999999700000"},
      {"999999999999999900000", "999999999999999900000"},
      {"1e21", "1e+21"},
      {"9.999999999999997e-7", "9.999999999999997e-7"},
      {"0.000001", "0.000001"},
      {"333333333.33333325", "333333333.33333325"},
      {"-0.0000033333333333333333", "-0.0000033333333333333333"},
      {"1424953923781206.2", "1424953923781206.2"},
      {"4.50", "4.5"},
      {"100", "100"},
      {"1e400", "1e400"}};
  for (const auto& [input, expected] : cases) BOOST_TEST(canonical_text(input) == expected, input);
}

BOOST_AUTO_TEST_CASE(members_sort_by_utf16) {
  BOOST_TEST(
      canonical_text(R"({"\ufb33":1,"\ud83d\ude00":2,"b":3,"":4,"ab":5,"a":6,"\ud7ff":7})") ==
      "{\"\":4,\"a\":6,\"ab\":5,\"b\":3,\"\xed\x9f\xbf\":7,\"\xf0\x9f\x98\x80\":2,\"\xef\xac\xb3\":"
      "1}");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::json_canonical_test
