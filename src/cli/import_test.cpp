// Import lines, their order, what is kept of them, and a whole import against a small HTTP server.
#include "cli/importer.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>

#include "base/json.h"
#include "cli/engine_fixture.h"
#include "cli/progress.h"
#include "cli/small_server.h"
#include "gateway/position.h"
#include "support/temp_dir.h"

namespace wf::cli::import_test {
namespace {

std::string value_of(const std::string& request, const std::string& header) {
  const std::size_t at = request.find("\r\n" + header + ": ");
  if (at == std::string::npos) return {};
  const std::size_t begin = at + header.size() + 4;
  return request.substr(begin, request.find("\r\n", begin) - begin);
}

// Each key's id is made of it.
std::string accepted_in(std::uint32_t partition, const std::string& request, const Uuid& log = {}) {
  std::string answer =
      reply(201, R"({"id":"id-of-)" + value_of(request, "Idempotency-Key") + "\"}");
  const std::string position = gateway::encode_position(log, {{"events", partition, 7}});
  return answer.insert(answer.find("\r\n") + 2, "Wayfold-Position: " + position + "\r\n");
}
std::string accepted(const std::string& request) { return accepted_in(0, request); }

Result<ImportReport> import_lines(
    SmallServer& server,
    const std::string& lines,
    const std::string& state = "",
    Duration give_up = Duration::seconds(60),
    const Outage::Say& say = [](auto) {}) {
  std::istringstream input(lines);
  const SenderOptions options{.address = server.address(),
                              .token = "secret",
                              .import = Uuid::v5({}, "import"),
                              .give_up = give_up};
  auto opened = ImportState::open(state, "input", {});
  BOOST_REQUIRE(opened);
  return Importer(options, 1'000'000, 8, std::move(*opened), say).run(input, [](auto, auto) {});
}

BOOST_AUTO_TEST_SUITE(import_tests)

BOOST_AUTO_TEST_CASE(a_line_says_what_is_wrong_with_it) {
  const auto line = parse_import_line(
      R"({"route":"POST /a/{id:x}/b","key":"k","as":"me","body":{"n": [1, {"id":"{id:y}"}]}})");
  BOOST_REQUIRE(line);
  BOOST_TEST(line->method == "POST");
  BOOST_TEST(line->body == R"({"n": [1, {"id":"{id:y}"}]})");
  BOOST_TEST(references(*line) == (std::vector<std::string>{"x", "y"}),
             boost::test_tools::per_element());
  for (const char* bad : {"",
                          "[]",
                          R"({"key":"k"})",
                          R"({"route":"POST /a"})",
                          R"({"route":"/a","key":"k"})",
                          R"({"route":"POST /a","key":"k\r\nX: y"})",
                          R"({"route":"POST /a b","key":"k"})",
                          R"({"route":"POST /a","key":"k","bodi":{}})",
                          R"({"route":"POST /a","key":7})"}) {
    BOOST_TEST(!parse_import_line(bad), bad);
  }
}

BOOST_AUTO_TEST_CASE(lines_tell_their_stream) {
  const std::string id = Uuid::v5({}, "x").text();
  const auto stream = [](const std::string& text) { return stream_text(*parse_import_line(text)); };
  BOOST_TEST(stream(R"({"route":"POST /bookings/)" + id + R"(/cancel","key":"k"})") == id);
  BOOST_TEST(stream(R"({"route":"POST /bookings","key":"k","body":{"charger":")" + id + "\"}}") ==
             id);
  BOOST_TEST(stream(R"({"route":"POST /bookings","key":"k","stream":"mine"})") == "mine");
  BOOST_TEST(stream(R"({"route":"POST /chargers","key":"k"})").empty());
}

BOOST_AUTO_TEST_CASE(a_line_goes_with_its_headers) {
  SmallServer server(accepted);
  const auto report = import_lines(server,
                                   R"({"route":"POST /chargers","key":"c1","as":"someone",)"
                                   R"("occurred_at":"2020-01-01T00:00:00Z","body":{"a":1}})"
                                   "\n");
  BOOST_REQUIRE(report);
  BOOST_TEST(report->accepted == 1U);
  const std::string request = server.requests().at(0);
  BOOST_TEST(request.starts_with("POST /chargers HTTP/1.1\r\n"));
  BOOST_TEST(value_of(request, "Authorization") == "Bearer secret");
  BOOST_TEST(value_of(request, "Idempotency-Key") == "c1");
  BOOST_TEST(value_of(request, "Wayfold-As") == "someone");
  BOOST_TEST(value_of(request, "Wayfold-Occurred-At") == "2020-01-01T00:00:00Z");
  BOOST_TEST(value_of(request, "Wayfold-Import") == Uuid::v5({}, "import").text());
  BOOST_TEST(request.ends_with(R"({"a":1})"));
}

