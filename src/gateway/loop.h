// The io loops of a server: their connections, tickets and turns. Included by the socket files
// only.
#pragma once
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/ssl/context.hpp>
#include "gateway/net.h"

namespace wf::gateway {

// What the loops share. Thread-safe; `tls` is set before they run.
struct Server::Shared {
  explicit Shared(const Limits& the_limits) : limits(the_limits) {}

  const Limits limits;
  std::optional<asio::ssl::context> tls;

  // Whether one more connection from `ip` is within the limits. One that is over them is told so,
  // unless too many are being told already. Admitted and told ones count until left().
  enum class Admitted : std::uint8_t { yes, told, no };
  Admitted admit(const std::string& ip);
  void left(const std::string& ip, bool admitted);

 private:
  std::mutex mutex_;
  std::unordered_map<std::string, std::size_t> per_ip_;
  std::size_t admitted_ = 0;
  std::size_t told_ = 0;
};

// One io thread's.
class Server::Loop {
 public:
  Loop(Shared& the_shared, std::uint32_t the_index, Handler& the_handler)
      : shared(the_shared), limits(the_shared.limits), index(the_index), handler(the_handler) {}

  Shared& shared;
  const Limits& limits;
  const std::uint32_t index;
  Handler& handler;
  asio::io_context io{1};  // one thread
  HttpDate date;
  Clock::time_point now = Clock::now();  // as of the last tick
  bool stopping = false;

  // ---- connections ----
  void add(Connection& connection);
  void remove(Connection& connection);
  std::size_t open() const { return slots_.size() - free_.size(); }

  // ---- requests in flight ----
  Ticket ticket(const Connection& connection) const;
  void retire(const Connection& connection);  // its tickets so far are void
  void respond(Ticket ticket, UpgradeAnswer answer);
  void resume_answered();
  void request_handled();  // the turn will end with Handler::turn_ended
  void turn_used();

  // ---- time and the end ----
  void expire_due();
  void close_idle();  // from the start of a shutdown on
  void cut_all();     // at its end
  Clock::time_point after(std::int64_t ms) const;

  struct {
    std::atomic<std::uint64_t> accepted{0}, open{0}, turned_away{0}, requests{0}, refused{0},
        timed_out{0};
  } counters;

  // ---- the server's own ----
  asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, Executor> ticker{io};
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
  std::vector<Ticket> answered_;
  std::vector<Ticket> resuming_;
  bool turn_armed_ = false;
  bool used_ = false;
};

}  // namespace wf::gateway
