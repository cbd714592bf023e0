// A server of channels for the gateway's tests: each member gets what is broadcast.
#pragma once
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include "gateway/server.h"
#include "gateway/test_client.h"
#include "support/certificate.h"

namespace wf::gateway::test {

// Echoes; "bye" closes; every socket is a member of one broadcast.
class Hub final : public Handler {
 public:
  std::optional<Response> handle(const Request&, Ticket) override { return Response{}; }
  std::optional<UpgradeAnswer> upgrade(const Request& request, Ticket) override {
    if (asked) asked();
    if (request.path != "/ws") return problem(403, "forbidden", "not here");
    const bool offered = lists(request.headers, "Sec-WebSocket-Protocol", "wayfold.v1");
    Accept accept{std::make_unique<Member>(*this), offered ? "wayfold.v1" : "", std::nullopt};
    if (!wants_events(request)) return accept;
    accept.events.emplace();
    accept.events->content_type = "text/event-stream";
    accept.events->close = accept.events->endless = true;
    return accept;
  }
  bool wants_events(const Request& request) const override {
    return lists(request.headers, "Accept", "text/event-stream");
  }
  void broadcast(const std::shared_ptr<const Message>& message) {
    const std::set<WebSocket*> all = members_;
    for (WebSocket* const member : all) member->send(message);
  }

  // What a test does at such a moment, on the io thread. To be set there, or before it starts.
  std::function<void()> asked;
  std::function<void(WebSocket&)> opened;

  std::atomic<int> open{0};
  std::atomic<int> last_code{0};

 private:
  class Member final : public Listener {
   public:
    explicit Member(Hub& hub) : hub_(hub) {}
    void on_open(WebSocket& socket) override {
      socket_ = &socket;
      hub_.members_.insert(&socket);
      ++hub_.open;
      if (hub_.opened) hub_.opened(socket);
    }
    void on_message(std::string_view text) override {
      if (text == "bye") return socket_->close(4000, "as you wish");
      socket_->send(std::make_shared<const Message>(text));
    }
    void on_close(std::uint16_t code) override {
      hub_.members_.erase(socket_);
      hub_.last_code = code;
      --hub_.open;
    }

   private:
    Hub& hub_;
    WebSocket* socket_ = nullptr;
  };

  std::set<WebSocket*> members_;
};

struct Running {
  explicit Running(const Limits& limits = {}, const Listen& listen = {}) {
    auto opened = Server::open(listen, limits, {&hub});
    BOOST_REQUIRE(opened.has_value());
    server = std::move(*opened);
    server->start();
  }
  bool becomes(const std::function<bool()>& holds) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!holds() && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    return holds();
  }
  void broadcast(const std::string& text, std::uint64_t sequence = 0) {
    server->post(0, [this, shared = std::make_shared<const Message>(text, sequence)] {
      hub.broadcast(shared);
    });
  }
  // Returns when the io thread has done what was posted and what clients have sent so far: it looks
  // at the sockets between two posted functions at least every other time.
  void settle(const Client& client) {
    BOOST_REQUIRE(becomes([&] { return client.arrived(); }));
    for (int i = 0; i < 4; ++i) {
      std::promise<void> done;
      server->post(0, [&done] { done.set_value(); });
      done.get_future().wait();
    }
  }
  Hub hub;
  std::unique_ptr<Server> server;
};

// Under which the queue of who reads nothing is full soon.
inline Limits impatient() {
  Limits limits;
  limits.tick_ms = 1;
  limits.queued_bytes_max = 20'000'000;
  limits.queued_messages_max = 50;
  limits.websocket_close_ms_max = 20;
  return limits;
}

inline Listen listen_at(const wf::test::Certificate& certificate, bool tls) {
  Listen listen;
  if (tls) listen.certificate_file = certificate.certificate_file();
  if (tls) listen.key_file = certificate.key_file();
  return listen;
}

}  // namespace wf::gateway::test