BOOST_AUTO_TEST_CASE(lines_that_refer_to_others_follow_them) {
  SmallServer server(accepted);
  std::string lines;
  for (int charger = 0; charger < 20; ++charger) {
    const std::string c = std::to_string(charger);
    lines += R"({"route":"POST /chargers","key":"c)" + c + "\"}\n";
    for (int n = 0; n < 10; ++n) {
      const std::string b = c + "." + std::to_string(n);
      lines += R"({"route":"POST /bookings","key":"b)" + b + R"(","body":{"charger":"{id:c)" + c +
               "}\"}}\n" + R"({"route":"POST /bookings/{id:b)" + b + R"(}/check-in","key":"i)" + b +
               "\"}\n";
    }
  }
  const auto report = import_lines(server, lines);
  BOOST_REQUIRE(report);
  BOOST_TEST(report->lines == 420U);
  BOOST_TEST(report->accepted == 420U);
  std::map<std::string, int> last;  // per charger, the number of its booking
  for (const std::string& request : server.requests()) {
    BOOST_TEST(request.find("{id:") == std::string::npos);
    const std::string key = value_of(request, "Idempotency-Key");
    if (key[0] != 'b') continue;
    const std::size_t dot = key.find('.');
    const int n = std::stoi(key.substr(dot + 1));
    BOOST_TEST(n == last[key.substr(0, dot)]++);
  }
}

BOOST_AUTO_TEST_CASE(what_is_refused_is_listed_and_so_is_what_refers_to_it) {
  SmallServer server([](const std::string& request) {
    if (value_of(request, "Idempotency-Key") == "b1") {
      return reply(409, R"({"code":"overlap","detail":"taken"})");
    }
    return accepted(request);
  });
  const auto report = import_lines(server,
                                   "{\"route\":\"POST /bookings\",\"key\":\"b1\"}\n"
                                   "\n"
                                   "{\"route\":\"POST /bookings/{id:b1}/check-in\",\"key\":\"i\"}\n"
                                   "{\"route\":\"POST /x/{id:nobody}\",\"key\":\"n\"}\n"
                                   "nonsense\n");
  BOOST_REQUIRE(report);
  BOOST_TEST(report->lines == 4U);
  BOOST_TEST(report->accepted == 0U);
  BOOST_TEST(report->refused.at(1).answer.code == "overlap");
  BOOST_TEST(report->refused.at(1).answer.status == 409);
  BOOST_TEST(report->refused.at(3).answer.code == "refers_to_refused");
  BOOST_TEST(report->refused.at(3).route == "POST /bookings/{id:b1}/check-in");
  BOOST_TEST(report->refused.at(4).answer.code == "unknown_reference");
  BOOST_TEST(report->refused.at(5).answer.code == "malformed_line");
  BOOST_TEST(server.requests().size() == 1U);
}

// Accepts all but key "no"; every answer is of its own slot: the key's first byte.
std::string accepted_at(const std::string& request) {
  const std::string key = value_of(request, "Idempotency-Key");
  if (key == "no") return reply(401, "{}");
  return accepted_in(static_cast<std::uint32_t>(key[0]), request);
}
// The slots of the position that came with a request.
std::string seen_by(const std::string& request) {
  const auto token = gateway::decode_position(value_of(request, "Wayfold-Position"));
  std::string slots;
  if (token) {
    for (const auto& slot : token->offsets) slots += static_cast<char>(slot.partition);
  }
  std::ranges::sort(slots);
  return slots;
}

