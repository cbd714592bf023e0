// Commands whose fields need a key, while every thread that makes keys is busy.
#include <future>

#include "gateway/test_app.h"

namespace wf::gateway::command_sender_test {
namespace {

struct Fixture : test::AppFixture {
  Fixture() {
    ruling = [](const Record&) { return test::Ruling{Kind::event, "login.Registered"}; };
  }
  // The answer to a registration that waited so long for one of the threads.
  Response register_after(Duration wait) {
    std::promise<void> busy;
    const auto freed = busy.get_future().share();
    for (std::int64_t n = 0; n < process.login.threads; ++n) {
      BOOST_REQUIRE(backend->key_pool.submit([freed] { freed.wait(); }));
    }
    const Ticket ticket{++tickets, 0};
    BOOST_REQUIRE(!begin({Method::post,
                          "/auth/register",
                          {{"Idempotency-Key", "r1"}},
                          R"({"identifier":"ravi@example.org","password":"hunter2hunter2",)"
                          R"("name":"Ravi","roles":["renter"]})"},
                         ticket));
    now = now + wait;
    busy.set_value();
    return finish(ticket);
  }
};

BOOST_FIXTURE_TEST_SUITE(command_sender_tests, Fixture)

BOOST_AUTO_TEST_CASE(what_waited_too_long_for_its_key_is_given_up_and_nothing_remains) {
  const Offset keys = *log->end({"keys", 0});
  const Response response = register_after(Duration::millis(process.gateway.wait_ms + 1));
  BOOST_TEST(response.status == 503);
  BOOST_TEST(response.bytes().find(R"("code":"overloaded")") != std::string_view::npos);
  BOOST_TEST(test::has_header(response, "Retry-After: 1"));
  BOOST_TEST(*log->end({"keys", 0}) == keys);
  BOOST_TEST(backend->waiting.empty());
  BOOST_TEST(backend->key_pool.queued() == 0U);
  BOOST_TEST(register_after({}).status == 201);  // the same key, as if for the first time
  BOOST_TEST(seen == std::vector<std::string>{"login.Register"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_waited_for_its_key_no_longer_than_allowed_is_decided) {
  BOOST_TEST(register_after(Duration::millis(process.gateway.wait_ms)).status == 201);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace wf::gateway::command_sender_test
