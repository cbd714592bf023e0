// Everything of the gateway above the sockets: from a Request to a Response, at once or later.
#pragma once
#include <atomic>
#include <memory>

#include "base/password.h"
#include "gateway/auth_handler.h"
#include "gateway/authenticator.h"
#include "gateway/call.h"
#include "gateway/channels.h"
#include "gateway/command_handler.h"
#include "gateway/cors.h"
#include "gateway/docs.h"
#include "gateway/key_ring.h"
#include "gateway/metrics.h"
#include "gateway/outcome_tail.h"
#include "gateway/parked.h"
#include "gateway/query_handler.h"
#include "gateway/rate_limit.h"
#include "gateway/router.h"
#include "gateway/submitter.h"

namespace wf::gateway {

// The io loop an App lives on. `respond` only on the io thread.
struct Io {
  Post post;
  std::function<void(Ticket, Response)> respond;
};

// Handler's functions on the io thread; start(), stop() and rows_changed() from any other.
class App : public Handler {
 public:
  App(Services services, Io io, PasswordCost cost = {});
  ~App() override;

  // Reads the keys topic; then the threads that append, read back and hash run.
  Result<void> start();
  // After the io thread has ended.
  void stop();

  // To be called after each batch a table folded, when its rows are readable. Returns at once.
  void rows_changed(const TableInfo& table, const std::vector<std::string>& keys);

  std::optional<Response> handle(const Request& request, Ticket ticket) override;
  std::variant<Accept, Response> upgrade(const Request& request) override;
  void turn_ended() override { submitter_.turn_ended(); }
  void tick() override;

  const Tokens& tokens() const { return tokens_; }
  KeyRing& keys() { return keys_; }
  bool ready() const;

 private:
  std::optional<Response> run(const Request& request, Exchange exchange);
  Answer dispatch(const Request& request, const Match& match, const Exchange& exchange);
  std::variant<Offsets, Response> position_of(const Request& request) const;
  // Who asks, or why it is not heard. `counted`: it asks again what it asked before.
  std::variant<Caller, Response> admit(const Request& request,
                                       const Route& route,
                                       bool counted,
                                       Instant now);
  std::optional<Response> limited(std::uint64_t key, const Rate& rate, Instant now);
  std::optional<Response> limited_by_address(const Request& request,
                                             const Route& route,
                                             Instant now);
  std::optional<Response> limited_by_principal(const Caller& caller, bool importer, Instant now);
  std::optional<Response> park(const Request& request, Exchange exchange, const TableView* table);
  void retry_parked();
  Answer page(const Call& call);
  Answer command_page(const Call& call);
  Response ready_page() const;
  Response metrics_page() const;
  Response unmatched(const Request& request, const Match& match) const;
  Response finish(const Exchange& exchange, Response response);

  const Services services_;
  Io io_;
  Router router_;
  Tokens tokens_;
  KeyRing keys_;
  Waiting waiting_;
  OutcomeTail tail_;
  Submitter submitter_;
  WorkPool login_pool_;  // passwords
  WorkPool key_pool_;    // commands whose fields need one, or a key
  CommandSender sender_;
  Authenticator authenticator_;
  QueryHandler queries_;
  CommandHandler commands_;
  AuthHandler auth_;
  Channels channels_;
  Cors cors_;
  Docs docs_;
  Metrics metrics_;
  RateLimit limits_;
  Parked parked_;
  std::atomic<std::size_t> parked_count_ = 0;
  std::atomic<bool> retry_posted_ = false;
  std::uint32_t importer_role_ = 0;
};

}  // namespace wf::gateway
