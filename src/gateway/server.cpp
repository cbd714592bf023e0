// The server: listening, accepting, deadlines, tickets and the end of it all.
#include "gateway/server.h"

#include <fmt/format.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/defer.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <thread>

#include "base/check.h"
#include "base/thread_name.h"
#include "gateway/loop.h"
#include "gateway/session.h"

namespace wf::gateway {
namespace {

using asio::ip::tcp;

// Connections over the limit that are being told so, a courtesy; beyond these they are closed
// without a word.
constexpr std::size_t turning_away_max = 64;

void count(std::atomic<std::uint64_t>& counter) { counter.fetch_add(1, std::memory_order_relaxed); }

template <class Stream>
Task<> run(std::unique_ptr<Session<Stream>> session) {
  co_await session->run();
}

// On the loop's own thread.
void begin(Server::Loop& loop, Socket socket) {
  error_code failed;
  const tcp::endpoint peer = socket.remote_endpoint(failed);
  if (failed || loop.stopping) return;  // gone already
  socket.set_option(tcp::no_delay(true), failed);
  socket.non_blocking(true, failed);
  std::string ip = client_address(peer.address());
  count(loop.counters.accepted);
  const auto admitted = loop.shared.admit(ip);
  const bool serve = admitted == Server::Shared::Admitted::yes;
  if (!serve) count(loop.counters.turned_away);
  if (admitted == Server::Shared::Admitted::no) return;
  if (loop.shared.tls) {
    TlsStream stream(std::move(socket), *loop.shared.tls);
    auto session =
        std::make_unique<Session<TlsStream>>(loop, std::move(stream), std::move(ip), serve);
    asio::co_spawn(loop.io, run(std::move(session)), asio::detached);
  } else {
    auto session = std::make_unique<Session<Socket>>(loop, std::move(socket), std::move(ip), serve);
    asio::co_spawn(loop.io, run(std::move(session)), asio::detached);
  }
}

// Looks at deadlines until the server has stopped and its last connection is gone.
Task<> tick(Server::Loop& loop) {
  while (!loop.stopping || loop.open() != 0) {
    loop.ticker.expires_after(std::chrono::milliseconds(loop.limits.tick_ms));
    static_cast<void>(co_await loop.ticker.async_wait(no_throw));
    loop.now = Clock::now();
    loop.expire_due();
    if (loop.stopping) loop.close_idle();  // what has become so since
    if (loop.now >= loop.cut_at) loop.cut_all();
    loop.handler.tick();
    loop.turn_used();
  }
}

Result<asio::ssl::context> tls_of(const Listen& listen) {
  asio::ssl::context context(asio::ssl::context::tls_server);
  error_code failed;
  context.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                          asio::ssl::context::no_tlsv1_1 | asio::ssl::context::no_compression,
                      failed);
  const auto encrypted = std::make_shared<bool>(false);
  const auto no_pass_phrase = [encrypted](std::size_t, asio::ssl::context::password_purpose) {
    *encrypted = true;
    return std::string();
  };
  // OpenSSL's own asks the terminal.
  if (!failed) context.set_password_callback(no_pass_phrase, failed);
  if (!failed) context.use_certificate_chain_file(listen.certificate_file, failed);
  if (failed) {
    return fail(
        Code::invalid,
        fmt::format("http.tls_certificate: {}: {}", listen.certificate_file, failed.message()));
  }
  context.use_private_key_file(listen.key_file, asio::ssl::context::pem, failed);
  if (failed) {
    return fail(Code::invalid,
                fmt::format("http.tls_key: {}: {}",
                            listen.key_file,
                            *encrypted ? "it is encrypted, and nobody is asked for a pass phrase"
                                       : failed.message()));
  }
  return context;
}

}  // namespace

std::string client_address(asio::ip::address address) {
  if (address.is_v4()) return address.to_string();
  if (address.to_v6().is_v4_mapped()) {
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
  }
  auto bytes = address.to_v6().to_bytes();
  std::fill(bytes.begin() + 8, bytes.end(), std::uint8_t{0});
  return asio::ip::make_address_v6(bytes).to_string() + "/64";
}

std::optional<UpgradeAnswer> Handler::upgrade(const Request&, Ticket) {
  return problem(404, "not_found", "there is no WebSocket here");
}

// ---- The loop ----

Server::Shared::Admitted Server::Shared::admit(const std::string& ip) {
  const std::lock_guard lock(mutex_);
  const auto here = per_ip_.find(ip);
  const std::size_t of_ip = here == per_ip_.end() ? 0 : here->second;
  if (admitted_ >= limits.connections_max || of_ip >= limits.connections_per_ip_max) {
    if (told_ >= turning_away_max) return Admitted::no;
    ++told_;
    return Admitted::told;
  }
  ++per_ip_[ip];
  ++admitted_;
  return Admitted::yes;
}

