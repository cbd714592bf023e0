// A small HTTP/1.1 client over one keep-alive connection, for `wayfold import`.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "cli/tls_client.h"

namespace wf::cli {

struct HttpAddress {
  std::string host;
  std::string port = "80";
  bool tls = false;
  std::string ca = {};  // certificates to trust instead of the system's; empty: the system's

  // "http://HOST[:PORT][/]", or https. Code::invalid for anything else.
  static Result<HttpAddress> parse(std::string_view url);
};

struct HttpReply {
  int status = 0;
  std::string body;         // at most 1 MiB
  std::string retry_after;  // headers; empty: none
  std::string position;     // Wayfold-Position
};

// One thread. Connects when it needs to.
class HttpClient {
 public:
  using Headers = std::vector<std::pair<std::string_view, std::string>>;

  HttpClient(HttpAddress address, Duration timeout)
      : address_(std::move(address)), timeout_(timeout) {}
  ~HttpClient() { close(); }
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Whether the request took effect is unknown after an error; the connection is a new one then.
  // Code::forbidden: the server's certificate is not one to trust, nothing was sent.
  Result<HttpReply> send(std::string_view method,
                         std::string_view target,
                         const Headers& headers,
                         std::string_view body);

 private:
  Result<void> connect();
  Result<void> secure();
  Result<void> write(std::string_view bytes);
  Result<HttpReply> read(bool& keep);
  void close();

  HttpAddress address_;
  Duration timeout_;  // of connecting, and of every wait for bytes
  int fd_ = -1;
  std::unique_ptr<TlsClient> tls_;  // null: plain
  std::string request_;
};

}  // namespace wf::cli
