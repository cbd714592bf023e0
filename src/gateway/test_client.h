// A blocking client for the gateway's tests: raw bytes over TCP or TLS; every wait is bounded.
#pragma once
#include <memory>
#include <string>
#include <string_view>

struct ssl_ctx_st;
struct ssl_st;

namespace wf::gateway::test {

struct Reply {
  int status = 0;
  std::string head;  // status line and header lines
  std::string body;
  bool has(std::string_view text) const { return head.find(text) != head.npos; }
};

class Client {
 public:
  explicit Client(std::uint16_t port, bool tls = false);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void send(std::string_view bytes);  // whatever of it the server takes
  bool arrived() const;               // all that was sent is in the server's socket, or read
  void shrink_receive_buffer();       // so that a server's writes soon block
  void vanish();                      // nothing reaches it any more, and the server hears nothing
  // One answer with a Content-Length; status 0 if the connection ended or half a minute passed.
  Reply receive(bool head_only = false);
  Reply ask(std::string_view bytes);
  // Exactly that many bytes, or fewer if the connection ended.
  std::string receive_bytes(std::size_t size);
  bool closed();  // waits for the end of the stream, dropping what comes before

 private:
  bool read_some();
  int socket_ = -1;
  ssl_ctx_st* context_ = nullptr;
  ssl_st* tls_ = nullptr;
  std::string buffer_;
};

}  // namespace wf::gateway::test
