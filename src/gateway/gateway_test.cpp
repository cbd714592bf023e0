// The app behind real sockets and several io threads: requests each way, and a clean end.
#include "gateway/gateway.h"

#include <atomic>
#include <deque>
#include <thread>

#include "gateway/test_app.h"
#include "gateway/test_client.h"

namespace wf::gateway::gateway_test {
namespace {

struct Fixture {
  Fixture() {
    RocksLogOptions options;
    options.path = "/log";
    options.topics = {{"keys", 1, true}};
    for (const std::string_view family : catalogue().families) {
      options.topics.push_back({"commands." + std::string(family), 1});
      options.topics.push_back({"events." + std::string(family), 1});
    }
    options.disk = &disk;
    log = std::move(*open_rocks_log(std::move(options)));
    process.http.port = 0;
    process.http.threads = io_threads;
    process.gateway.read_wait_ms_max = 60'000;
    process.rate.per_ip_burst = process.rate.per_principal_burst = 1'000'000;
    chargers = std::make_unique<test::HandTable>(*catalogue().table("chargers"));
    chargers->set(charger, R"({"revision":1})");
    auto opened = Gateway::open({.log = *log,
                                 .catalogue = catalogue(),
                                 .tables = {{"chargers", chargers.get()}},
                                 .secrets = secrets,
                                 .process = process,
                                 .platform = platform});
    BOOST_REQUIRE(opened);
    gateway = std::move(*opened);
    BOOST_REQUIRE(gateway->start());
  }

  std::string bearer() const {
    return "Authorization: Bearer " +
           gateway->tokens().sign({{AccountId{charger}, 0xFFU, {}},
                                   wall_clock(),
                                   wall_clock() + Duration::minutes(5)}) +
           "\r\n";
  }
  std::string get_charger() const {
    return "GET /chargers/" + charger.text() + " HTTP/1.1\r\nHost: x\r\n\r\n";
  }
  static std::string upgrade(const Uuid& to,
                             const std::string& query = "",
                             const std::string& headers = "") {
    return "GET /ws/chargers/" + to.text() + query +
           " HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
           "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
           headers + "\r\n";
  }
  std::string suspend(const std::string& headers) const {
    const std::string body = R"({"reason":"test"})";
    return "POST /accounts/" + charger.text() + "/suspend HTTP/1.1\r\nHost: x\r\n" + bearer() +
           headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }

  void until_so_many_wait(int number) const {
    const std::string wanted = "wayfold_reads_parked " + std::to_string(number) + "\n";
    test::Client observer(gateway->port());
    const auto metrics = [&] {
      return observer.ask("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").body;
    };
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (metrics().find(wanted) == std::string::npos) {
      BOOST_REQUIRE(std::chrono::steady_clock::now() < end);
      std::this_thread::yield();
    }
  }
  void ask_for_what_is_not_folded(test::Client& client) const {
    chargers->reach({{"events.chargers", 0, 1}});
    const std::string position = encode_position(log->id(), {{"events.chargers", 0, 5}});
    client.send(upgrade(charger, "?position=" + position));
    until_so_many_wait(1);
  }

