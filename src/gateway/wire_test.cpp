// What two writers may and may not do to one socket.
#include "gateway/wire.h"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <boost/test/unit_test.hpp>
#include <string>

namespace wf::gateway::wire_test {
namespace {

using asio::ip::tcp;

// More than the sockets of a connection hold.
constexpr std::size_t stopping = 24'000'000;

struct Fixture {
  Fixture() {
    asio::basic_socket_acceptor<tcp, Executor> acceptor(
        io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    reader.connect(acceptor.local_endpoint());
    acceptor.accept(socket);
    socket.non_blocking(true);
    reader.non_blocking(true);
  }
  void write(const std::string& text) {
    asio::async_write(wire, asio::buffer(text), [this](error_code failed, std::size_t) {
      BOOST_TEST(!failed);
      ++written;
    });
  }
  // Reads, and lets the writers go on meanwhile.
  std::string read(std::size_t size) {
    std::string got(size, ' ');
    for (std::size_t done = 0; done < size;) {
      error_code failed;
      done += reader.read_some(asio::buffer(got.data() + done, size - done), failed);
      if (failed) BOOST_REQUIRE(failed == asio::error::would_block);
      io.poll();
      io.restart();
    }
    return got;
  }

  asio::io_context io{1};
  Socket socket{io};
  Socket reader{io};
  InFlight pending;
  Wire<Socket> wire{socket, pending};
  int written = 0;
  const std::string large = std::string(stopping, 'l');
  const std::string small = "small";
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(wire_tests, Fixture)

BOOST_AUTO_TEST_CASE(what_the_socket_takes_at_once_leaves_nothing_to_do) {
  BOOST_TEST(wire.send_now(small) == small.size());
  BOOST_TEST(!wire.writing());
  BOOST_TEST(!pending.any());
  BOOST_TEST(read(small.size()) == small);
}

BOOST_AUTO_TEST_CASE(nothing_goes_into_a_frame_half_written) {
  write(large);
  io.poll();
  BOOST_TEST(wire.writing());
  BOOST_TEST(pending.any());
  std::string got(stopping, ' ');
  const std::size_t begun = reader.read_some(asio::buffer(got));  // so that there is room again
  BOOST_TEST(wire.send_now(small) == 0U);
  BOOST_TEST((got.substr(0, begun) + read(stopping - begun) == large));
  BOOST_TEST(!wire.writing());
  BOOST_TEST(!pending.any());
  BOOST_TEST(written == 1);
}

BOOST_AUTO_TEST_CASE(the_rest_of_a_frame_goes_before_another_writer) {
  const std::size_t sent = wire.send_now(large);
  BOOST_REQUIRE(sent < stopping);
  const std::string rest = large.substr(sent);
  write(rest);
  write(small);
  BOOST_TEST((read(stopping) == large));
  BOOST_TEST(read(small.size()) == small);
  BOOST_TEST(!wire.writing());
  BOOST_TEST(!pending.any());
  BOOST_TEST(written == 2);
}

BOOST_AUTO_TEST_CASE(who_waits_is_told_when_the_socket_is_closed) {
  int failed_writes = 0;
  for (const std::string* const text : {&large, &small}) {
    asio::async_write(wire, asio::buffer(*text), [&](error_code failed, std::size_t) {
      failed_writes += failed ? 1 : 0;
    });
  }
  io.poll();
  socket.close();
  io.run();
  BOOST_TEST(failed_writes == 2);
  BOOST_TEST(!pending.any());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::gateway::wire_test
