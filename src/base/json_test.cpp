// The strict parser against the JSON parsing suite, and access to what it gives.
#include "base/json.h"

#include <boost/test/unit_test.hpp>
#include <cmath>

#include "shared_data.h"

namespace wf::json_test {
namespace {

JsonDocument parsed(std::string_view text) {
  auto document = parse_json(text);
  BOOST_REQUIRE_MESSAGE(document, text);
  return std::move(*document);
}

JsonKind kind_of(std::string_view text) { return parsed(text).root().kind(); }
std::optional<std::int64_t> int_of(std::string_view text) { return parsed(text).root().as_int64(); }
std::string duplicate_in(std::string_view text) {
  return duplicate_key(parsed(text).root()).value_or("none");
}
std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

}  // namespace

BOOST_AUTO_TEST_SUITE(json_tests)

BOOST_AUTO_TEST_CASE(the_suite_is_accepted_and_refused_as_it_says) {
  int accepted = 0;
  int refused = 0;
  for (const auto& file :
       test::files_in(test::shared_data("vectors/json/JSONTestSuite/test_parsing"))) {
    const std::string name = file.filename().string();
    const auto document = parse_json(test::bytes_of(file));
    if (name.starts_with("y_")) {
      BOOST_TEST(document.has_value(), name);
      ++accepted;
    }
    if (name.starts_with("n_")) {
      BOOST_TEST(!document.has_value(), name);
      ++refused;
    }
  }
  BOOST_TEST(accepted == 95);
  BOOST_TEST(refused == 188);
}

BOOST_AUTO_TEST_CASE(scalars_at_the_root) {
  BOOST_TEST((kind_of(" null ") == JsonKind::null));
  BOOST_TEST(parsed("true").root().as_bool());
  BOOST_TEST(!parsed("false\n").root().as_bool());
  BOOST_TEST(parsed(R"( "a\u00e9\ud83d\ude00\n" )").root().as_string() ==
             "a\xc3\xa9\xf0\x9f\x98\x80\n");
  BOOST_TEST(parsed(R"("a\u0000b")").root().as_string().size() == 3u);
  for (const std::string_view bad :
       {"", " ", "nul", "nullx", "1 2", "\"a\" 1", "{}{}", "[]]", "+1", "01", "1.", "\"\xff\""}) {
    BOOST_TEST(!parse_json(bad), bad);
  }
  BOOST_TEST(!parse_json("\xEF\xBB\xBF{}"));
}

BOOST_AUTO_TEST_CASE(numbers_are_integers_when_their_value_is) {
  BOOST_TEST((int_of("-9223372036854775808") == INT64_MIN));
  BOOST_TEST((int_of("9223372036854775807") == INT64_MAX));
  BOOST_TEST((int_of("1.0") == 1));
  BOOST_TEST((int_of("-12e2") == -1200));
  BOOST_TEST((int_of("-0") == 0));
  BOOST_TEST(!int_of("1.5"));
  BOOST_TEST(!int_of("1e300"));
  BOOST_TEST(!int_of("9.3e18"));
  BOOST_TEST((kind_of("9223372036854775808") == JsonKind::number));
  BOOST_TEST(parsed("[123456789012345678901234567890]")
                 .root()
                 .elements()
                 .begin()
                 .
                 operator*()
                 .number_text() == "123456789012345678901234567890");
  BOOST_TEST(parsed("1.5").root().as_double() == 1.5);
  BOOST_TEST(parsed("-1e999").root().as_double() == -HUGE_VAL);
  BOOST_TEST(parsed("1e-999").root().as_double() == 0.0);
}

BOOST_AUTO_TEST_CASE(members_and_elements) {
  const JsonDocument document =
      parsed(R"({"a": [1, {"deep": []}, "x"], "b": {}, "c\n": null, "": true})");
  const Json root = document.root();
  BOOST_TEST(root.size() == 4u);
  std::string seen;
  for (const auto& [key, value] : root.members()) {
    seen += key;
    seen += std::to_string(static_cast<int>(value.kind()));
  }
  BOOST_TEST(seen == "a5b6c\n01");
  int elements = 0;
  for (const Json element : root.find("a")->elements()) elements += element.is_null() ? 0 : 1;
  BOOST_TEST(elements == 3);
  BOOST_TEST(root.find("a")->size() == 3u);
  BOOST_TEST(root.find("")->as_bool());
  BOOST_TEST(!root.find("d"));
  BOOST_TEST(!root.find("a")->find("a"));
}

BOOST_AUTO_TEST_CASE(values_outlive_a_move_of_their_document) {
  JsonDocument first = parsed(R"(["a"])");
  const Json root = first.root();
  const JsonDocument second = std::move(first);
  BOOST_TEST((*root.elements().begin()).as_string() == "a");
  BOOST_TEST(second.root().is_array());
}

BOOST_AUTO_TEST_CASE(depth_is_bounded) {
  BOOST_TEST(parse_json(nested(json_depth_max)).has_value());
  BOOST_TEST(!parse_json(nested(json_depth_max + 1)));
  BOOST_TEST(!parse_json(nested(100'000)));
}

BOOST_AUTO_TEST_CASE(duplicate_keys_are_found_with_their_pointer) {
  BOOST_TEST(duplicate_in(R"({"a": 1, "b": {"a": 2}})") == "none");
  BOOST_TEST(duplicate_in(R"({"a": 1, "\u0061": 2})") == "/a");
  BOOST_TEST(duplicate_in(R"({"a": [1, {"x": {}, "b/~": 1, "b/~": 1}]})") == "/a/1/b~1~0");
}

// Every prefix and every one-byte change of a body is an answer, not a crash; a prefix is never a
// document.
BOOST_AUTO_TEST_CASE(damaged_bodies_never_crash) {
  const std::string body = R"({"a":[1,2.5e3,"x\u00e9",{"b":null}],"c":true})";
  for (std::size_t i = 0; i < body.size(); ++i) {
    BOOST_TEST(!parse_json(std::string_view(body).substr(0, i)));
    for (int byte = 0; byte < 256; ++byte) {
      std::string damaged = body;
      damaged[i] = static_cast<char>(byte);
      const auto document = parse_json(damaged);
      if (document) duplicate_key(document->root());
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::json_test
