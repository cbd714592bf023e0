// Three replicas of a table, each folded so far: which of them a read with a position may reach.
#include <boost/test/unit_test.hpp>
#include <optional>

#include "support/served_tables.h"

namespace wf::sample::replicas_test {
namespace {

const Uuid log_id = uuid_of(42);

// Its rows say where the replica that answers stands.
struct Fixture {
  static constexpr std::size_t replicas = 3;

  Fixture() {
    for (std::size_t i = 0; i < replicas; ++i) start(i);
    const TableType* const known = &type;
    std::vector<TableNode> nodes;
    for (std::size_t i = 0; i < replicas; ++i) nodes.push_back({at(i), {"bookings"}});
    auto made = RemoteTables::open(
        nodes,
        {&known, 1},
        {.log_id = log_id, .silence_max = Duration::millis(50), .retry = Duration::millis(1)});
    BOOST_REQUIRE(made);
    tables = std::move(*made);
    tables->start();
  }
  std::string at(std::size_t replica) const {
    return "unix:" + (dir / std::to_string(replica)).string();
  }
  void start(std::size_t replica) {
    servers[replica] =
        serve(views[replica],
              {.address = at(replica), .log_id = log_id, .heartbeat = Duration::millis(10)});
  }
  void fold_to(std::size_t replica, std::int64_t offset) {
    views[replica].set(offset);
    if (servers[replica]) servers[replica]->moved();
  }
  bool reaches(std::int64_t offset, Duration within = patience) const {
    return tables->wait_for("bookings", {{"events.bookings", 0, offset}}, within);
  }
  // Where the replica stood that answered; nothing: none did.
  std::optional<std::int64_t> read() const {
    const auto row = tables->table("bookings")->get("k");
    return row ? std::optional(std::stoll(row->json)) : std::nullopt;
  }

  TempDir dir;
  Bookings type;
  HandMade views[replicas] = {HandMade{type}, HandMade{type}, HandMade{type}};
  std::unique_ptr<TableServer> servers[replicas];
  std::unique_ptr<RemoteTables> tables;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(replicas_tests, Fixture)

BOOST_AUTO_TEST_CASE(a_position_is_read_where_it_was_reached_and_nowhere_else) {
  fold_to(0, 10);
  fold_to(1, 20);
  fold_to(2, 30);
  BOOST_REQUIRE(reaches(30));
  BOOST_TEST(read().value() == 30);
  BOOST_TEST(!reaches(31, Duration::millis(20)));
  servers[2].reset();
  while (const auto answered = read()) BOOST_REQUIRE(*answered == 30);
  BOOST_TEST(!reaches(30, Duration::millis(20)));
  fold_to(1, 29);
  fold_to(0, 31);
  BOOST_REQUIRE(reaches(30));
  for (int n = 0; n < 100; ++n) BOOST_TEST(read().value() == 31);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::sample::replicas_test
