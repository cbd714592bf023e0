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
  gateway->app_ = std::make_unique<App>(
      std::move(services),
      Io{[self](std::function<void()> fn) { self->server_->post(std::move(fn)); },
         [self](Ticket ticket, Response response) {
           self->server_->respond(ticket, std::move(response));
         }});
  auto server = Server::open(listen, limits, *gateway->app_);
  if (!server) return tl::unexpected(server.error());
  gateway->server_ = std::move(*server);
  return gateway;
}

Gateway::~Gateway() { stop({}); }

Result<void> Gateway::start() {
  if (auto started = app_->start(); !started) return started;
  server_->start();
  return {};
}

void Gateway::stop(Duration grace) {
  if (stopped_ || !server_) return;
  stopped_ = true;
  server_->stop(grace);
  app_->stop();
}

}  // namespace wf::gateway
