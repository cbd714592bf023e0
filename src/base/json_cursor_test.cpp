// What the writing helpers write, the cursor reads; what is damaged fails once and for good.
#include "base/json_cursor.h"

#include <boost/test/unit_test.hpp>

#include "base/json.h"
#include "base/json_write.h"

namespace wf::json_cursor_test {
namespace {

const Uuid id = *Uuid::parse("2ed6657d-e927-568b-95e1-2665a8aea6a2");

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string point_text(std::int32_t lon_e7, std::int32_t lat_e7) {
  std::string out;
  append_point(out, {lon_e7, lat_e7});
  return out;
}

template <class Read>
bool refuses(std::string_view text, Read read) {
  JsonCursor cursor(text);
  read(cursor);
  return !cursor.finished();
}

std::string record() {
  std::string out = R"({"id":)";
  append_uuid(out, id);
  out += R"(,"at":)";
  append_instant(out, Instant{1'500'000});
  out += R"(,"where":)";
  append_point(out, {-1'278, 515'074'000});
  out += R"(,"sum":)";
  append_money(out, {-1250, {'E', 'U', 'R'}});
  out += R"(,"count":)";
  append_int(out, INT64_MIN);
  out += R"(,"note":)";
  append_json_string(out, "a \"b\"\n\x01\xf0\x9f\x98\x80");
  out += R"(,"open":)";
  append_bool(out, true);
  out += R"(,"none":null,"extra":{"x":["]}",{}]},"tags":[1,2,3],"empty":[]})";
  return out;
}

// Reads every member of record(); the sums say whether all were right.
bool read_record(JsonCursor& cursor) {
  int right = 0;
  cursor.begin_object();
  for (std::string_view key; cursor.next_key(key);) {
    if (key == "id")
      right += cursor.uuid() == id ? 1 : 0;
    else if (key == "at")
      right += cursor.instant() == Instant{1'500'000} ? 1 : 0;
    else if (key == "where")
      right += cursor.point() == Point{-1'278, 515'074'000} ? 1 : 0;
    else if (key == "sum")
      right += cursor.money() == Money{-1250, {'E', 'U', 'R'}} ? 1 : 0;
    else if (key == "count")
      right += cursor.int64() == INT64_MIN ? 1 : 0;
    else if (key == "note")
      right += cursor.string_view() == "a \"b\"\n\x01\xf0\x9f\x98\x80" ? 1 : 0;
    else if (key == "open")
      right += cursor.boolean() ? 1 : 0;
    else if (key == "none")
      right += cursor.take_null() ? 1 : 0;
    else if (key == "tags" || key == "empty") {
      std::int64_t sum = 0;
      for (cursor.begin_array(); cursor.next_element();) sum += cursor.int64();
      right += sum == (key == "tags" ? 6 : 0) ? 1 : 0;
    } else {
      cursor.skip();
    }
  }
  return cursor.finished() && right == 10;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(json_cursor_tests)

BOOST_AUTO_TEST_CASE(what_is_written_is_read) {
  const std::string text = record();
  BOOST_TEST(parse_json(text).has_value());
  JsonCursor cursor(text);
  BOOST_TEST(read_record(cursor));
}

BOOST_AUTO_TEST_CASE(every_prefix_fails) {
  const std::string text = record();
  for (std::size_t size = 0; size < text.size(); ++size) {
    const std::string prefix =
        text.substr(0, size);  // its own allocation: the sanitizer sees a byte too many
    JsonCursor cursor(prefix);
    BOOST_TEST(!read_record(cursor));
  }
}

BOOST_AUTO_TEST_CASE(every_changed_byte_ends) {
  const std::string text = record();
  std::size_t refused = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (const char byte : {'"', '\\', '{', ']', ',', '0', '\0', '\xff'}) {
      std::string damaged = text;
      damaged[i] = byte;
      JsonCursor cursor(damaged);
      refused += read_record(cursor) ? 0 : 1;
      JsonCursor other(damaged);
      other.skip();
    }
  }
  BOOST_TEST(refused > text.size() * 4);
}

BOOST_AUTO_TEST_CASE(white_space_is_allowed_between_tokens) {
  JsonCursor cursor(" { \"a\" : [ 1 ,\t2 ] ,\r\n \"b\" : { } } ");
  int members = 0;
  cursor.begin_object();
  for (std::string_view key; cursor.next_key(key); cursor.skip()) ++members;
  BOOST_TEST(members == 2);
  BOOST_TEST(cursor.finished());
}

BOOST_AUTO_TEST_CASE(strings_escape_only_what_they_must) {
  BOOST_TEST(quoted("plain /\x7f\xc3\xa9") == "\"plain /\x7f\xc3\xa9\"");
  BOOST_TEST(quoted("\b\f\n\r\t\"\\\x1f") == R"("\b\f\n\r\t\"\\\u001f")");
  BOOST_TEST(quoted(std::string_view("\0", 1)) == R"("\u0000")");
  JsonCursor cursor(R"("\/\u00e9\ud83d\ude00")");
  BOOST_TEST(cursor.string_view() == "/\xc3\xa9\xf0\x9f\x98\x80");
  BOOST_TEST(refuses("\"open", [](JsonCursor& c) { c.skip(); }));
  JsonCursor stepping(R"(["\\","a\"","\\\"b",7])");
  stepping.begin_array();
  for (int i = 0; i < 3; ++i) {
    BOOST_TEST(stepping.next_element());
    stepping.skip();
  }
  BOOST_TEST((stepping.next_element() && stepping.int64() == 7));
  const auto read_string = [](JsonCursor& c) { c.string_view(); };
  for (const std::string_view bad :
       {R"("\x")", R"("\ud83d")", R"("\ude00")", R"("\ud83dA")", R"("\u12")", R"("\u+123")", "1"}) {
    BOOST_TEST(refuses(bad, read_string), bad);
  }
}

// Eight bytes are looked at at a time: whatever stands around a quote or a backslash, and wherever
// the text ends.
BOOST_AUTO_TEST_CASE(strings_end_at_their_quote_wherever_it_is) {
  for (const char filler : {'a', '!', '#', '[', ']', '\xff', '\x80', '\x01'}) {
    for (std::size_t size = 0; size < 20; ++size) {
      const std::string plain(size, filler);
      const std::string text = '"' + plain + '"';
      JsonCursor cursor(text);
      BOOST_TEST(cursor.string_view() == plain);
      BOOST_TEST(cursor.finished());
      JsonCursor open(std::string_view(text).substr(0, text.size() - 1));
      open.string_view();
      BOOST_TEST(!open.finished());
      for (std::size_t at = 0; at <= size; ++at) {
        std::string escaped = text;
        escaped.insert(at + 1, "\\\"");
        std::string read = plain;
        read.insert(at, 1, '"');
        JsonCursor escapes(escaped);
        BOOST_TEST(escapes.string_view() == read);
        BOOST_TEST(escapes.finished());
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(points_are_exact) {
  BOOST_TEST(point_text(0, 0) == "[0,0]");
  BOOST_TEST(point_text(-1, 1) == "[-0.0000001,0.0000001]");
  BOOST_TEST(point_text(-1'800'000'000, 900'000'000) == "[-180,90]");
  BOOST_TEST(point_text(23'522'219, -488'566'140) == "[2.3522219,-48.856614]");
  for (const std::int32_t lon : {-1'800'000'000, -1, 0, 7, 1'799'999'999}) {
    const std::string text = point_text(lon, -lon / 2);
    JsonCursor cursor(text);
    BOOST_TEST((cursor.point() == Point{lon, -lon / 2}));
    BOOST_TEST(cursor.finished());
  }
  JsonCursor precise("[-0.02092289995,89.99999994999]");  // as browsers write places
  BOOST_TEST((precise.point() == Point{-209'229, 899'999'999}));
  JsonCursor small("[-5e-07, 1.25E1]");
  BOOST_TEST((small.point() == Point{-5, 125'000'000}));
  JsonCursor nothing("[1e-999,-0e9]");
  BOOST_TEST((nothing.point() == Point{0, 0}));
  const auto read = [](JsonCursor& c) { c.point(); };
  for (const std::string_view bad : {"[]",
                                     "[180.00000005,2]",
                                     "[1]",
                                     "[1,2,3]",
                                     "[1.,2]",
                                     "[1e3,2]",
                                     "[1e,2]",
                                     "[1e999,2]",
                                     "[.5e1,2]",
                                     "[\"1e1\",2]",
                                     "[1e1x,2]",
                                     "[1000,2]",
                                     "[-,2]",
                                     "[180.5,2]",
                                     "[2,91]"}) {
    BOOST_TEST(refuses(bad, read), bad);
  }
}

BOOST_AUTO_TEST_CASE(other_kinds_are_refused) {
  BOOST_TEST(refuses("1.5", [](JsonCursor& c) { c.int64(); }));
  BOOST_TEST(refuses("9223372036854775808", [](JsonCursor& c) { c.int64(); }));
  BOOST_TEST(refuses("1", [](JsonCursor& c) { c.boolean(); }));
  BOOST_TEST(refuses("\"x\"", [](JsonCursor& c) { c.uuid(); }));
  BOOST_TEST(refuses("\"x\"", [](JsonCursor& c) { c.instant(); }));
  BOOST_TEST(refuses(R"({"minor":1,"currency":"EURO"})", [](JsonCursor& c) { c.money(); }));
  BOOST_TEST(refuses(R"({"minor":1,"more":1})", [](JsonCursor& c) { c.money(); }));
  BOOST_TEST(refuses("1 2", [](JsonCursor& c) { c.int64(); }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::json_cursor_test
