// Server-sent events over real sockets: what is sent, how it ends, and who is cut.
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <future>
#include <string>
#include <thread>

#include "gateway/test_hub.h"

namespace wf::gateway::server_sent_events_test {
using namespace test;

namespace {

const std::string head_begin = "HTTP/1.1 200 OK\r\n";

std::string get(const std::string& path) {
  return "GET " + path + " HTTP/1.1\r\nHost: t\r\nAccept: text/event-stream\r\n\r\n";
}

// The head of the answer, which the hub has begun then.
std::string join(Running& running, Client& client, int members = 1) {
  client.send(get("/ws"));
  std::string head;
  while (!head.ends_with("\r\n\r\n")) {
    const std::string byte = client.receive_bytes(1);
    BOOST_REQUIRE(!byte.empty());
    head += byte;
  }
  BOOST_REQUIRE(running.becomes([&] { return running.hub.open == members; }));
  return head;
}

bool receives(Client& client, const std::string& bytes) {
  return client.receive_bytes(bytes.size()) == bytes;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(server_sent_events_tests)

BOOST_AUTO_TEST_CASE(each_message_is_an_event_with_its_sequence) {
  const wf::test::Certificate certificate;
  for (const bool tls : {false, true}) {
    Running running({}, listen_at(certificate, tls));
    Client one(running.server->port(), tls);
    Client other(running.server->port(), tls);
    const std::string head = join(running, one, 1);
    join(running, other, 2);
    BOOST_TEST(head.starts_with(head_begin));
    BOOST_TEST(head.find("Content-Type: text/event-stream\r\n") != head.npos);
    BOOST_TEST(head.find("Connection: close\r\n") != head.npos);
    BOOST_TEST(head.find("Content-Length") == head.npos);
    const std::string large(200'000, 'x');
    running.broadcast("first", 7);
    running.broadcast(large, 8);
    running.broadcast("last", 9);
    for (Client* const client : {&one, &other}) {
      BOOST_TEST(receives(*client, "id: 7\ndata: first\n\n"));
      BOOST_TEST(receives(*client, "id: 8\ndata: " + large + "\n\n"));
      BOOST_TEST(receives(*client, "id: 9\ndata: last\n\n"));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_refusal_is_an_answer_and_the_connection_goes_on) {
  Running running;
  Client client(running.server->port());
  BOOST_TEST(client.ask(get("/other")).status == 403);
  BOOST_TEST(client.ask(get("/other")).status == 403);
  join(running, client);
}

BOOST_AUTO_TEST_CASE(a_client_that_leaves_or_talks_is_let_go) {
  Running running;
  {
    Client client(running.server->port());
    join(running, client);
  }
  BOOST_TEST(running.becomes([&] { return running.hub.open == 0; }));
  Client client(running.server->port());
  join(running, client);
  client.send(get("/ws"));
  BOOST_TEST(client.closed());
  BOOST_TEST(running.becomes([&] { return running.hub.open == 0; }));
}

BOOST_AUTO_TEST_CASE(silence_is_broken_by_comments) {
  Limits limits;
  limits.ping_ms = 20;
  limits.tick_ms = 1;
  Running running(limits);
  Client client(running.server->port());
  join(running, client);
  for (int i = 0; i < 3; ++i) BOOST_TEST(receives(client, ":\n\n"));
  running.broadcast("after", 1);
  std::string next = client.receive_bytes(3);
  while (next == ":\n\n") next = client.receive_bytes(3);
  BOOST_TEST(next + client.receive_bytes(14) == "id: 1\ndata: after");
}

BOOST_AUTO_TEST_CASE(a_slow_consumer_is_cut_and_others_are_not) {
  Running running(impatient());
  Client slow(running.server->port());
  slow.shrink_receive_buffer();
  join(running, slow, 1);
  Client keen(running.server->port());
  join(running, keen, 2);
  const std::string text(1'000'000, 'x');
  for (int i = 0; i < 60; ++i) {
    running.broadcast(text, 1);
    BOOST_REQUIRE(receives(keen, "id: 1\ndata: " + text + "\n\n"));
  }
  BOOST_TEST(running.becomes([&] { return running.hub.open == 1; }));
  BOOST_TEST(running.hub.last_code == 1013);
}

BOOST_AUTO_TEST_CASE(who_reads_nothing_is_cut) {
  Limits limits;
  limits.tick_ms = 1;
  limits.ping_ms = 20;
  limits.queued_bytes_max = 100'000'000;
  Running running(limits);
  Client stopped(running.server->port());
  stopped.shrink_receive_buffer();
  join(running, stopped);
  running.broadcast(std::string(50'000'000, 'x'));
  BOOST_TEST(running.becomes([&] { return running.hub.open == 0; }));
  BOOST_TEST(running.hub.last_code == 1006);
}

BOOST_AUTO_TEST_CASE(a_stop_ends_it_after_what_is_being_written) {
  const wf::test::Certificate certificate;
  for (const bool tls : {false, true}) {
    Running running({}, listen_at(certificate, tls));
    Client client(running.server->port(), tls);
    join(running, client);
    running.broadcast(std::string(900'000, 'x'), 1);
    auto stopped =
        std::async(std::launch::async, [&running] { running.server->stop(Duration::seconds(60)); });
    BOOST_TEST(receives(client, "id: 1\ndata: " + std::string(900'000, 'x') + "\n\n"));
    BOOST_TEST(client.receive_bytes(1).empty());
    stopped.get();
    BOOST_TEST(running.hub.open == 0);
    BOOST_TEST(running.hub.last_code == 1001);
  }
}

BOOST_AUTO_TEST_CASE(one_that_is_opened_during_a_stop_is_ended_too) {
  Hub hub, other;
  auto opened = Server::open({}, {}, {&hub, &other});
  BOOST_REQUIRE(opened.has_value());
  Server& server = **opened;
  std::future<void> stopped;
  hub.asked = [&] {
    stopped = std::async(std::launch::async, [&] { server.stop(Duration::seconds(60)); });
    // It is posted here before it ends the idle one over there.
    while (server.counters().open != 1) std::this_thread::yield();
  };
  server.start();
  Client client(server.port());
  Client idle(server.port());
  BOOST_TEST(idle.ask("GET / HTTP/1.1\r\nHost: t\r\n\r\n").status == 200);
  client.send(get("/ws"));
  BOOST_TEST(client.closed());
  stopped.get();
  BOOST_TEST(hub.last_code == 1001);
}

BOOST_AUTO_TEST_CASE(one_that_is_closed_as_it_opens_ends_at_once) {
  const wf::test::Certificate certificate;
  Limits limits;
  limits.queued_bytes_max = 10;
  limits.websocket_close_ms_max = 60'000;
  for (const bool tls : {false, true}) {
    for (const bool after_another : {false, true}) {
      Running running(limits, listen_at(certificate, tls));
      running.server->post(0, [&] {
        running.hub.opened = [after_another](WebSocket& socket) {
          if (after_another) socket.send(std::make_shared<const Message>("small", 1));
          socket.send(std::make_shared<const Message>("larger than 10"));
        };
      });
      Client client(running.server->port(), tls);
      client.send(get("/ws"));
      BOOST_TEST(running.becomes([&] { return running.hub.last_code == 1013; }));
      BOOST_TEST(client.closed());
    }
  }
}

BOOST_AUTO_TEST_CASE(refusals_are_not_gathered_beyond_their_bound) {
  Limits limits;
  limits.pipelined_max = 1;
  Running running(limits);
  std::promise<void> first_came;
  std::atomic<int> asked{0};
  std::atomic<bool> in_time{true};
  running.server->post(0, [&] {
    running.hub.asked = [&] {
      if (++asked != 2) return;
      in_time =
          first_came.get_future().wait_for(std::chrono::seconds(10)) == std::future_status::ready;
    };
  });
  Client client(running.server->port());
  client.send(get("/other") + get("/other"));
  BOOST_TEST(client.receive().status == 403);
  first_came.set_value();
  BOOST_TEST(client.receive().status == 403);
  BOOST_TEST(in_time);
}

BOOST_AUTO_TEST_CASE(a_client_that_vanished_is_cut) {
  Limits limits;
  limits.tick_ms = 1;
  limits.ping_ms = 100;
  Running running(limits);
  Client client(running.server->port());
  join(running, client);
  client.vanish();
  BOOST_TEST(running.becomes([&] { return running.hub.open == 0; }));
  BOOST_TEST(running.hub.last_code == 1006);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::gateway::server_sent_events_test
