// TLS over a connected socket, for `wayfold import`: only to a server whose certificate is good for
// the name it was reached by.
#pragma once
#include <memory>
#include <string>

#include "base/result.h"

struct ssl_ctx_st;
struct ssl_st;

namespace wf::cli {

// One thread; one connection at a time.
class TlsClient {
 public:
  // `ca`: a PEM file of certificates to trust instead of the system's; empty: the system's.
  static Result<std::unique_ptr<TlsClient>> make(const std::string& ca);
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  // The socket stays the caller's. Code::forbidden: the certificate is not one to trust.
  Result<void> connect(int socket, const std::string& host);
  void close();
  // As ::send() and ::recv(), errno included.
  ssize_t send(const char* bytes, std::size_t size);
  ssize_t receive(char* bytes, std::size_t size);

 private:
  explicit TlsClient(ssl_ctx_st* context) : context_(context) {}
  ssl_ctx_st* context_;
  ssl_st* connection_ = nullptr;
};

}  // namespace wf::cli
