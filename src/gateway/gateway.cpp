// The configuration's limits become the socket layer's.
#include "gateway/gateway.h"

namespace wf::gateway {
namespace {

std::size_t size(std::int64_t value) { return static_cast<std::size_t>(value); }

Limits limits_of(const ProcessConfig& process) {
  const HttpConfig& http = process.http;
  const WebsocketConfig& websocket = process.websocket;
  Limits limits;
  limits.header_bytes_max = size(http.header_bytes_max);
  limits.headers_max = size(http.headers_max);
  limits.body_bytes_max = size(http.body_bytes_max);
  limits.pipelined_max = size(http.pipelined_max);
  limits.connections_max = size(http.connections_max);
  limits.connections_per_ip_max = size(http.connections_per_ip_max);
  limits.header_ms_max = http.header_ms_max;
  limits.body_ms_max = http.body_ms_max;
  limits.idle_ms_max = http.idle_ms_max;
  limits.write_ms_max = http.write_ms_max;
  limits.linger_ms_max = http.linger_ms_max;
  limits.message_bytes_max = size(websocket.message_bytes_max);
  limits.queued_messages_max = size(websocket.queued_messages_max);
  limits.queued_bytes_max = size(websocket.queued_bytes_max);
  limits.ping_ms = websocket.ping_ms;
  limits.websocket_close_ms_max = websocket.close_ms_max;
  return limits;
}

}  // namespace

Result<std::unique_ptr<Gateway>> Gateway::open(Services services) {
  std::unique_ptr<Gateway> gateway(new Gateway());
  Gateway* const self = gateway.get();
  const HttpConfig& http = services.process.http;
  const Listen listen{
      http.address, static_cast<std::uint16_t>(http.port), http.tls_certificate, http.tls_key};
  const Limits limits = limits_of(services.process);
  Posts posts;
  for (std::int64_t io = 0; io < http.threads; ++io) {
    posts.push_back([self, io](std::function<void()> fn) {
      self->server_->post(static_cast<std::size_t>(io), std::move(fn));
    });
  }
  gateway->backend_ = std::make_unique<Backend>(std::move(services), std::move(posts));
  std::vector<Handler*> handlers;
  for (std::size_t io = 0; io < gateway->backend_->posts.size(); ++io) {
    gateway->apps_.push_back(
        std::make_unique<App>(*gateway->backend_, io, [self](Ticket ticket, UpgradeAnswer answer) {
          self->server_->respond(ticket, std::move(answer));
        }));
    handlers.push_back(gateway->apps_.back().get());
  }
  auto server = Server::open(listen, limits, handlers);
  if (!server) return tl::unexpected(server.error());
  gateway->server_ = std::move(*server);
  return gateway;
}

Gateway::~Gateway() { stop({}); }

Result<void> Gateway::start() {
  if (auto started = backend_->start(); !started) return started;
  server_->start();
  return {};
}

void Gateway::rows_changed(const TableInfo& table, const std::vector<std::string>& keys) {
  for (const auto& app : apps_) app->rows_changed(table, keys);
}

void Gateway::stop(Duration grace) {
  if (stopped_ || !server_) return;
  stopped_ = true;
  server_->stop(grace);
  backend_->stop();
}

}  // namespace wf::gateway
