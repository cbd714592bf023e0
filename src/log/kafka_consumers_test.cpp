// Who sits where; no broker is asked.
#include "log/kafka_consumers.h"

#include <boost/test/unit_test.hpp>
#include <list>

namespace wf::kafka::kafka_consumers_test {
namespace {

struct Fixture {
  std::shared_ptr<Client> take_and_keep(const Slot& slot) {
    auto seat = consumers.take(slot);
    BOOST_REQUIRE(seat.has_value());
    seats.push_back(std::move(*seat));
    return seats.back().client();
  }

  KafkaLogOptions options;  // no broker is looked for
  Consumers consumers{options};
  std::list<Seat> seats;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(kafka_consumers_tests, Fixture)

BOOST_AUTO_TEST_CASE(different_slots_share_a_consumer) {
  const auto first = take_and_keep({"events.a", 0});
  BOOST_TEST(take_and_keep({"events.a", 1}) == first);
  BOOST_TEST(take_and_keep({"events.b", 0}) == first);
}

BOOST_AUTO_TEST_CASE(two_readers_of_a_slot_do_not) {
  const auto first = take_and_keep({"events.a", 0});
  const auto second = take_and_keep({"events.a", 0});
  BOOST_TEST(second != first);
  BOOST_TEST(take_and_keep({"events.a", 1}) == first);
  BOOST_TEST(take_and_keep({"events.a", 1}) == second);
}

BOOST_AUTO_TEST_CASE(a_seat_is_free_again_once_it_is_left) {
  const auto first = take_and_keep({"events.a", 0});
  take_and_keep({"events.a", 1});
  seats.pop_front();
  BOOST_TEST(take_and_keep({"events.a", 0}) == first);
}

BOOST_AUTO_TEST_CASE(a_consumer_ends_with_its_last_seat) {
  const std::weak_ptr<Client> first = take_and_keep({"events.a", 0});
  seats.clear();
  BOOST_TEST(first.expired());
  take_and_keep({"events.a", 0});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::kafka::kafka_consumers_test
