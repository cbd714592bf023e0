// HTTP/1.1 and WebSocket over TCP or TLS: one listening socket, and io threads that call a Handler
// each.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "gateway/http.h"
#include "gateway/limits.h"
#include "gateway/websocket.h"

namespace wf::gateway {

// Names one request in flight. Cheap to copy and to keep: answering one whose client is gone does
// nothing.
struct Ticket {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;
  std::uint32_t io = 0;  // the thread it is answered on
};

// What an io thread of a server serves. Every call comes on that thread, none may throw or block.
class Handler {
 public:
  virtual ~Handler() = default;
  // The answer, or nothing: then Server::respond(ticket, …) gives it later. There is no bound here
  // on how long that takes; whoever keeps a ticket keeps a deadline too (tick). `request` ends with
  // the call.
  virtual std::optional<Response> handle(const Request& request, Ticket ticket) = 0;
  // Likewise of a well-formed WebSocket upgrade, and of a GET that wants_events.
  virtual std::optional<UpgradeAnswer> upgrade(const Request& request, Ticket ticket);
  // Whether a request asks for a channel by server-sent events, and not for an answer that ends.
  virtual bool wants_events(const Request&) const { return false; }
  // Once per turn of the loop in which a request was handled, a posted function or tick() ran: hand
  // over together what the turn has collected.
  virtual void turn_ended() {}
  // Every Limits::tick_ms.
  virtual void tick() {}
};

struct Listen {
  std::string address = "127.0.0.1";  // IPv4 or IPv6, no names
  std::uint16_t port = 0;             // 0: any free one
  std::string certificate_file;       // PEM chain; empty: no TLS
  std::string key_file;               // PEM
};

struct Counters {  // since start, but for `open`
  std::uint64_t accepted = 0;
  std::uint64_t open = 0;
  std::uint64_t turned_away = 0;  // over a connection limit
  std::uint64_t requests = 0;     // that reached the handler
  std::uint64_t refused = 0;      // answered here: malformed, too large
  std::uint64_t timed_out = 0;    // any deadline of Limits
};

class Server {
 public:
  // Binds and listens. Errors: invalid (address, certificate or key), unavailable (the port is
  // taken). There are as many io threads as `handlers`, which must outlive the server; connections
  // go to them by turns and stay.
  static Result<std::unique_ptr<Server>> open(const Listen& listen,
                                              const Limits& limits,
                                              const std::vector<Handler*>& handlers);
  ~Server();  // stops without grace if stop() was not called

  void start();  // the io threads; once
  std::uint16_t port() const;
  Counters counters() const;  // any thread

  // Runs `fn` on an io thread, and then resumes at once every request it answered: one post for a
  // whole batch. Any thread; after stop() it does nothing.
  void post(std::size_t io, std::function<void()> fn);
  // Answers a request that `handle` or `upgrade` left open; only the latter's may be accepted. On
  // the ticket's io thread, at most once per ticket; later ones do nothing.
  void respond(Ticket ticket, UpgradeAnswer answer);

  // Stops accepting, closes idle connections and WebSockets (1001), lets requests in flight finish
  // for up to `grace`, then cuts what is left and joins the threads. Any thread but theirs;
  // once.
  void stop(Duration grace);

  class Loop;  // for the socket files
  struct Shared;
  struct Acceptor;

 private:
  Server();
  std::unique_ptr<Shared> shared_;
  std::vector<std::unique_ptr<Loop>> loops_;
  std::unique_ptr<Acceptor> acceptor_;
};

}  // namespace wf::gateway
