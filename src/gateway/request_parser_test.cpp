// The parser without a socket: whole and byte by byte, and everything it must refuse.
#include "gateway/request_parser.h"

#include <boost/test/unit_test.hpp>
#include <cstring>
#include <string>
#include <string_view>

namespace wf::gateway::request_parser_test {
namespace {

using Step = RequestParser::Step;

void put(RequestParser& parser, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto room = parser.room();
    const std::size_t size = std::min(room.size(), bytes.size());
    std::memcpy(room.data(), bytes.data(), size);
    parser.received(size);
    bytes.remove_prefix(size);
    if (!bytes.empty() && parser.step() != Step::need_more) return;
  }
}

// The status of the refusal; 0 if the bytes are a whole request, -1 if more is needed.
int judge(std::string_view bytes, const Limits& limits = {}) {
  RequestParser parser(limits);
  put(parser, bytes);
  Step step = parser.step();
  if (step == Step::expects_continue) step = parser.step();
  if (step == Step::ready) return 0;
  return step == Step::refused ? parser.refusal().status : -1;
}

std::string get(std::string_view lines) {
  return "GET / HTTP/1.1\r\nHost: a\r\n" + std::string(lines) + "\r\n";
}
std::string post(std::string_view lines, std::string_view body) {
  return "POST / HTTP/1.1\r\nHost: a\r\n" + std::string(lines) + "\r\n" + std::string(body);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(request_parser_tests)

BOOST_AUTO_TEST_CASE(a_request_is_seen_whole_however_it_is_cut) {
  const std::string bytes =
      "\r\nPOST /bookings?a=1&b=2 HTTP/1.1\r\nHost: x\r\nidempotency-KEY:  k 1 \r\nEmpty:\r\n"
      "Content-Length: 5\r\n\r\nhello";
  for (std::size_t cut = 1; cut <= bytes.size(); ++cut) {
    const Limits limits;
    RequestParser parser(limits);
    Step step = Step::need_more;
    for (std::size_t at = 0; at < bytes.size(); at += cut) {
      BOOST_REQUIRE(step == Step::need_more);
      put(parser, std::string_view(bytes).substr(at, cut));
      step = parser.step();
    }
    BOOST_REQUIRE(step == Step::ready);
    const Request& request = parser.request();
    BOOST_TEST((request.method == Method::post));
    BOOST_TEST(request.path == "/bookings");
    BOOST_TEST(request.query == "a=1&b=2");
    BOOST_TEST(request.headers.get("Idempotency-Key").value() == "k 1");
    BOOST_TEST(request.headers.get("empty").value() == "");
    BOOST_TEST(!request.headers.get("absent").has_value());
    BOOST_TEST(request.headers.size() == 4U);
    BOOST_TEST(request.body == "hello");
    BOOST_TEST(parser.keep_alive());
  }
}

BOOST_AUTO_TEST_CASE(requests_follow_each_other) {
  const Limits limits;
  RequestParser parser(limits);
  std::string bytes;
  for (int i = 0; i < 300; ++i)
    bytes += "\r\nGET /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n";
  int seen = 0;
  std::string_view rest = bytes;
  while (seen < 300) {
    const Step step = parser.step();
    if (step == Step::ready) {
      BOOST_REQUIRE(parser.request().path == "/" + std::to_string(seen));
      ++seen;
      parser.next();
      continue;
    }
    BOOST_REQUIRE(step == Step::need_more);
    BOOST_REQUIRE(!rest.empty());
    const auto room = parser.room();
    const std::size_t size = std::min<std::size_t>({room.size(), rest.size(), 701});
    std::memcpy(room.data(), rest.data(), size);
    parser.received(size);
    rest.remove_prefix(size);
  }
  BOOST_TEST(parser.idle());
}

BOOST_AUTO_TEST_CASE(a_big_body_leaves_the_head_readable) {
  const std::string body(300'000, 'b');
  const Limits limits;
  RequestParser parser(limits);
  put(parser, post("X-Mark: here\r\nContent-Length: 300000\r\n", body));
  BOOST_REQUIRE(parser.step() == Step::ready);
  BOOST_TEST((parser.request().body == body));
  BOOST_TEST(parser.request().headers.get("x-mark").value() == "here");
}

BOOST_AUTO_TEST_CASE(chunks_are_put_together) {
  const std::string bytes = post("Transfer-Encoding: chunked\r\n",
                                 "3;ext=1\r\nabc\r\n4\r\ndefg\r\n0\r\nTrailer: x\r\n\r\n");
  for (const std::size_t cut : {bytes.size(), std::size_t{1}, std::size_t{7}}) {
    const Limits limits;
    RequestParser parser(limits);
    Step step = Step::need_more;
    for (std::size_t at = 0; at < bytes.size(); at += cut) {
      BOOST_REQUIRE(step == Step::need_more);
      put(parser, std::string_view(bytes).substr(at, cut));
      step = parser.step();
    }
    BOOST_REQUIRE(step == Step::ready);
    BOOST_TEST(parser.request().body == "abcdefg");
    BOOST_TEST(!parser.request().headers.get("Trailer").has_value());
  }
}

// Beast's parser asserted, and ended the process, when the end of a body came in two pieces.
BOOST_AUTO_TEST_CASE(an_empty_body_in_chunks_may_be_cut_anywhere) {
  BOOST_TEST(judge(post("Content-Length: 1\r\n", "0")) == 0);
  for (const std::string_view end : {"0\r\n\r\n", "00\r\n\r\n", "0\r\nTrailer: x\r\n\r\n"}) {
    const std::string bytes = post("Transfer-Encoding: chunked\r\n", end);
    for (std::size_t first = 1; first < bytes.size(); ++first) {
      for (std::size_t second = first; second < bytes.size(); ++second) {
        const Limits limits;
        RequestParser parser(limits);
        put(parser, std::string_view(bytes).substr(0, first));
        BOOST_REQUIRE(parser.step() == Step::need_more);
        put(parser, std::string_view(bytes).substr(first, second - first));
        BOOST_REQUIRE(parser.step() == Step::need_more);
        put(parser, std::string_view(bytes).substr(second));
        BOOST_REQUIRE(parser.step() == Step::ready);
        BOOST_TEST(parser.request().body.empty());
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(head_is_a_get_and_versions_differ) {
  const Limits limits;
  RequestParser parser(limits);
  put(parser, "HEAD http://host/a?q HTTP/1.0\r\n\r\n");
  BOOST_REQUIRE(parser.step() == Step::ready);
  BOOST_TEST((parser.request().method == Method::get));
  BOOST_TEST(parser.request().head);
  BOOST_TEST(parser.request().path == "/a");
  BOOST_TEST(parser.request().query == "q");
  BOOST_TEST(!parser.keep_alive());
}

BOOST_AUTO_TEST_CASE(a_client_that_expects_100_is_told_once) {
  const Limits limits;
  RequestParser parser(limits);
  put(parser, post("Expect: 100-continue\r\nContent-Length: 2\r\n", ""));
  BOOST_TEST((parser.step() == Step::expects_continue));
  BOOST_TEST((parser.step() == Step::need_more));
  put(parser, "ok");
  BOOST_TEST((parser.step() == Step::ready));
}

BOOST_AUTO_TEST_CASE(malformed_requests_are_refused) {
  BOOST_TEST(judge(get("")) == 0);
  BOOST_TEST(judge("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n") == 0);
  for (const std::string& bytes : {
           std::string("GET / HTTP/1.1\r\n\r\n"),  // no Host
           get("Host: b\r\n"),                     // two
           get("Authorization: Bearer a\r\nauthorization: Bearer a\r\n"),
           std::string("GET /\r\n\r\n"),                            // HTTP/0.9
           std::string("GET / HTTP/2.0\r\nHost: a\r\n\r\n"),        //
           std::string("GET  / HTTP/1.1\r\nHost: a\r\n\r\n"),       // two spaces
           std::string("GET * HTTP/1.1\r\nHost: a\r\n\r\n"),        //
           std::string("GET a HTTP/1.1\r\nHost: a\r\n\r\n"),        //
           std::string("GET /#f HTTP/1.1\r\nHost: a\r\n\r\n"),      //
           std::string("GET / HTTP/1.1\nHost: a\n\n"),              // bare LF
           std::string("GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n"),  // bare CR
           std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n",
                       13),                     // TLS to a plain port
           get("X: a\r\n b\r\n"),               // folded
           get("X:\r\n b\r\n"),                 // folded from the start
           get("X : a\r\n"),                    // space before the colon
           get(": a\r\n"),                      // no name
           get("X\r\n"),                        // no colon
           get(std::string("X: a\0b\r\n", 8)),  // NUL
           get("X: a\nY: b\r\n"),               // LF in a value
           get("X\xc3\xa9: a\r\n"),             // not a token
       }) {
    BOOST_TEST_CONTEXT(bytes) { BOOST_TEST(judge(bytes) == 400); }
  }
}

BOOST_AUTO_TEST_CASE(nothing_can_be_smuggled) {
  const std::string chunk = "0\r\n\r\n";
  for (const std::string& bytes : {
           post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", chunk),
           post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", chunk),
           post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello"),
           post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"),
           post("Content-Length: 5, 5\r\n", "hello"),
           post("Content-Length: +5\r\n", "hello"),
           post("Content-Length: -1\r\n", "hello"),
           post("Content-Length: 0x5\r\n", "hello"),
           post("Content-Length:\r\n", "hello"),
           post("Content-Length: 18446744073709551617\r\n", "hello"),
           post("Content-Length : 5\r\n", "hello"),
           post("Transfer-Encoding: xchunked\r\n", chunk),
           post("Transfer-Encoding: chunked, identity\r\n", chunk),
           post("Transfer-Encoding: gzip, chunked\r\n", chunk),
           post("Transfer-Encoding: identity\r\n", chunk),
           post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", chunk),
           post("Transfer-Encoding:\x0b"
                "chunked\r\n",
                chunk),
           post("Transfer-Encoding\t: chunked\r\n", chunk),
           post("Transfer-Encoding:\r\n chunked\r\n", chunk),
           post("Transfer-Encoding: chunked\r\n", "zz\r\n\r\n"),
           post("Transfer-Encoding: chunked\r\n", "2\r\nabc\r\n0\r\n\r\n"),
           post("Transfer-Encoding: chunked\r\n", "fffffffffffffffff\r\n"),
           post("Transfer-Encoding: chunked\r\n", "0\r\nContent-Length: 5\r\n\r\n"),
           std::string("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
       }) {
    BOOST_TEST_CONTEXT(bytes) { BOOST_TEST(judge(bytes) == 400); }
  }
}

BOOST_AUTO_TEST_CASE(bounds_have_their_own_answers) {
  Limits limits;
  limits.header_bytes_max = 200;
  limits.headers_max = 5;
  limits.body_bytes_max = 10;
  const auto with = [&limits](const std::string& bytes) { return judge(bytes, limits); };
  const std::string exact(200 - get("X: \r\n").size(), 'x');
  BOOST_TEST(with(get("X: " + exact + "\r\n")) == 0);
  BOOST_TEST(with(get("X: " + exact + "y\r\n")) == 431);
  BOOST_TEST(with("GET /" + std::string(5000, 'x')) == 431);
  BOOST_TEST(with(get("A: 1\r\nB: 1\r\nC: 1\r\nD: 1\r\n")) == 0);
  BOOST_TEST(with(get("A: 1\r\nB: 1\r\nC: 1\r\nD: 1\r\nE: 1\r\n")) == 431);
  BOOST_TEST(with(post("Content-Length: 10\r\n", "0123456789")) == 0);
  BOOST_TEST(with(post("Content-Length: 11\r\n", "")) == 413);
  BOOST_TEST(with(post("Transfer-Encoding: chunked\r\n", "6\r\nabcdef\r\n5\r\n")) == 413);
  BOOST_TEST(with(post("Expect: magic\r\n", "")) == 417);
  BOOST_TEST(with("BREW / HTTP/1.1\r\nHost: a\r\n\r\n") == 501);
  BOOST_TEST(with("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n") == 501);
  const std::string endless = "1;" + std::string(RequestParser::body_room + 100, 'e');
  BOOST_TEST(with(post("Transfer-Encoding: chunked\r\n", endless)) == 400);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::gateway::request_parser_test
