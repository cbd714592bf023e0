// Put together from the configuration; started and stopped in the order its parts need each other.
#include "gateway/backend.h"

#include <algorithm>

namespace wf::gateway {
namespace {

constexpr std::string_view issuer = "wayfold";

std::size_t size(std::int64_t value) { return static_cast<std::size_t>(value); }

SubmitterOptions submitter_options(const Services& services) {
  const GatewayConfig& config = services.process.gateway;
  return {.queue_bytes_max = size(config.append_queue_bytes_max),
          .batch_max = size(config.batch_max),
          .lag_max = config.decider_lag_max,
          .stuck_after = Duration::millis(config.append_stuck_ms),
          .clock = services.clock};
}

}  // namespace

Backend::Backend(Services the_services, Posts io, PasswordCost cost)
    : services(std::move(the_services)),
      posts(std::move(io)),
      password_cost(cost),
      router(services.catalogue),
      tokens(services.secrets, services.catalogue.roles, std::string(issuer)),
      keys(services.log, services.secrets),
      waiting(size(services.process.gateway.inflight_max)),
      tail(services.log,
           services.catalogue,
           waiting,
           posts,
           services.positions,
           Duration::millis(services.process.gateway.log_answer_ms_max)),
      submitter(
          services.log, services.catalogue, waiting, tail, submitter_options(services), posts),
      login_pool(size(services.process.login.threads), size(services.process.login.queue_max)),
      key_pool(size(services.process.login.threads), size(services.process.login.queue_max)),
      limits(size(services.process.rate.entries_max)),
      unwritten(size(services.process.http.unwritten_bytes_max),
                size(services.process.http.unwritten_bytes_per_ip_max)),
      ended_sessions(size(services.process.gateway.ended_sessions_max)),
      docs(services.docs_directory) {
  while (metrics.size() < posts.size()) metrics.push_back(std::make_unique<Metrics>(router));
}

Backend::~Backend() { stop(); }

Result<void> Backend::start() {
  if (auto started = keys.start(); !started) return started;
  tail.start();
  submitter.start();
  return {};
}

bool Backend::step(Instant now) {
  keys.step();
  const bool hashed = login_pool.step();
  const bool sealed = key_pool.step();
  const bool appended = submitter.step();
  tail.sample(now);
  const bool read = read_back(now);
  return hashed || sealed || appended || read;
}

bool Backend::read_back(Instant now) {
  const auto more = tail.step(now);
  return more && *more;
}

void Backend::stop() {
  login_pool.stop();
  key_pool.stop();
  submitter.stop();
  tail.stop();
  keys.stop();
}

bool Backend::ready() const {
  // A table that is left out is alone in that: its rows say how old they are, the others go on.
  const bool tables = std::ranges::all_of(services.tables, [](const auto& one) {
    const TableState state = one.second->state();
    return state.live || state.failing_since;
  });
  return tables && tail.caught_up() && !keys.failed() && !submitter.down() &&
         (!services.ready || services.ready());
}

}  // namespace wf::gateway