BOOST_AUTO_TEST_CASE(each_line_says_what_it_follows_has_seen) {
  TempDir dir;
  const std::string state = (dir / "state").string();
  const std::string lines =
      R"({"route":"POST /chargers","key":"c"})"
      "\n"
      R"({"route":"POST /chargers","key":"d"})"
      "\n"
      R"({"route":"POST /chargers/{id:c}/pause","key":"p","body":{"like":"{id:d}"}})"
      "\n"
      R"({"route":"POST /chargers/{id:c}/pause","key":"no","body":{"like":"{id:p}"}})"
      "\n";
  SmallServer server(accepted_at);
  BOOST_REQUIRE(!import_lines(server, lines, state));
  const std::vector<std::string> requests = server.requests();
  BOOST_REQUIRE(requests.size() == 4U);
  BOOST_TEST(seen_by(requests[0]).empty());
  BOOST_TEST(seen_by(requests[1]).empty());
  BOOST_TEST(seen_by(requests[2]) == "cd");
  BOOST_TEST(seen_by(requests[3]) == "cdp");
  SmallServer later(accepted);  // another run knows what the first has seen
  BOOST_REQUIRE(import_lines(later, lines, state));
  BOOST_TEST(seen_by(later.requests().at(0)) == "cp");
}

// Positions of the log it was copied from are refused: they are dropped, and those of the new kept.
BOOST_AUTO_TEST_CASE(an_import_goes_on_where_its_log_was_moved) {
  TempDir dir;
  const std::string state = (dir / "state").string();
  const std::string lines =
      "{\"route\":\"POST /chargers\",\"key\":\"c\"}\n"
      "{\"route\":\"POST /chargers\",\"key\":\"d\"}\n"
      "{\"route\":\"POST /chargers/{id:d}/pause\",\"key\":\"e\",\"body\":{\"like\":\"{id:c}\"}}\n"
      "{\"route\":\"POST /chargers/{id:c}/pause\",\"key\":\"p\"}\n";
  SmallServer before([](const std::string& request) {
    return value_of(request, "Idempotency-Key") == "c" ? accepted(request) : reply(401, "{}");
  });
  BOOST_REQUIRE(!import_lines(before, lines, state));
  SmallServer server([log = Uuid::v5({}, "moved")](const std::string& request) {
    const auto seen = gateway::decode_position(value_of(request, "Wayfold-Position"));
    if (!seen || seen->log == log) return accepted_in('d', request, log);
    return reply(400, R"({"code":"invalid_parameter","parameter":"Wayfold-Position"})");
  });
  BOOST_TEST(import_lines(server, lines, state)->accepted == 4U);
  for (const std::string& request : server.requests()) {  // which come in any order but e after d
    if (value_of(request, "Idempotency-Key") == "e") BOOST_TEST(seen_by(request) == "d");
  }
}

BOOST_AUTO_TEST_CASE(busy_answers_are_asked_again) {
  int asked = 0;
  SmallServer server([&](const std::string& request) {
    const int statuses[] = {503, 202, 504};
    const char* const bodies[] = {R"({"code":"overloaded"})", "{}", R"({"code":"unknown_fate"})"};
    if (asked == 3) return accepted(request);
    ++asked;
    return reply(statuses[asked - 1], bodies[asked - 1]);
  });
  const auto report = import_lines(server, "{\"route\":\"POST /chargers\",\"key\":\"c\"}\n");
  BOOST_REQUIRE(report);
  BOOST_TEST(report->accepted == 1U);
  BOOST_TEST(server.requests().size() == 4U);
}

// A wrong --url, or a proxy in between: no line is done. 200 is a single-page application's.
BOOST_AUTO_TEST_CASE(what_no_gateway_answers_ends_the_import) {
  TempDir dir;
  const std::string state = (dir / "state").string();
  const std::string line = "{\"route\":\"POST /chargers\",\"key\":\"c\"}\n";
  for (const int status : {404, 301, 413, 200}) {
    SmallServer server([&](const std::string&) { return reply(status, "<html></html>"); });
    const auto report = import_lines(server, line, state);
    BOOST_REQUIRE(!report);
    BOOST_TEST((report.error().code == Code::mismatch));
    BOOST_TEST(report.error().detail.find("--url") != std::string::npos);
  }
  SmallServer server(accepted);
  BOOST_TEST(import_lines(server, line, state)->accepted == 1U);
  BOOST_TEST(server.requests().size() == 1U);
}

// The same key gets the same answer for a day.
BOOST_AUTO_TEST_CASE(a_decided_answer_is_final_whatever_its_status) {
  SmallServer server([&](const std::string& request) {
    const std::string key = value_of(request, "Idempotency-Key");
    if (key == "e") return reply(504, R"({"code":"expired","detail":"it waited too long"})");
    if (key == "o") return reply(503, R"({"code":"overdue","detail":"too many deadlines"})");
    return accepted(request);
  });
  const auto report = import_lines(server,
                                   "{\"route\":\"POST /chargers\",\"key\":\"e\"}\n"
                                   "{\"route\":\"POST /chargers\",\"key\":\"o\"}\n"
                                   "{\"route\":\"POST /chargers\",\"key\":\"c\"}\n",
                                   "",
                                   Duration::millis(500));
  BOOST_REQUIRE(report);
  BOOST_TEST(report->accepted == 1U);
  BOOST_TEST(report->refused.at(1).answer.code == "expired");
  BOOST_TEST(report->refused.at(1).answer.detail == "it waited too long");
  BOOST_TEST(report->refused.at(2).answer.code == "overdue");
  BOOST_TEST(server.requests().size() == 3U);
}

