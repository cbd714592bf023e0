// Everything of the gateway above the sockets: from a Request to a Response, at once or later.
#pragma once
#include <atomic>
#include <memory>

#include "gateway/auth_handler.h"
#include "gateway/authenticator.h"
#include "gateway/backend.h"
#include "gateway/call.h"
#include "gateway/channels.h"
#include "gateway/command_handler.h"
#include "gateway/cors.h"
#include "gateway/parked.h"
#include "gateway/query_handler.h"

namespace wf::gateway {

// How an answer reaches its connection. Only on the App's io thread.
using Respond = std::function<void(Ticket, UpgradeAnswer)>;

// One per io thread. Handler's functions on that thread; rows_changed() from any.
class App : public Handler {
 public:
  // `io`: which of the backend's io threads it lives on.
  App(Backend& backend, std::size_t io, Respond respond);

  // To be called after each batch a table folded, when its rows are readable. Returns at once.
  void rows_changed(const TableInfo& table, const std::vector<std::string>& keys);

  std::optional<Response> handle(const Request& request, Ticket ticket) override;
  std::optional<UpgradeAnswer> upgrade(const Request& request, Ticket ticket) override;
  bool wants_events(const Request& request) const override;
  void turn_ended() override { backend_.submitter.turn_ended(io_); }
  void tick() override;

 private:
  Exchange exchange_of(const Request& request, Ticket ticket) const;
  std::optional<Response> run(const Request& request, Exchange exchange);
  Answer dispatch(const Request& request, const Match& match, const Exchange& exchange);
  std::variant<Offsets, Response> position_of(const Request& request) const;
  // Who asks, or why it is not heard. One that asks again after it waited is not counted again.
  std::variant<Caller, Response> admit(const Request& request,
                                       const Route& route,
                                       const Exchange& exchange,
                                       Instant now);
  std::optional<Response> limited(std::uint64_t key, const Rate& rate, Instant now);
  std::optional<Response> limited_by_address(const Exchange& exchange,
                                             const Route& route,
                                             Instant now);
  std::optional<Response> limited_by_principal(const Caller& caller, bool importer, Instant now);
  std::optional<UpgradeAnswer> open_channel(const Request& request, const Exchange& exchange);
  // False: its patience has ended, or too many wait.
  bool park(const Request& request, Exchange exchange, NotYet wanted);
  void retry_parked();
  Answer page(const Call& call);
  Answer command_page(const Call& call);
  Metrics::Gauges gauges() const;
  Instant behind_since() const;
  Response ready_page() const;
  Response metrics_page();
  Response unmatched(const Request& request, const Match& match) const;
  Response finish(const Exchange& exchange, Response response);

  Later later();

  Backend& backend_;
  const std::size_t io_;
  const Services& services_;
  const Respond respond_;
  CommandSender sender_;
  Authenticator authenticator_;
  QueryHandler queries_;
  CommandHandler commands_;
  AuthHandler auth_;
  Channels channels_;
  Cors cors_;
  Metrics& metrics_;
  Parked parked_;
  std::atomic<std::size_t> parked_count_ = 0;
  std::atomic<bool> retry_posted_ = false;
  std::uint32_t importer_role_ = 0;
};

}  // namespace wf::gateway