void Server::Shared::left(const std::string& ip, bool admitted) {
  const std::lock_guard lock(mutex_);
  if (!admitted) {
    --told_;
    return;
  }
  --admitted_;
  const auto found = per_ip_.find(ip);
  if (--found->second == 0) per_ip_.erase(found);
}

void Server::Loop::add(Connection& connection) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  connection.slot = free_.back();
  free_.pop_back();
  slots_[connection.slot].connection = &connection;
  counters.open.store(open(), std::memory_order_relaxed);
}

void Server::Loop::remove(Connection& connection) {
  retire(connection);
  slots_[connection.slot].connection = nullptr;
  free_.push_back(connection.slot);
  counters.open.store(open(), std::memory_order_relaxed);
}

Ticket Server::Loop::ticket(const Connection& connection) const {
  return {connection.slot, slots_[connection.slot].generation, index};
}

void Server::Loop::retire(const Connection& connection) { ++slots_[connection.slot].generation; }

void Server::Loop::respond(Ticket ticket, UpgradeAnswer answer) {
  if (ticket.slot >= slots_.size()) return;
  const Slot& slot = slots_[ticket.slot];
  if (slot.connection == nullptr || slot.generation != ticket.generation) return;
  Connection& connection = *slot.connection;
  if (!connection.waits || connection.answer) return;
  connection.answer = std::move(answer);
  answered_.push_back(ticket);
  arm_turn();
}

void Server::Loop::resume_answered() {
  resuming_.swap(answered_);
  for (const Ticket ticket : resuming_) {
    const Slot& slot = slots_[ticket.slot];
    if (slot.generation != ticket.generation || slot.connection == nullptr) continue;
    if (slot.connection->answered.waiting()) slot.connection->answered.open();
  }
  resuming_.clear();
}

struct Server::Loop::TurnEnd {
  Loop* loop;
  void operator()() const { loop->end_turn(); }
};

void Server::Loop::arm_turn() {
  if (!std::exchange(turn_armed_, true)) asio::defer(io, TurnEnd{this});
}

void Server::Loop::request_handled() {
  count(counters.requests);
  turn_used();
}

void Server::Loop::turn_used() {
  used_ = true;
  arm_turn();
}

void Server::Loop::end_turn() {
  turn_armed_ = false;
  resume_answered();
  if (std::exchange(used_, false)) handler.turn_ended();
}

Clock::time_point Server::Loop::after(std::int64_t ms) const {
  return now + std::chrono::milliseconds(ms + limits.tick_ms);  // `now` may be a tick old
}

void Server::Loop::expire_due() {
  for (const Slot& slot : slots_) {
    Connection* const connection = slot.connection;
    if (connection == nullptr || connection->deadline > now) continue;
    if (connection->websocket != nullptr && connection->websocket->alive()) {
      connection->deadline = after(limits.ping_ms);  // only an end has to come to an end
      connection->websocket->ping();
      continue;
    }
    // Again at every tick until the stage ends: an operation between two of its steps misses a
    // cancel.
    connection->deadline = now;
    if (!std::exchange(connection->expired, true)) count(counters.timed_out);
    if (connection->stage == Stage::websocket) {
      connection->close();
    } else {
      connection->cancel();
    }
  }
}

void Server::Loop::close_idle() {
  for (const Slot& slot : slots_) {
    Connection* const connection = slot.connection;
    if (connection == nullptr) continue;
    if (connection->websocket != nullptr) connection->websocket->close(1001, "the server stops");
    if (connection->stage == Stage::idle) connection->cancel();
  }
}

void Server::Loop::cut_all() {
  for (std::size_t i = 0; i < slots_.size();
       ++i) {  // a resumed connection may end inside this loop
    Connection* const connection = slots_[i].connection;
    if (connection == nullptr) continue;
    connection->close();
    if (connection->answered.waiting()) connection->answered.open();
  }
}

// ---- Accepting ----

struct Server::Acceptor {
  explicit Acceptor(asio::io_context& io) : socket(io) {}

  asio::basic_socket_acceptor<asio::ip::tcp, Executor> socket;
};

