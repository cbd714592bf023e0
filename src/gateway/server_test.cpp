// The server over real sockets: answers now and later, every bound, TLS and the end.
#include "gateway/server.h"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <condition_variable>
#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "gateway/net.h"
#include "gateway/test_client.h"
#include "gateway/unwritten.h"
#include "support/certificate.h"

namespace wf::gateway::server_test {
using namespace test;

namespace {

// GET answers with what it saw; POST is answered when the test says so.
class Echo final : public Handler {
 public:
  std::optional<Response> handle(const Request& request, Ticket ticket) override {
    if (request.path == "/big") {
      const auto owner = std::make_shared<const std::string>(4'000'000, 'b');
      Response response;
      response.shared = *owner;
      response.owner = owner;
      return response;
    }
    if (request.path == "/own") return unwritten.count(1, text(std::string(8'000'000, 'o')));
    if (request.path == "/later") {
      const std::lock_guard lock(mutex_);
      tickets_.push_back(ticket);
      arrived_.notify_all();
      return std::nullopt;
    }
    if (request.path == "/both") {  // answered at once, but through the ticket
      server->respond(ticket, text("both"));
      return std::nullopt;
    }
    Response response = text(std::string(request.path) + "|" + std::string(request.body));
    response.add("X-Peer", request.peer);
    response.add("X-Tls", request.tls ? "yes" : "no\r\nInjected: 1");
    return response;
  }
  void turn_ended() override { ++turns; }

  static Response text(std::string body) {
    Response response;
    response.content_type = "text/plain";
    response.body = std::move(body);
    return response;
  }
  // Waits until that many wait for their answer, and takes them.
  std::vector<Ticket> take(std::size_t count) {
    std::unique_lock lock(mutex_);
    arrived_.wait_for(lock, std::chrono::seconds(10), [&] { return tickets_.size() >= count; });
    return std::exchange(tickets_, {});
  }

  Server* server = nullptr;
  std::atomic<int> turns{0};
  Unwritten unwritten{17'000'000, 17'000'000};  // two answers of /own

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<Ticket> tickets_;
};

struct Running {
  explicit Running(const Limits& limits = {}, const Listen& listen = {}) {
    auto opened = Server::open(listen, limits, {&handler});
    BOOST_REQUIRE(opened.has_value());
    server = std::move(*opened);
    handler.server = server.get();
    server->start();
  }
  // As another thread does it, after an outcome: one post for all.
  void answer(std::vector<Ticket> tickets) {
    server->post(0, [this, tickets = std::move(tickets)] {
      int n = 0;
      for (const Ticket ticket : tickets) {
        server->respond(ticket, Echo::text("later " + std::to_string(n++)));
      }
    });
  }
  std::uint16_t port() const { return server->port(); }
  // Returns once the io thread has done everything posted before.
  void settle() {
    std::promise<void> done;
    server->post(0, [&done] { done.set_value(); });
    done.get_future().wait();
  }
  bool becomes(const std::function<bool(const Counters&)>& holds) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!holds(server->counters())) {
      if (std::chrono::steady_clock::now() > end) return false;
      settle();
    }
    return true;
  }

  Echo handler;
  std::unique_ptr<Server> server;
};

