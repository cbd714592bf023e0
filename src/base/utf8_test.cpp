// UTF-8 at the edges of its ranges.
#include "base/utf8.h"

#include <boost/test/unit_test.hpp>

namespace wf::utf8_test {

BOOST_AUTO_TEST_SUITE(utf8_tests)

BOOST_AUTO_TEST_CASE(every_scalar_value_is_valid_and_counts_one) {
  for (char32_t code = 0; code <= 0x10FFFF; ++code) {
    std::string text;
    append_utf8(text, code);
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    if (valid_utf8(text) == surrogate) BOOST_ERROR(static_cast<unsigned>(code));
    if (count_code_points(text) != 1) BOOST_ERROR(static_cast<unsigned>(code));
  }
  BOOST_TEST(valid_utf8("plain and longer than eight \xf0\x9f\x98\x80 bytes"));
  BOOST_TEST(count_code_points("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80") == 4u);
}

BOOST_AUTO_TEST_CASE(broken_sequences_are_not_valid) {
  for (const std::string_view bad : {"\x80",
                                     "\xc3",
                                     "\xc0\x80",
                                     "\xc1\xbf",
                                     "\xe0\x9f\xbf",
                                     "\xed\xa0\x80",
                                     "\xe2\x82",
                                     "\xf0\x8f\xbf\xbf",
                                     "\xf4\x90\x80\x80",
                                     "\xf5\x80\x80\x80",
                                     "\xff",
                                     "12345678\xc3",
                                     "\xc3\xa9\xa9"}) {
    BOOST_TEST(!valid_utf8(bad));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::utf8_test
