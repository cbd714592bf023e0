// The io loop of one server: its connections, tickets and turns. Included by the socket files only.
#pragma once
#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/ssl/context.hpp>
#include "gateway/net.h"

namespace wf::gateway {

class Server::Loop {
 public:
  Loop(const Limits& the_limits, Handler& the_handler) : limits(the_limits), handler(the_handler) {}

  const Limits limits;
  Handler& handler;
  asio::io_context io{1};  // one thread
  HttpDate date;
  Clock::time_point now = Clock::now();  // as of the last tick
  bool stopping = false;

  // ---- connections ----
  // Whether one more from `ip` is within the limits; if so it counts until left().
  bool admit(const std::string& ip);
  void left(const std::string& ip);
  void add(Connection& connection);
  void remove(Connection& connection);
  std::size_t open() const { return slots_.size() - free_.size(); }

  // ---- requests in flight ----
  Ticket ticket(const Connection& connection) const;
  void retire(const Connection& connection);  // its tickets so far are void
  void respond(Ticket ticket, Response response);
  void resume_answered();
  void request_handled();  // the turn will end with Handler::turn_ended
  void turn_used();

  // ---- time and the end ----
  void expire_due();
  void close_idle();  // at the start of a shutdown
  void cut_all();     // at its end
  Clock::time_point after(std::int64_t ms) const;

  struct {
    std::atomic<std::uint64_t> accepted{0}, open{0}, turned_away{0}, requests{0}, refused{0},
        timed_out{0};
  } counters;

  // ---- the server's own ----
  asio::basic_socket_acceptor<asio::ip::tcp, Executor> acceptor{io};
  asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, Executor> ticker{io};
  std::optional<asio::ssl::context> tls;
  Clock::time_point cut_at = Clock::time_point::max();  // the end of the grace of stop()
  std::thread thread;

 private:
  struct Slot {
    Connection* connection = nullptr;
    std::uint32_t generation = 0;
  };
  struct TurnEnd;
  void end_turn();
  void arm_turn();

  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  std::unordered_map<std::string, std::size_t> per_ip_;
  std::size_t admitted_ = 0;
  std::vector<Ticket> answered_;
  std::vector<Ticket> resuming_;
  bool turn_armed_ = false;
  bool used_ = false;
};

}  // namespace wf::gateway