std::string get(const std::string& path, const std::string& lines = "") {
  return "GET " + path + " HTTP/1.1\r\nHost: t\r\n" + lines + "\r\n";
}
std::string post(const std::string& path, const std::string& body) {
  return "POST " + path + " HTTP/1.1\r\nHost: t\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

void check_problem(const Reply& reply, int status, const std::string& code) {
  BOOST_TEST(reply.status == status);
  BOOST_TEST(reply.has("Content-Type: application/problem+json\r\n"));
  BOOST_TEST(reply.has("Connection: close\r\n"));
  BOOST_TEST(reply.body.find("\"code\":\"" + code + "\"") != std::string::npos);
  BOOST_TEST(reply.body.find("\"type\":\"about:blank\",\"title\":\"") != std::string::npos);
  BOOST_TEST(reply.body.find("\"status\":" + std::to_string(status)) != std::string::npos);
}

Limits hasty() {
  Limits limits;
  limits.tick_ms = 1;
  return limits;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(server_tests)

BOOST_AUTO_TEST_CASE(one_connection_carries_many_requests) {
  Running running;
  Client client(running.port());
  for (int i = 0; i < 100; ++i) {
    const std::string path = "/" + std::to_string(i);
    const Reply reply = client.ask(i % 2 == 0 ? get(path) : post(path, "body"));
    BOOST_REQUIRE(reply.status == 200);
    BOOST_REQUIRE(reply.body == path + (i % 2 == 0 ? "|" : "|body"));
  }
  const Reply reply = client.ask(get("/"));
  BOOST_TEST(reply.has("X-Peer: 127.0.0.1\r\n"));
  BOOST_TEST(reply.has("X-Tls: no  Injected: 1\r\n"));
  BOOST_TEST(reply.has("GMT\r\n"));
  BOOST_TEST(running.server->counters().accepted == 1U);
  BOOST_TEST(running.server->counters().requests == 101U);
}

BOOST_AUTO_TEST_CASE(pipelined_requests_are_answered_in_order) {
  Running running;
  Client client(running.port());
  std::string bytes;
  for (int i = 0; i < 200; ++i) bytes += i % 10 == 9 ? get("/both") : get("/" + std::to_string(i));
  client.send(bytes);
  for (int i = 0; i < 200; ++i) {
    BOOST_REQUIRE(client.receive().body == (i % 10 == 9 ? "both" : "/" + std::to_string(i) + "|"));
  }
}

BOOST_AUTO_TEST_CASE(head_and_close_and_old_clients) {
  Running running;
  Client client(running.port());
  client.send("HEAD /abc HTTP/1.1\r\nHost: t\r\n\r\n");
  const Reply head = client.receive(true);
  BOOST_TEST(head.status == 200);
  BOOST_TEST(head.has("Content-Length: 5\r\n"));
  BOOST_TEST(client.ask(get("/", "Connection: close\r\n")).has("Connection: close\r\n"));
  BOOST_TEST(client.closed());
  Client old(running.port());
  BOOST_TEST(old.ask("GET / HTTP/1.0\r\n\r\n").body == "/|");
  BOOST_TEST(old.closed());
}

BOOST_AUTO_TEST_CASE(a_pinned_body_is_written_from_where_it_lies) {
  Running running;
  Client client(running.port());
  client.send(get("/big") + get("/after"));
  BOOST_TEST((client.receive().body == std::string(4'000'000, 'b')));
  BOOST_TEST(client.receive().body == "/after|");
}

BOOST_AUTO_TEST_CASE(an_answer_may_come_later_from_another_thread) {
  Running running;
  Client a(running.port());
  Client b(running.port());
  a.send(post("/later", "1") + get("/next"));
  std::vector<Ticket> tickets = running.handler.take(1);
  b.send(post("/later", "2"));
  tickets.push_back(running.handler.take(1).at(0));
  running.answer(tickets);
  running.answer(tickets);  // used tickets do nothing
  BOOST_TEST(a.receive().body == "later 0");
  BOOST_TEST(a.receive().body == "/next|");
  BOOST_TEST(b.receive().body == "later 1");
}

BOOST_AUTO_TEST_CASE(a_client_that_left_harms_nobody) {
  Running running;
  std::vector<Ticket> tickets;
  for (int i = 0; i < 20; ++i) {
    Client gone(running.port());
    gone.send(post("/later", ""));
    tickets.push_back(running.handler.take(1).at(0));
  }
  running.answer(tickets);
  BOOST_TEST(running.becomes([](const Counters& c) { return c.open == 0; }));
  running.answer(tickets);
  running.server->post(0, [&running] { running.server->respond({12345, 0}, {}); });
  Client client(running.port());
  BOOST_TEST(client.ask(get("/still")).body == "/still|");
}

BOOST_AUTO_TEST_CASE(a_turn_ends_once_for_all_its_requests) {
  Running running;
  Client client(running.port());
  std::string bytes;
  for (int i = 0; i < 10; ++i) bytes += get("/");
  client.send(bytes);
  for (int i = 0; i < 10; ++i) BOOST_REQUIRE(client.receive().status == 200);
  running.settle();  // the turn's end is queued behind this at the worst
  running.settle();
  BOOST_TEST(running.handler.turns >= 1);
  BOOST_TEST(running.handler.turns <= 10);
}

BOOST_AUTO_TEST_CASE(what_the_parser_refuses_is_a_problem_and_the_end) {
  Limits limits;
  limits.body_bytes_max = 1000;
  limits.header_bytes_max = 1000;
  Running running(limits);
  struct Case {
    std::string bytes;
    int status;
    std::string code;
  };
  const std::vector<Case> cases{
      {"nonsense\r\n\r\n", 400, "bad_request"},
      {"BREW / HTTP/1.1\r\nHost: t\r\n\r\n", 501, "not_implemented"},
      {get("/", "X: " + std::string(2000, 'x') + "\r\n"), 431, "headers_too_large"},
      {post("/", std::string(100'000, 'x')), 413, "body_too_large"},
      {get("/", "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"), 400, "bad_request"},
  };
  for (const Case& c : cases) {
    Client client(running.port());
    BOOST_TEST(client.ask(get("/ok")).status == 200);
    check_problem(client.ask(c.bytes + get("/never")), c.status, c.code);
    BOOST_TEST(client.closed());
  }
  BOOST_TEST(running.server->counters().requests == cases.size());
  BOOST_TEST(running.server->counters().refused == cases.size());
}

BOOST_AUTO_TEST_CASE(bodies_come_in_chunks_and_after_100_continue) {
  Running running;
  Client client(running.port());
  client.send("POST /c HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  BOOST_TEST(client.ask("2\r\nde\r\n0\r\n\r\n").body == "/c|abcde");
  const std::string expecting =
      "POST /e HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n";
  BOOST_TEST(client.ask(expecting).status == 100);
  BOOST_TEST(client.ask("xyz").body == "/e|xyz");
}

BOOST_AUTO_TEST_CASE(slow_clients_are_told_and_closed) {
  Limits limits = hasty();
  limits.header_ms_max = limits.body_ms_max = limits.idle_ms_max = 20;
  Running running(limits);
  Client head(running.port());
  check_problem(head.ask("GET / HT"), 408, "timeout");
  BOOST_TEST(head.closed());
  Client body(running.port());
  check_problem(
      body.ask("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nab"), 408, "timeout");
  BOOST_TEST(body.closed());
  Client idle(running.port());
  BOOST_TEST(idle.closed());
  BOOST_TEST(running.becomes([](const Counters& c) { return c.open == 0 && c.timed_out >= 3; }));
}

BOOST_AUTO_TEST_CASE(clients_that_do_not_read_are_closed) {
  Limits limits = hasty();
  limits.write_ms_max = 5;  // many deadlines fall between two steps of a write
  Running running(limits);
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 12; ++i) {
    clients.push_back(std::make_unique<Client>(running.port()));
    clients.back()->shrink_receive_buffer();
    for (int n = 0; n < 4; ++n) clients.back()->send(get("/big"));
  }
  BOOST_TEST(running.becomes([](const Counters& c) { return c.accepted == 12 && c.open == 0; }));
  BOOST_TEST(running.server->counters().timed_out >= 12U);
}

BOOST_AUTO_TEST_CASE(unread_answers_have_a_bound_over_all_connections) {
  Running running;
  std::vector<std::unique_ptr<Client>> unread;
  for (int i = 0; i < 2; ++i) {
    unread.push_back(std::make_unique<Client>(running.port()));
    unread.back()->send(get("/own"));
  }
  BOOST_TEST(running.becomes([](const Counters& c) { return c.requests == 2; }));
  Client client(running.port());
  const Reply told = client.ask(get("/own"));
  BOOST_TEST(told.status == 503);
  BOOST_TEST(told.has("Retry-After: 1\r\n"));
  BOOST_TEST(told.body.find("\"code\":\"overloaded\"") != std::string::npos);
  BOOST_TEST(client.ask(get("/small")).status == 200);
  BOOST_TEST(client.ask(get("/big")).status == 200);  // nobody's own memory
  client.send(post("/later", ""));
  const Ticket ticket = running.handler.take(1).at(0);
  running.server->post(0, [&] {
    running.server->respond(
        ticket, running.handler.unwritten.count(1, Echo::text(std::string(8'000'000, 'l'))));
  });
  BOOST_TEST(client.receive().status == 503);
  BOOST_TEST(unread[0]->receive().body.size() == 8'000'000U);
  BOOST_TEST(client.ask(get("/own")).status == 200);
  unread.clear();  // unread to the end
  BOOST_TEST(running.becomes([](const Counters& c) { return c.open == 1; }));
  for (int i = 0; i < 3; ++i) BOOST_TEST(client.ask(get("/own")).status == 200);
}

BOOST_AUTO_TEST_CASE(too_many_connections_are_told_so) {
  for (const bool per_ip : {false, true}) {
    Limits limits;
    (per_ip ? limits.connections_per_ip_max : limits.connections_max) = 2;
    Running running(limits);
    auto first = std::make_unique<Client>(running.port());
    Client second(running.port());
    BOOST_TEST(first->ask(get("/")).status == 200);
    BOOST_TEST(second.ask(get("/")).status == 200);
    Client third(running.port());
    const Reply told = third.receive();
    check_problem(told, 503, "too_many_connections");
    BOOST_TEST(told.has("Retry-After: 1\r\n"));
    BOOST_TEST(third.closed());
    first.reset();
    BOOST_TEST(running.becomes([](const Counters& c) { return c.open == 1; }));
    Client fourth(running.port());
    BOOST_TEST(fourth.ask(get("/")).status == 200);
    BOOST_TEST(running.server->counters().turned_away == 1U);
  }
}

BOOST_AUTO_TEST_CASE(of_ipv6_a_client_is_its_first_64_bits) {
  const auto of = [](const char* text) { return client_address(asio::ip::make_address(text)); };
  BOOST_TEST(of("2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::/64");
  BOOST_TEST(of("2001:db8:1:2::1") == of("2001:db8:1:2:ffff::1"));
  BOOST_TEST(of("2001:db8:1:3::1") != of("2001:db8:1:2::1"));
  BOOST_TEST(of("::ffff:192.0.2.7") == "192.0.2.7");
  BOOST_TEST(of("192.0.2.7") == "192.0.2.7");
}

BOOST_AUTO_TEST_CASE(tls_serves_the_same) {
  const wf::test::Certificate certificate;
  Listen listen;
  listen.certificate_file = certificate.certificate_file();
  listen.key_file = certificate.key_file();
  Running running({}, listen);
  Client client(running.port(), true);
  const Reply reply = client.ask(post("/secret", "s"));
  BOOST_TEST(reply.body == "/secret|s");
  BOOST_TEST(reply.has("X-Tls: yes\r\n"));
  client.send(get("/big") + post("/later", ""));
  BOOST_TEST((client.receive().body == std::string(4'000'000, 'b')));
  running.answer(running.handler.take(1));
  BOOST_TEST(client.receive().body == "later 0");
  check_problem(client.ask("nonsense\r\n\r\n"), 400, "bad_request");
  BOOST_TEST(client.closed());
  Client plain(running.port());
  plain.send(get("/"));
  BOOST_TEST(plain.receive().status == 0);
}

BOOST_AUTO_TEST_CASE(nobody_is_asked_for_the_pass_phrase_of_a_key) {
  const wf::test::Certificate certificate("a pass phrase");
  Listen listen;
  listen.certificate_file = certificate.certificate_file();
  listen.key_file = certificate.key_file();
  Echo handler;
  const auto server = Server::open(listen, {}, {&handler});
  BOOST_REQUIRE(!server.has_value());
  BOOST_TEST((server.error().code == Code::invalid));
  BOOST_TEST(server.error().detail.find("http.tls_key: ") == 0u, server.error().detail);
  BOOST_TEST(server.error().detail.find("encrypted") != std::string::npos, server.error().detail);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_opened_says_why) {
  Echo handler;
  const auto code = [&handler](const Listen& listen) {
    const auto server = Server::open(listen, {}, {&handler});
    BOOST_REQUIRE(!server.has_value());
    return server.error().code;
  };
  Listen listen;
  listen.address = "localhost";
  BOOST_TEST((code(listen) == Code::invalid));
  listen.address = "127.0.0.1";
  listen.certificate_file = "/nowhere/certificate.pem";
  BOOST_TEST((code(listen) == Code::invalid));
  Running running;
  Listen taken;
  taken.port = running.port();
  BOOST_TEST((code(taken) == Code::unavailable));
}

BOOST_AUTO_TEST_CASE(a_stop_lets_requests_in_flight_finish) {
  Running running;
  Client idle(running.port());
  BOOST_TEST(idle.ask(get("/")).status == 200);
  Client waiting(running.port());
  waiting.send(post("/later", ""));
  const std::vector<Ticket> tickets = running.handler.take(1);
  std::future<void> stopped =
      std::async(std::launch::async, [&running] { running.server->stop(Duration::seconds(60)); });
  BOOST_TEST(idle.closed());
  running.answer(tickets);
  const Reply reply = waiting.receive();
  BOOST_TEST(reply.body == "later 0");
  BOOST_TEST(reply.has("Connection: close\r\n"));
  BOOST_TEST(waiting.closed());
  stopped.get();
  running.answer(tickets);  // too late for anything, and harmless
}

BOOST_AUTO_TEST_CASE(a_stop_does_not_wait_for_ever) {
  Running running;
  Client waiting(running.port());
  waiting.send(post("/later", ""));
  running.handler.take(1);
  running.server->stop(Duration::millis(10));
  BOOST_TEST(waiting.receive().status == 0);
  BOOST_TEST(running.server->counters().open == 0U);
}

BOOST_AUTO_TEST_CASE(connections_go_to_the_io_threads_by_turns) {
  Echo handlers[2];
  auto opened = Server::open({}, {}, {&handlers[0], &handlers[1]});
  BOOST_REQUIRE(opened.has_value());
  const std::unique_ptr<Server> server = std::move(*opened);
  server->start();
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(std::make_unique<Client>(server->port()));
    BOOST_TEST(clients.back()->ask(get("/now")).body == "/now|");
    clients.back()->send(get("/later"));
  }
  for (std::uint32_t io = 0; io < 2; ++io) {
    const std::vector<Ticket> tickets = handlers[io].take(2);
    BOOST_REQUIRE(tickets.size() == 2U);
    for (const Ticket ticket : tickets) BOOST_TEST(ticket.io == io);
    server->post(io, [&server, tickets] {
      for (const Ticket ticket : tickets) server->respond(ticket, Echo::text("later"));
    });
  }
  for (const auto& client : clients) BOOST_TEST(client->receive().body == "later");
  BOOST_TEST(server->counters().requests == 8U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::gateway::server_test
