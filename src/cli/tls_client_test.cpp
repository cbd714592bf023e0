// The importer's client against a server with a certificate: it speaks to one it trusts, and to no
// other.
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <thread>

#include "cli/http_client.h"
#include "cli/small_server.h"
#include "support/certificate.h"

namespace wf::cli::tls_client_test {
namespace {

// Answers 204 to every request, one connection after another.
class TlsServer {
 public:
  explicit TlsServer(const test::Certificate& certificate) {
    context_ = SSL_CTX_new(TLS_server_method());
    BOOST_REQUIRE(
        SSL_CTX_use_certificate_chain_file(context_, certificate.certificate_file().c_str()) == 1);
    BOOST_REQUIRE(SSL_CTX_use_PrivateKey_file(
                      context_, certificate.key_file().c_str(), SSL_FILETYPE_PEM) == 1);
    std::tie(fd_, port_) = listen_on_loopback();
    serving_ = std::thread([this] {
      for (int fd; (fd = ::accept(fd_, nullptr, nullptr)) >= 0;) serve(fd);
    });
  }
  ~TlsServer() {
    ::shutdown(fd_, SHUT_RDWR);
    serving_.join();
    ::close(fd_);
    SSL_CTX_free(context_);
  }
  const std::string& port() const { return port_; }

 private:
  void serve(int fd) {
    SSL* const tls = SSL_new(context_);
    SSL_set_fd(tls, fd);
    if (SSL_accept(tls) == 1) {
      std::string request;
      char bytes[4096];
      for (int n; (n = SSL_read(tls, bytes, sizeof bytes)) > 0;) {
        request.append(bytes, static_cast<std::size_t>(n));
        if (!request.ends_with("\r\n\r\n")) continue;
        constexpr std::string_view reply = "HTTP/1.1 204 No Content\r\n\r\n";
        SSL_write(tls, reply.data(), static_cast<int>(reply.size()));
        request.clear();
      }
    }
    SSL_free(tls);
    ::close(fd);
  }

  SSL_CTX* context_;
  int fd_ = -1;
  std::string port_;
  std::thread serving_;
};

BOOST_AUTO_TEST_SUITE(tls_client_tests)

BOOST_AUTO_TEST_CASE(a_server_is_spoken_to_if_its_certificate_is_good_for_its_name) {
  const test::Certificate certificate;
  const test::Certificate of_another;
  const TlsServer server(certificate);
  const auto get = [&](const std::string& host, const std::string& ca) {
    HttpAddress address = *HttpAddress::parse("https://" + host + ":" + server.port());
    address.ca = ca;
    HttpClient client(address, Duration::seconds(10));
    const auto first = client.send("GET", "/", {}, "");
    return first ? client.send("GET", "/", {}, "") : first;  // on the same connection
  };
  const auto good = get("localhost", certificate.certificate_file());
  BOOST_REQUIRE_MESSAGE(good, good.error().detail);
  BOOST_TEST(good->status == 204);
  for (const auto& [host, ca] : {std::pair{"localhost", of_another.certificate_file()},
                                 std::pair{"127.0.0.1", certificate.certificate_file()},
                                 std::pair{"localhost", std::string()}}) {
    const auto bad = get(host, ca);
    BOOST_REQUIRE(!bad);
    BOOST_TEST((bad.error().code == Code::forbidden), bad.error().detail);
  }
  BOOST_TEST((get("localhost", "/nonexistent").error().code == Code::invalid));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace wf::cli::tls_client_test
