// The control socket of a process that has no descriptor left.
#include "cli/control_server.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cli/engine_fixture.h"
#include "cli/remote_log.h"
#include "cli/unix_socket.h"
#include "storage/bytes.h"

namespace wf::cli::control_server_test {
namespace {

// While it lives nothing is opened or accepted: EMFILE, whatever other threads close meanwhile.
class NoDescriptors {
 public:
  NoDescriptors() {
    BOOST_REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
    rlimit none = before_;
    none.rlim_cur = STDERR_FILENO + 1;  // those stay open
    BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    BOOST_REQUIRE(::open("/dev/null", O_RDONLY | O_CLOEXEC) < 0);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

struct Client {
  void say_hello(const std::string& path) const {
    const sockaddr_un address = unix_address(path).value();
    BOOST_REQUIRE(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    std::string hello{static_cast<char>(Ask::hello)};
    put_text(hello, catalogue().build);
    BOOST_REQUIRE(connection.send(hello));
  }
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const Connection connection{fd};
};

struct Fixture {
  Fixture() {
    deployment.open({});
    auto opened = ControlServer::open(path, deployment.engine());
    BOOST_REQUIRE(opened);
    server = std::move(*opened);
  }
  Deployment deployment;
  std::string path = control_path(deployment.process());
  std::unique_ptr<ControlServer> server;
};

BOOST_FIXTURE_TEST_SUITE(control_server_tests, Fixture)

// The kernel takes the descriptor of the next connection before it waits for it: so the first one
// is accepted if that was waited for already, and the second is not.
BOOST_AUTO_TEST_CASE(out_of_descriptors_it_goes_on_when_there_are_some) {
  const Client first;
  const Client second;
  {
    const NoDescriptors none;
    first.say_hello(path);
    second.say_hello(path);
    BOOST_TEST(!second.connection.receive_within(Duration::millis(500)).has_value());
  }
  const auto answer = second.connection.receive_within(Duration::seconds(30));
  BOOST_REQUIRE(answer);
  BOOST_TEST((static_cast<Tone>(answer->front()) == Tone::done));
  BOOST_TEST(open_remote_log(path).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace wf::cli::control_server_test
