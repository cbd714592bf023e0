// WebSockets over real sockets, spoken by hand: handshake, echo, broadcast, bounds, and both ends
// of the end.
#include "gateway/websocket.h"

#include <boost/test/unit_test.hpp>
#include <future>
#include <string>

#include "gateway/test_hub.h"
#include "support/certificate.h"

namespace wf::gateway::websocket_test {
using namespace test;

namespace {

constexpr int text_frame = 1, binary_frame = 2, close_frame = 8, ping_frame = 9, pong_frame = 10;

std::string handshake(const std::string& path, const std::string& lines = "") {
  return "GET " + path +
         " HTTP/1.1\r\nHost: t\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
         "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
         lines + "\r\n";
}

// A client's frame, masked with zeros (which the protocol allows).
std::string frame(int opcode, const std::string& data) {
  std::string out(1, static_cast<char>(0x80 | opcode));
  if (data.size() < 126) {
    out.push_back(static_cast<char>(0x80 | data.size()));
  } else {
    out.push_back(static_cast<char>(0x80 | 126));
    out.push_back(static_cast<char>(data.size() >> 8));
    out.push_back(static_cast<char>(data.size() & 0xff));
  }
  return out + std::string(4, '\0') + data;
}

struct Frame {
  int opcode = 0;
  std::string data;
  int code() const {  // of a close frame
    return data.size() < 2
               ? 0
               : static_cast<unsigned char>(data[0]) * 256 + static_cast<unsigned char>(data[1]);
  }
};

Frame read_frame(Client& client) {
  const std::string head = client.receive_bytes(2);
  if (head.size() < 2) return {};
  std::size_t size = static_cast<unsigned char>(head[1]);
  if (size >= 126) {
    const std::string length = client.receive_bytes(size == 126 ? 2 : 8);
    size = 0;
    for (const char byte : length) size = size * 256 + static_cast<unsigned char>(byte);
  }
  return {head[0] & 0x0f, client.receive_bytes(size)};
}

// Unlike any other of these, from its first byte to its last.
std::string message(std::size_t number, std::size_t size) {
  std::string text(size, ' ');
  for (std::size_t i = 0; i < size; ++i) {
    text[i] = static_cast<char>('a' + (i + i / 25 + number) % 26);
  }
  return text;
}

// Upgraded, and heard of by the hub.
std::unique_ptr<Client> join(Running& running, bool tls = false) {
  auto client = std::make_unique<Client>(running.server->port(), tls);
  BOOST_REQUIRE(client->ask(handshake("/ws")).status == 101);
  BOOST_REQUIRE(running.becomes([&] { return running.hub.open == 1; }));
  return client;
}

// More than the sockets of a connection hold: who does not read stops such a frame in the middle.
constexpr std::size_t stopping = 24'000'000;

Limits patient() {
  Limits limits;
  limits.queued_bytes_max = 20 * stopping;
  limits.websocket_close_ms_max = 60'000;
  limits.ping_ms = 600'000;  // no ping comes between
  return limits;
}

// What the client is answered to these bytes, when that is a close frame; its code.
int closed_with(Running& running, const std::string& bytes) {
  Client client(running.server->port());
  BOOST_REQUIRE(client.ask(handshake("/ws")).status == 101);
  client.send(bytes);
  const Frame closing = read_frame(client);
  BOOST_TEST(closing.opcode == close_frame);
  client.send(frame(close_frame, closing.data));
  BOOST_TEST(client.closed());
  return closing.code();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(websocket_tests)

BOOST_AUTO_TEST_CASE(an_upgrade_is_decided_by_the_handler) {
  Running running;
  Client refused(running.server->port());
  const Reply no = refused.ask(handshake("/other"));
  BOOST_TEST(no.status == 403);
  BOOST_TEST(refused.ask(handshake("/other")).status == 403);  // the connection goes on
  Client yes(running.server->port());
  const Reply reply = yes.ask(handshake("/ws", "Sec-WebSocket-Protocol: other, wayfold.v1\r\n"));
  BOOST_TEST(reply.status == 101);
  BOOST_TEST(reply.has("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
  BOOST_TEST(reply.has("Sec-WebSocket-Protocol: wayfold.v1\r\n"));
  Client wrong(running.server->port());
  const std::string old_version =
      "GET /ws HTTP/1.1\r\nHost: t\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
      "Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  BOOST_TEST(wrong.ask(old_version).status == 400);
}

BOOST_AUTO_TEST_CASE(messages_are_echoed_and_pings_answered) {
  Running running;
  Client client(running.server->port());
  BOOST_REQUIRE(client.ask(handshake("/ws")).status == 101);
  for (const std::size_t size : {0U, 1U, 125U, 126U, 60'000U}) {
    client.send(frame(text_frame, std::string(size, 'x')));
    const Frame echo = read_frame(client);
    BOOST_TEST(echo.opcode == text_frame);
    BOOST_TEST((echo.data == std::string(size, 'x')));
  }
  client.send(frame(ping_frame, "are you there"));
  const Frame pong = read_frame(client);
  BOOST_TEST(pong.opcode == pong_frame);
  BOOST_TEST(pong.data == "are you there");
}

BOOST_AUTO_TEST_CASE(a_broadcast_reaches_all_in_order) {
  Running running;
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(std::make_unique<Client>(running.server->port()));
    BOOST_REQUIRE(clients.back()->ask(handshake("/ws")).status == 101);
  }
  BOOST_REQUIRE(running.becomes([&] { return running.hub.open == 20; }));
  running.server->post(0, [&running] {
    for (int i = 0; i < 50; ++i) {
      running.hub.broadcast(std::make_shared<const Message>(std::to_string(i)));
    }
  });
  for (const auto& client : clients) {
    for (int i = 0; i < 50; ++i) BOOST_REQUIRE(read_frame(*client).data == std::to_string(i));
  }
}

BOOST_AUTO_TEST_CASE(a_frame_of_any_length_says_how_long_it_is) {
  const wf::test::Certificate certificate;
  for (const bool tls : {false, true}) {
    Running running({}, listen_at(certificate, tls));
    const auto client = join(running, tls);
    for (const std::size_t size : {0U, 1U, 125U, 126U, 255U, 256U, 65'535U, 65'536U, 300'000U}) {
      running.broadcast(message(size, size));
      const Frame got = read_frame(*client);
      BOOST_TEST(got.opcode == text_frame);
      BOOST_TEST((got.data == message(size, size)));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_reader_that_stopped_gets_every_message_whole_and_in_order) {
  const wf::test::Certificate certificate;
  for (const bool tls : {false, true}) {
    Running running(patient(), listen_at(certificate, tls));
    const auto client = join(running, tls);
    // Sent one by one and read late, so that buffers fill up at any place of a frame.
    for (std::size_t round = 0; round < 3; ++round) {
      for (std::size_t i = 0; i < 400; ++i) running.broadcast(message(i, i * 151 % 70'000));
      client->send(frame(ping_frame, "round " + std::to_string(round)));
      running.settle(*client);
      std::size_t pongs = 0;
      for (std::size_t i = 0; i < 400;) {
        const Frame got = read_frame(*client);
        if (got.opcode == pong_frame) {
          BOOST_TEST(got.data == "round " + std::to_string(round));
          ++pongs;
          continue;
        }
        BOOST_REQUIRE(got.opcode == text_frame);
        BOOST_REQUIRE((got.data == message(i, i * 151 % 70'000)));
        ++i;
      }
      if (pongs == 0) BOOST_TEST(read_frame(*client).opcode == pong_frame);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_ping_is_answered_between_two_messages) {
  Running running(patient());
  const auto client = join(running);
  running.broadcast(message(1, stopping));
  running.broadcast(message(2, 10));
  client->send(frame(ping_frame, "meanwhile"));
  running.settle(*client);
  BOOST_TEST((read_frame(*client).data == message(1, stopping)));
  const Frame pong = read_frame(*client);
  BOOST_TEST(pong.opcode == pong_frame);
  BOOST_TEST(pong.data == "meanwhile");
  BOOST_TEST((read_frame(*client).data == message(2, 10)));
}

BOOST_AUTO_TEST_CASE(a_close_comes_after_the_message_that_is_being_written) {
  for (const std::string& end : {frame(text_frame, "bye"), frame(close_frame, "\x03\xe8")}) {
    Running running(patient());
    auto client = join(running);
    running.broadcast(message(1, stopping));
    running.broadcast(message(2, 10));  // never begun
    client->send(end);
    running.settle(*client);
    BOOST_TEST((read_frame(*client).data == message(1, stopping)));
    const Frame closing = read_frame(*client);
    BOOST_TEST(closing.opcode == close_frame);
    BOOST_TEST((closing.code() == 4000 || closing.code() == 1000));
    if (closing.code() == 4000) client->send(frame(close_frame, closing.data));
    BOOST_TEST(client->closed());
    client.reset();
    BOOST_TEST(running.becomes([&] { return running.hub.open == 0; }));
    BOOST_TEST(running.hub.last_code == closing.code());
  }
}

BOOST_AUTO_TEST_CASE(a_reader_that_leaves_in_the_middle_of_a_message_is_let_go) {
  Running running(patient());
  {
    const auto client = join(running);
    running.broadcast(message(1, stopping));
    client->send(frame(ping_frame, "its answer waits"));
    running.settle(*client);
  }
  BOOST_TEST(
      running.becomes([&] { return running.hub.open == 0 && running.hub.last_code == 1006; }));
}

BOOST_AUTO_TEST_CASE(either_side_may_close) {
  Running running;
  BOOST_TEST(closed_with(running, frame(text_frame, "bye")) == 4000);
  BOOST_TEST(
      running.becomes([&] { return running.hub.open == 0 && running.hub.last_code == 4000; }));
  Client client(running.server->port());
  BOOST_REQUIRE(client.ask(handshake("/ws")).status == 101);
  client.send(frame(close_frame, "\x03\xe8"));
  BOOST_TEST(read_frame(client).code() == 1000);
  BOOST_TEST(client.closed());
  BOOST_TEST(
      running.becomes([&] { return running.hub.open == 0 && running.hub.last_code == 1000; }));
  {
    Client rude(running.server->port());
    BOOST_REQUIRE(rude.ask(handshake("/ws")).status == 101);
  }
  BOOST_TEST(
      running.becomes([&] { return running.hub.open == 0 && running.hub.last_code == 1006; }));
}

BOOST_AUTO_TEST_CASE(what_is_no_good_text_ends_the_connection) {
  Limits limits;
  limits.message_bytes_max = 1000;
  Running running(limits);
  BOOST_TEST(closed_with(running, frame(text_frame, "\xff\xfe")) == 1007);
  BOOST_TEST(closed_with(running, frame(binary_frame, "data")) == 1003);
  BOOST_TEST(closed_with(running, frame(text_frame, std::string(1001, 'x'))) == 1009);
  BOOST_TEST(closed_with(running, frame(3, "unknown opcode")) == 1002);
  BOOST_TEST(running.becomes([&] { return running.hub.open == 0; }));
}

BOOST_AUTO_TEST_CASE(a_slow_consumer_is_cut_and_others_are_not) {
  Running running(impatient());
  Client slow(running.server->port());
  slow.shrink_receive_buffer();
  BOOST_REQUIRE(slow.ask(handshake("/ws")).status == 101);
  Client keen(running.server->port());
  BOOST_REQUIRE(keen.ask(handshake("/ws")).status == 101);
  BOOST_REQUIRE(running.becomes([&] { return running.hub.open == 2; }));
  const std::string text(1'000'000, 'x');
  for (int i = 0; i < 60; ++i) {
    running.broadcast(text);
    BOOST_REQUIRE((read_frame(keen).data == text));
  }
  BOOST_TEST(running.becomes([&] { return running.hub.open == 1; }));
  BOOST_TEST(running.hub.last_code == 1013);
}

BOOST_AUTO_TEST_CASE(a_silent_client_is_pinged_and_then_cut) {
  Limits limits;
  limits.ping_ms = 20;
  Running running(limits);
  Client client(running.server->port());
  BOOST_REQUIRE(client.ask(handshake("/ws")).status == 101);
  BOOST_TEST(read_frame(client).opcode == ping_frame);
  BOOST_TEST(client.closed());
  BOOST_TEST(
      running.becomes([&] { return running.hub.open == 0 && running.hub.last_code == 1006; }));
}

BOOST_AUTO_TEST_CASE(a_stop_says_goodbye) {
  const wf::test::Certificate certificate;
  for (const bool tls : {false, true}) {
    Running running({}, listen_at(certificate, tls));
    Client client(running.server->port(), tls);
    BOOST_REQUIRE(client.ask(handshake("/ws")).status == 101);
    client.send(frame(text_frame, "hello"));
    BOOST_TEST(read_frame(client).data == "hello");
    auto stopped =
        std::async(std::launch::async, [&running] { running.server->stop(Duration::seconds(60)); });
    const Frame closing = read_frame(client);
    BOOST_TEST(closing.opcode == close_frame);
    BOOST_TEST(closing.code() == 1001);
    client.send(frame(close_frame, closing.data));
    BOOST_TEST(client.closed());
    stopped.get();
    BOOST_TEST(running.hub.open == 0);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::gateway::websocket_test
