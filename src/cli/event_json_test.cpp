// What replay prints of a record, and what it keeps to itself.
#include "cli/event_json.h"

#include <boost/test/unit_test.hpp>

namespace wf::cli::event_json_test {
namespace {

std::string line_at(Instant at) {
  Record record;
  record.kind = Kind::event;
  record.type = "booking.Reserved";
  record.at = at;
  std::string out;
  append_event_json(out, {"events.bookings", 0}, record, Accepted::not_asked);
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(event_json_tests)

BOOST_AUTO_TEST_CASE(times_sort_as_texts) {
  const Instant second = *Instant::parse("2026-11-21T09:00:00Z");
  const auto has = [](const std::string& line, std::string_view time) {
    return line.find(time) != std::string::npos;
  };
  BOOST_TEST(has(line_at(second), R"("time":"2026-11-21T09:00:00.000000Z")"));
  BOOST_TEST(has(line_at({second.us + 5}), R"("time":"2026-11-21T09:00:00.000005Z")"));
  BOOST_TEST(has(line_at({second.us + 500'000}), R"("time":"2026-11-21T09:00:00.500000Z")"));
}

BOOST_AUTO_TEST_CASE(hashes_of_passwords_are_null) {
  std::string out;
  append_without_hashes(out, R"({"a":"$argon2id$v=19$m=8","b":"x $argon2id$","c":"$argon2id$2"})");
  BOOST_TEST(out == R"({"a":null,"b":"x $argon2id$","c":null})");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::cli::event_json_test
