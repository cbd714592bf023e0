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

// While it lives nothing is opened or accepted: EMFILE.
class NoDescriptors {
 public:
  NoDescriptors() {
    BOOST_REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
    const int next = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    BOOST_REQUIRE(next >= 0);
    ::close(next);
    rlimit none = before_;
    none.rlim_cur = static_cast<rlim_t>(next);
    BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    BOOST_REQUIRE(::open("/dev/null", O_RDONLY | O_CLOEXEC) < 0);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
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

BOOST_AUTO_TEST_CASE(without_a_descriptor_it_serves_nobody_and_goes_on_later) {
  std::string hello{static_cast<char>(Ask::hello)};
  put_text(hello, catalogue().build);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const Connection early(fd);
  {
    const NoDescriptors none;
    const sockaddr_un address = unix_address(path).value();
    BOOST_REQUIRE(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    BOOST_REQUIRE(early.send(hello));
    BOOST_TEST(!early.receive_within(Duration::millis(500)).has_value());
  }
  const auto answer = early.receive_within(Duration::seconds(10));
  BOOST_REQUIRE(answer);
  BOOST_TEST((static_cast<Tone>(answer->front()) == Tone::done));
  BOOST_TEST(open_remote_log(path).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace wf::cli::control_server_test