BOOST_AUTO_TEST_CASE(a_later_run_goes_on_where_the_first_ended) {
  TempDir dir;
  const std::string state = (dir / "state").string();
  const std::string lines =
      "{\"route\":\"POST /chargers\",\"key\":\"c\"}\n"
      "{\"route\":\"POST /chargers/{id:c}/pause\",\"key\":\"p\"}\n";
  {
    SmallServer server([](const std::string& request) {
      return value_of(request, "Idempotency-Key") == "p" ? reply(401, "{}") : accepted(request);
    });
    const auto report = import_lines(server, lines, state);
    BOOST_REQUIRE(!report);
    BOOST_TEST((report.error().code == Code::forbidden));
  }
  std::ofstream(state, std::ios::app) << R"({"line":2,"sta)";  // a crash while it was written
  SmallServer server(accepted);
  const auto report = import_lines(server, lines, state);
  BOOST_REQUIRE(report);
  BOOST_TEST(report->accepted == 2U);
  BOOST_REQUIRE(server.requests().size() == 1U);
  BOOST_TEST(server.requests()[0].starts_with("POST /chargers/id-of-c/pause "));
  BOOST_TEST((ImportState::open(state, "another", {}).error().code == Code::mismatch));
  BOOST_TEST(ImportState::open(state, "input", {})->answers().size() == 2U);
}

// A long import would need the memory.
BOOST_AUTO_TEST_CASE(what_is_answered_is_kept_in_the_file) {
  TempDir dir;
  const std::string path = (dir / "state").string();
  {
    auto state = ImportState::open(path, "input", {});
    BOOST_REQUIRE(state);
    state->add(7, {.status = 201, .id = "it"});
    BOOST_TEST(state->answers().empty());
  }
  BOOST_TEST(ImportState::open(path, "input", {})->answers().at(7).id == "it");
}

