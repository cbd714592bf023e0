// Every fault of a client body is found, named and placed.
#include "base/shape.h"

#include <boost/test/unit_test.hpp>

namespace wf::shape_test {
namespace {

const Pattern capitals("^[A-Z]{3}$");
constexpr Shape name{.kind = Shape::Kind::text, .low = 2, .high = 4};
constexpr Shape code{.kind = Shape::Kind::text, .high = 3, .pattern = &capitals};
constexpr Shape number{.kind = Shape::Kind::integer, .low = 1, .high = 9};
constexpr std::string_view color_values[] = {"red", "green"};
constexpr Shape color{.kind = Shape::Kind::enumeration, .values = color_values};
constexpr Shape numbers{.kind = Shape::Kind::array, .low = 1, .high = 2, .item = &number};
constexpr ShapeField fields[] = {{"name", &name, true},
                                 {"code", &code, false},
                                 {"number", &number, false},
                                 {"color", &color, false},
                                 {"numbers", &numbers, false},
                                 {"yes", &shape_boolean, false},
                                 {"id", &shape_id, false},
                                 {"at", &shape_instant, false},
                                 {"price", &shape_money, false},
                                 {"place", &shape_point, false},
                                 {"limit", &number, false, true}};
constexpr Shape thing{.kind = Shape::Kind::object, .fields = fields, .closed = true};

// The faults of a body, as "POINTER CODE", in one line.
std::string faults(std::string_view text) {
  const Result<JsonDocument> document = parse_json(text);
  BOOST_REQUIRE(document.has_value());
  std::vector<Fault> found;
  check_shape(thing, document->root(), found);
  std::string out;
  for (const Fault& fault : found)
    out += (out.empty() ? "" : ", ") + fault.pointer + " " + fault.code;
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(shape_tests)

BOOST_AUTO_TEST_CASE(a_valid_body_has_no_fault) {
  BOOST_TEST(faults(
                 R"({"name": "asha", "code": "INR", "number": 9, "color": "red", "numbers": [1, 9],
      "yes": true,
      "id": "00112233-4455-6677-8899-aabbccddeeff", "at": "2026-11-21T09:00:00+05:30",
      "price": {"minor": -5, "currency": "INR"}, "place": [-180, 90.0]})") == "");
}

BOOST_AUTO_TEST_CASE(null_is_a_value_where_it_is_one) {
  BOOST_TEST(faults(R"({"name": "asha", "limit": null})") == "");
  BOOST_TEST(faults(R"({"name": "asha", "limit": 0})") == "/limit minimum");
  BOOST_TEST(faults(R"({"name": null, "number": null})") == "/name type, /number type");
}

BOOST_AUTO_TEST_CASE(every_fault_is_told_not_the_first) {
  BOOST_TEST(
      faults(
          R"({"code": "inr", "number": 0, "color": "blue", "numbers": [], "yes": 1, "id": "x",
      "at": "noon",
      "price": {"minor": 1}, "place": [181, -91], "extra/~": 0})") ==
      "/name required, /code pattern, /number minimum, /color enum, /numbers min_items, /yes type, "
      "/id format, "
      "/at format, /price/currency required, /place/0 maximum, /place/1 minimum, /extra~1~0 "
      "unknown_field");
}

BOOST_AUTO_TEST_CASE(texts_are_counted_in_code_points) {
  BOOST_TEST(faults(R"({"name": "ééééé"})") == "/name max_length");
  BOOST_TEST(faults(R"({"name": "éééé"})") == "");
  BOOST_TEST(faults(R"({"name": "é"})") == "/name min_length");
}

BOOST_AUTO_TEST_CASE(wrong_types_are_named_where_they_are) {
  BOOST_TEST(faults(
                 R"({"name": 1, "number": 1.5, "color": null, "numbers": [1, "2"], "price": 3,
      "place": [1]})") ==
             "/name type, /number type, /color type, /numbers/1 type, /price type, /place type");
  BOOST_TEST(faults(R"({"name": "asha", "place": [5e-07, 2.123456789]})") == "");
  BOOST_TEST(faults(R"({"name": "asha", "place": [1e3, -1e2]})") ==
             "/place/0 maximum, /place/1 minimum");
  BOOST_TEST(faults("[]") == " type");
  BOOST_TEST(faults(R"({"name": "asha", "numbers": [1, 2, 3]})") == "/numbers max_items");
  BOOST_TEST(faults(R"({"name": "asha", "price": {"minor": 1, "currency": "inr", "x": 1}})") ==
             "/price/x unknown_field");
  BOOST_TEST(faults(R"({"name": "asha", "price": {"minor": 1, "currency": "inr"}})") ==
             "/price/currency format");
}

// They are stored as they came, a megabyte of zeros too.
BOOST_AUTO_TEST_CASE(times_and_places_have_a_length) {
  const std::string zeros(40, '0');
  BOOST_TEST(faults(R"({"name": "asha", "at": "2026-11-21T09:00:00.123456789+05:30"})") == "");
  BOOST_TEST(faults(R"({"name": "asha", "at": "2026-11-21T09:00:00.)" + zeros + R"(Z"})") ==
             "/at format");
  BOOST_TEST(faults(R"({"name": "asha", "place": [77.123456789012345, 1.5)" + zeros + "]}") ==
             "/place/1 format");
}

BOOST_AUTO_TEST_CASE(a_member_given_twice_is_a_fault) {
  BOOST_TEST(faults(R"({"name": "asha", "name": "ravi"})") == "/name duplicate_field");
}

BOOST_AUTO_TEST_CASE(the_faults_of_a_hostile_body_are_bounded) {
  std::string body = R"({"name": "asha")";
  for (int i = 0; i < 1000; ++i) body += ", \"x" + std::to_string(i) + "\": 1";
  const Result<JsonDocument> document = parse_json(body + "}");
  std::vector<Fault> found;
  check_shape(thing, document->root(), found);
  BOOST_TEST(found.size() == faults_max);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::shape_test
