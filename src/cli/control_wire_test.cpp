// What tools do when the process they talk to does not.
#include "cli/control_wire.h"

#include <sys/socket.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <thread>

#include "cli/remote_log.h"
#include "cli/unix_socket.h"
#include "support/temp_dir.h"

namespace wf::cli::control_wire_test {
namespace {

// Listens as a stopped process does: the kernel accepts, nobody answers.
struct Silent {
  Silent() : fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const sockaddr_un address = unix_address(path).value();
    BOOST_REQUIRE(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    BOOST_REQUIRE(::listen(fd, 4) == 0);
  }
  ~Silent() { ::close(fd); }

  TempDir dir;
  std::string path = dir / "control.sock";
  int fd;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(control_wire_tests)

BOOST_AUTO_TEST_CASE(who_says_nothing_is_not_waited_for) {
  const Silent process;
  const auto connection = Connection::open(process.path);
  BOOST_REQUIRE(connection);
  const auto silent = connection->receive_within(Duration::millis(200));
  BOOST_REQUIRE(!silent);
  BOOST_TEST((silent.error().code == Code::unavailable));
}

BOOST_AUTO_TEST_CASE(a_tool_is_told_that_the_process_does_not_answer) {
  const Silent process;
  const auto log = open_remote_log(process.path);
  BOOST_REQUIRE(!log);
  BOOST_TEST((log.error().code == Code::unavailable));
  BOOST_TEST(log.error().detail.find("does not answer") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(frames_larger_than_a_socket_holds_come_through) {
  int ends[2];
  BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  const Connection one(ends[0]);
  const Connection other(ends[1]);
  const std::string frame(std::size_t{4} << 20U, 'x');
  std::thread sender([&one, &frame] { static_cast<void>(one.send(frame)); });
  const auto received = other.receive();
  sender.join();
  BOOST_REQUIRE(received);
  BOOST_TEST((*received == frame));
}

// A directory that is a file holds no socket either.
BOOST_AUTO_TEST_CASE(nobody_listens_below_a_file) {
  const Silent process;
  const auto connection = Connection::open(process.path + "/control.sock");
  BOOST_REQUIRE(!connection);
  BOOST_TEST((connection.error().code == Code::not_found));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::cli::control_wire_test