BOOST_AUTO_TEST_CASE(a_run_that_goes_on_is_of_the_import_that_began) {
  TempDir dir;
  const std::string state = (dir / "state").string();
  const Uuid one = ImportState::open("", "input", {})->import();
  BOOST_TEST((one == ImportState::open("", "input", {})->import()));
  BOOST_TEST((one != ImportState::open("", "another", {})->import()));
  const Uuid named = Uuid::v5({}, "named");
  BOOST_TEST((ImportState::open(state, "input", named)->import() == named));
  BOOST_TEST((ImportState::open(state, "input", {})->import() == named));
  std::ofstream(dir / "old") << R"({"input":"input"})"
                                "\n";  // of a build before imports had names
  BOOST_TEST((ImportState::open((dir / "old").string(), "input", {})->import() == one));
  const auto other = ImportState::open(state, "input", one);
  BOOST_TEST((other.error().code == Code::mismatch));
  BOOST_TEST(other.error().detail.find(named.text()) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(nobody_there_ends_the_import) {
  const int bound = ::socket(AF_INET, SOCK_STREAM, 0);  // so that nobody else listens there
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  BOOST_REQUIRE(::bind(bound, reinterpret_cast<sockaddr*>(&address), size) == 0);
  BOOST_REQUIRE(::getsockname(bound, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  std::istringstream input("{\"route\":\"POST /chargers\",\"key\":\"c\"}\n");
  const SenderOptions options{.address = {"127.0.0.1", std::to_string(ntohs(address.sin_port))},
                              .token = "t",
                              .import = {},
                              .give_up = Duration::millis(1)};
  auto state = ImportState::open("", "", {});
  const auto report =
      Importer(options, 1000, 2, std::move(*state), [](auto) {}).run(input, [](auto, auto) {});
  ::close(bound);
  BOOST_REQUIRE(!report);
  BOOST_TEST((report.error().code == Code::unavailable));
}

BOOST_AUTO_TEST_CASE(an_outage_is_said_once_and_its_end_is) {
  std::atomic<bool> out = true;
  SmallServer server([&](const std::string& request) {
    return out ? reply(503, R"({"code":"unavailable"})") : accepted(request);
  });
  std::string lines;
  for (const char key : {'a', 'b', 'c', 'd'}) {
    lines += fmt::format("{{\"route\":\"POST /chargers\",\"key\":\"{}\"}}\n", key);
  }
  std::string said;
  const auto say = [&](std::string_view what) {
    said.append(what) += '|';
    out = false;
  };
  BOOST_REQUIRE(import_lines(server, lines, "", Duration::seconds(60), say));
  BOOST_TEST(said ==
             "the gateway does not answer (status 503), trying again|the gateway answers again|");
}

BOOST_AUTO_TEST_CASE(its_progress_is_of_lines) {
  const std::string text = progress_text(1, 2, 30, "lines", Duration::seconds(1));
  BOOST_TEST(text.find("50 %, 30 lines/s, 1 s left") != std::string::npos, text);
}

BOOST_AUTO_TEST_CASE(an_answer_is_waited_for_longer_than_the_gateway_waits) {
  std::atomic<bool> gave_up = false;
  SmallServer server([&](const std::string& request) {
    while (!gave_up) std::this_thread::yield();
    return accepted(request);
  });
  const SenderOptions options{.address = server.address(),
                              .token = "t",
                              .import = {},
                              .give_up = Duration::millis(1),
                              .answer_max = Duration::millis(50)};
  RateLimit rate(1000);
  Outage outage([](auto) {});
  const Instant began = wall_clock();
  const auto late = ImportSender(options, rate, outage)
                        .send(*parse_import_line(R"({"route":"POST /chargers","key":"c"})"), "");
  gave_up = true;
  BOOST_REQUIRE(!late);
  BOOST_TEST((late.error().code == Code::unavailable));
  BOOST_TEST((wall_clock() - began < Duration::seconds(30)));

  GatewayConfig gateway;
  BOOST_TEST(answer_max_of(gateway).us == Duration::seconds(45).us);
  gateway.read_wait_ms_max = gateway.wait_ms = 60'000;
  BOOST_TEST(answer_max_of(gateway).us == Duration::seconds(150).us);
}

BOOST_AUTO_TEST_CASE(lines_go_where_the_configuration_has_the_gateway) {
  SmallServer server(accepted);
  TempDir dir;
  const std::string config = (dir / "config.json").string();
  const std::string file = (dir / "lines").string();
  std::ofstream(file) << "{\"route\":\"POST /chargers\",\"key\":\"c\"}\n";
  const auto import_with = [&](const std::string& http, std::vector<std::string> more) {
    std::ofstream(config) << R"({"http":)" << http << "}";
    more.insert(more.end(), {file, "--config", config, "--token", "t"});
    return run("import", declare_import, more);
  };
  const std::string http = R"({"port":)" + server.address().port + "}";
  // It will be needed at the end, hours later perhaps.
  const Ran no_log = import_with(http, {"--var", (dir / "nowhere").string()});
  BOOST_TEST((no_log.exit == Exit::usage));
  BOOST_TEST(no_log.err.find("no deployment is at") != std::string::npos);
  BOOST_TEST(server.requests().empty());
  const Ran ran = import_with(http, {"--no-end"});
  BOOST_TEST((ran.exit == Exit::ok), ran.err);
  BOOST_TEST(server.requests().size() == 1U);
  const Ran any_port = import_with(R"({"port":0})", {"--no-end"});
  BOOST_TEST((any_port.exit == Exit::usage));
  BOOST_TEST(any_port.err.find("--url") != std::string::npos);
  HttpConfig https;
  https.address = "::1";
  https.tls_certificate = "server.pem";
  BOOST_TEST(url_of(https, 8443) == "https://[::1]:8443");
}

BOOST_AUTO_TEST_CASE(addresses_are_http_or_https) {
  BOOST_TEST(HttpAddress::parse("http://localhost")->port == "80");
  BOOST_TEST(HttpAddress::parse("https://localhost")->port == "443");
  BOOST_TEST(HttpAddress::parse("https://localhost:8443")->tls);
  BOOST_TEST(HttpAddress::parse("http://[::1]:8000/")->host == "::1");
  for (const char* bad : {"ftp://x", "x", "http://", "https://x/path", "http://x:"}) {
    BOOST_TEST(!HttpAddress::parse(bad), bad);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace wf::cli::import_test
