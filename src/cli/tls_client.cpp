// OpenSSL on a blocking socket, whose own timeouts bound every wait.
#include "cli/tls_client.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <cerrno>
#include <climits>

namespace wf::cli {
namespace {

constexpr int version_min = TLS1_2_VERSION;

bool is_ip_address(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> ignored;
  return ::inet_pton(AF_INET, host.c_str(), ignored.data()) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), ignored.data()) == 1;
}

int bounded(std::size_t size) { return static_cast<int>(std::min<std::size_t>(size, INT_MAX)); }

}  // namespace

Result<std::unique_ptr<TlsClient>> TlsClient::make(const std::string& ca) {
  SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
  if (context == nullptr) return fail(Code::io, "TLS cannot be set up");
  std::unique_ptr<TlsClient> client(new TlsClient(context));
  SSL_CTX_set_min_proto_version(context, version_min);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  const int trusted = ca.empty() ? SSL_CTX_set_default_verify_paths(context)
                                 : SSL_CTX_load_verify_locations(context, ca.c_str(), nullptr);
  if (trusted != 1) return fail(Code::invalid, "no certificates to trust in " + ca);
  return client;
}

TlsClient::~TlsClient() {
  close();
  SSL_CTX_free(context_);
}

Result<void> TlsClient::connect(int socket, const std::string& host) {
  close();
  ERR_clear_error();
  connection_ = SSL_new(context_);
  if (connection_ == nullptr || SSL_set_fd(connection_, socket) != 1) {
    return fail(Code::io, "TLS cannot be set up");
  }
  const bool named =
      is_ip_address(host)
          ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(connection_), host.c_str()) == 1
          : SSL_set1_host(connection_, host.c_str()) == 1 &&
                SSL_set_tlsext_host_name(connection_, host.c_str()) == 1;
  if (!named) return fail(Code::invalid, "'" + host + "' is no name of a server");
  if (SSL_connect(connection_) == 1) return {};
  const auto verdict = SSL_get_verify_result(connection_);
  close();
  if (verdict == X509_V_OK) return fail(Code::unavailable, host + " does not speak TLS now");
  return fail(Code::forbidden,
              host + ": its certificate is not one to trust: " +
                  X509_verify_cert_error_string(verdict) + " (--ca FILE names others)");
}

void TlsClient::close() {
  if (connection_ != nullptr) SSL_free(connection_);
  connection_ = nullptr;
}

ssize_t TlsClient::send(const char* bytes, std::size_t size) {
  errno = 0;
  const int sent = SSL_write(connection_, bytes, bounded(size));
  return sent > 0 ? sent : -1;
}

ssize_t TlsClient::receive(char* bytes, std::size_t size) {
  errno = 0;
  const int got = SSL_read(connection_, bytes, bounded(size));
  if (got > 0) return got;
  return SSL_get_error(connection_, got) == SSL_ERROR_ZERO_RETURN ? 0 : -1;
}

}  // namespace wf::cli