namespace {

// On the first loop; connections go to all of them by turns.
Task<> accept_all(Server::Acceptor& acceptor,
                  const std::vector<std::unique_ptr<Server::Loop>>& loops) {
  for (std::size_t turn = 0; acceptor.socket.is_open();) {
    Server::Loop& loop = *loops[turn % loops.size()];
    Socket socket(loop.io);
    auto [failed] = co_await acceptor.socket.async_accept(socket, no_throw);
    if (!failed) {
      ++turn;
      asio::dispatch(
          loop.io, [&loop, taken = std::move(socket)]() mutable { begin(loop, std::move(taken)); });
      continue;
    }
    if (!acceptor.socket.is_open()) break;
    // Out of descriptors, mostly: let some connections end first.
    Server::Loop& first = *loops.front();
    asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, Executor> pause(first.io);
    pause.expires_after(std::chrono::milliseconds(first.limits.tick_ms));
    static_cast<void>(co_await pause.async_wait(no_throw));
  }
}

}  // namespace

// ---- The server ----

Server::Server() = default;

Result<std::unique_ptr<Server>> Server::open(const Listen& listen,
                                             const Limits& limits,
                                             const std::vector<Handler*>& handlers) {
  WF_CHECK(!handlers.empty());
  std::unique_ptr<Server> server(new Server());
  server->shared_ = std::make_unique<Shared>(limits);
  error_code failed;
  const auto address = asio::ip::make_address(listen.address, failed);
  if (failed) return fail(Code::invalid, fmt::format("{} is not an IP address", listen.address));
  if (!listen.certificate_file.empty()) {
    Result<asio::ssl::context> tls = tls_of(listen);
    if (!tls) return tl::unexpected<Error>(std::move(tls.error()));
    server->shared_->tls.emplace(std::move(*tls));
  }
  for (Handler* const handler : handlers) {
    const auto index = static_cast<std::uint32_t>(server->loops_.size());
    server->loops_.push_back(std::make_unique<Loop>(*server->shared_, index, *handler));
  }
  server->acceptor_ = std::make_unique<Acceptor>(server->loops_.front()->io);
  const tcp::endpoint endpoint(address, listen.port);
  auto& acceptor = server->acceptor_->socket;
  acceptor.open(endpoint.protocol(), failed);
  if (!failed) acceptor.set_option(asio::socket_base::reuse_address(true), failed);
  if (!failed) acceptor.bind(endpoint, failed);
  if (!failed) acceptor.listen(asio::socket_base::max_listen_connections, failed);
  if (failed) {
    return fail(Code::unavailable,
                fmt::format("{}:{}: {}", listen.address, listen.port, failed.message()));
  }
  return server;
}

Server::~Server() { stop({}); }

void Server::start() {
  WF_CHECK(!loops_.front()->thread.joinable());
  asio::co_spawn(loops_.front()->io, accept_all(*acceptor_, loops_), asio::detached);
  for (const auto& loop : loops_) {
    asio::co_spawn(loop->io, tick(*loop), asio::detached);
    loop->thread = std::thread([one = loop.get()] {
      name_thread("http");
      one->io.run();
    });
  }
}

std::uint16_t Server::port() const { return acceptor_->socket.local_endpoint().port(); }

Counters Server::counters() const {
  Counters sum;
  for (const auto& loop : loops_) {
    const auto add = [](std::uint64_t& to, const std::atomic<std::uint64_t>& counter) {
      to += counter.load(std::memory_order_relaxed);
    };
    const auto& from = loop->counters;
    add(sum.accepted, from.accepted);
    add(sum.open, from.open);
    add(sum.turned_away, from.turned_away);
    add(sum.requests, from.requests);
    add(sum.refused, from.refused);
    add(sum.timed_out, from.timed_out);
  }
  return sum;
}

void Server::post(std::size_t io, std::function<void()> fn) {
  Loop* const loop = loops_[io].get();
  asio::post(loop->io, [loop, run_it = std::move(fn)] {
    run_it();
    loop->resume_answered();
    loop->turn_used();  // what it collected is handed over as a request's would be
  });
}

void Server::respond(Ticket ticket, UpgradeAnswer answer) {
  loops_[ticket.io]->respond(ticket, std::move(answer));
}

void Server::stop(Duration grace) {
  if (loops_.empty() || !loops_.front()->thread.joinable()) return;
  const auto cut_at = Clock::now() + std::chrono::microseconds(grace.us);
  for (const auto& loop : loops_) {
    asio::post(loop->io, [this, one = loop.get(), cut_at] {
      error_code ignored;
      if (one->index == 0) acceptor_->socket.close(ignored);
      one->stopping = true;
      one->cut_at = cut_at;
      one->close_idle();
      one->ticker.cancel();
    });
  }
  for (const auto& loop : loops_) loop->thread.join();
}

}  // namespace wf::gateway