  static constexpr std::int64_t io_threads = 3;
  MemoryDisk disk;
  std::unique_ptr<Log> log;
  Secrets secrets{random_secrets()};
  ProcessConfig process;
  PlatformConfig platform;
  const Uuid charger = Uuid::v5({}, "charger");
  std::unique_ptr<test::HandTable> chargers;
  std::unique_ptr<Gateway> gateway;
};

BOOST_FIXTURE_TEST_SUITE(gateway_tests, Fixture)

BOOST_AUTO_TEST_CASE(a_row_over_a_socket) {
  test::Client client(gateway->port());
  const test::Reply reply = client.ask(get_charger());
  BOOST_TEST(reply.status == 200);
  BOOST_TEST(reply.body == R"({"revision":1})");
  BOOST_TEST(reply.has("ETag: \"1-"));
}

BOOST_AUTO_TEST_CASE(a_command_that_nobody_decides_is_pending_and_on_the_log) {
  test::Client client(gateway->port());
  const test::Reply reply = client.ask(suspend("Prefer: wait=0\r\n"));
  BOOST_TEST(reply.status == 202);
  BOOST_TEST(reply.has("Location: /commands/"));
  BOOST_TEST(*log->end({"commands.accounts", 0}) == 1);
}

// More connections than io threads, each with one request after another: reads, commands of its
// own, and one command that all of them send.
BOOST_AUTO_TEST_CASE(io_threads_serve_together) {
  constexpr int rounds = 20;
  constexpr int connections = 7;
  test::HandDecider decider(*log);
  std::deque<test::Client> clients;
  for (int i = 0; i < connections; ++i) clients.emplace_back(gateway->port());
  std::atomic<int> wrong = 0;
  std::atomic<int> left = connections;
  std::vector<std::thread> threads;
  for (test::Client& client : clients) {
    threads.emplace_back([&] {
      for (int round = 0; round < rounds; ++round) {
        const std::string key = "Idempotency-Key: " + std::to_string(round) + "\r\n";
        for (const std::string& ask : {get_charger(), suspend(""), suspend(key)}) {
          if (client.ask(ask).status != 200) ++wrong;
        }
      }
      --left;
    });
  }
  while (left != 0) {
    decider.decide([](const Record&) { return test::Ruling{}; });
    gateway->rows_changed(chargers->type().info(), {});
  }
  for (std::thread& thread : threads) thread.join();
  BOOST_TEST(wrong == 0);
  const test::Reply metrics = clients.front().ask("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  const std::string count = R"(route="/chargers/{id}",status="200"} )";
  BOOST_TEST(metrics.body.find(count + std::to_string(rounds * connections) + "\n") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_change_reaches_the_channels_of_every_io_thread) {
  const auto message = [](int n) {
    const std::string text =
        R"({"sequence":)" + std::to_string(n) + R"(,"row":{"revision":)" + std::to_string(n) + "}}";
    return std::string("\x81") + static_cast<char>(text.size()) + text;
  };
  std::deque<test::Client> clients;
  for (std::int64_t i = 0; i < 2 * io_threads; ++i) {
    test::Client& client = clients.emplace_back(gateway->port());
    client.send(upgrade(charger));
    std::string head;
    while (!head.ends_with("\r\n\r\n")) {
      const std::string byte = client.receive_bytes(1);
      BOOST_REQUIRE(!byte.empty());
      head += byte;
    }
    BOOST_TEST(client.receive_bytes(message(1).size()) == message(1));
  }
  chargers->set(charger, R"({"revision":2})", 2);
  gateway->rows_changed(chargers->type().info(), {});
  for (test::Client& client : clients) {
    BOOST_TEST(client.receive_bytes(message(2).size()) == message(2));
  }
}

// As right after POST /chargers, where the charger is not folded yet.
BOOST_AUTO_TEST_CASE(a_channel_waits_for_what_its_client_has_seen) {
  const Uuid fresh = Uuid::v5({}, "fresh");
  const std::string position = encode_position(log->id(), {{"events.chargers", 0, 5}});
  chargers->reach({{"events.chargers", 0, 1}});
  test::Client by_header(gateway->port());
  by_header.send(upgrade(fresh, "", "Wayfold-Position: " + position + "\r\n"));
  test::Client by_query(gateway->port());  // as browsers do
  by_query.send(upgrade(fresh, "?since=0&position=" + position));
  until_so_many_wait(2);
  chargers->set(fresh, R"({"revision":1})");
  chargers->reach({{"events.chargers", 0, 5}});
  gateway->rows_changed(chargers->type().info(), {});
  BOOST_TEST(by_header.receive_bytes(12) == "HTTP/1.1 101");
  BOOST_TEST(by_query.receive_bytes(12) == "HTTP/1.1 101");
}

BOOST_AUTO_TEST_CASE(it_stops_with_requests_in_flight) {
  test::Client client(gateway->port());
  client.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
  gateway->stop(Duration::seconds(5));
  gateway.reset();
}

BOOST_AUTO_TEST_CASE(it_stops_with_a_channel_that_waits) {
  test::Client client(gateway->port());
  ask_for_what_is_not_folded(client);
  gateway->stop(Duration::millis(100));
  BOOST_TEST(client.closed());
}

BOOST_AUTO_TEST_CASE(a_channel_that_waited_is_not_opened_while_it_stops) {
  test::Client client(gateway->port());
  ask_for_what_is_not_folded(client);
  std::deque<test::Client> idle;  // of every io thread
  for (std::int64_t i = 0; i < 2 * io_threads; ++i) {
    idle.emplace_back(gateway->port()).ask("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  std::thread stopping([this] { gateway->stop(Duration::seconds(60)); });
  for (test::Client& one : idle) BOOST_TEST(one.closed());
  chargers->reach({{"events.chargers", 0, 5}});
  BOOST_TEST(client.receive_bytes(12) == "HTTP/1.1 503");
  BOOST_TEST(client.closed());
  stopping.join();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace wf::gateway::gateway_test
