// Every bound of the socket layer, with its default. A plain value; times are milliseconds, sizes
// bytes.
#pragma once
#include <cstddef>
#include <cstdint>

namespace wf::gateway {

struct Limits {
  // ---- one request ----
  std::size_t header_bytes_max = 16 * 1024;  // request line and fields → 431
  std::size_t headers_max = 64;              // fields of one request → 431
  std::size_t body_bytes_max = 1024 * 1024;  // after unchunking → 413
  std::size_t pipelined_max = 16;            // answers gathered before they are written

  // ---- connections ----
  std::size_t connections_max = 16'384;  // all of them, WebSockets too → 503
  std::size_t connections_per_ip_max =
      4096;  // of one address; low ones do not suit a reverse proxy → 503

  // ---- time ----
  std::int64_t header_ms_max =
      10'000;  // first byte of a request → its last header line; TLS handshake → 408
  std::int64_t body_ms_max = 30'000;   // last header line → last byte of the body → 408
  std::int64_t idle_ms_max = 60'000;   // between two requests → closed
  std::int64_t write_ms_max = 30'000;  // one write of gathered answers → closed
  std::int64_t linger_ms_max = 1'000;  // waiting for the client to read a last answer → closed
  std::int64_t tick_ms = 50;           // how often deadlines are looked at; at least 1

  // ---- WebSocket ----
  std::size_t message_bytes_max = 64 * 1024;   // one message from a client → closed with 1009
  std::size_t queued_messages_max = 1024;      // waiting for one client → cut with 1013
  std::size_t queued_bytes_max = 1024 * 1024;  // the same, in bytes → cut with 1013
  std::int64_t ping_ms = 20'000;  // silence → a ping; silence for twice as long → cut
  std::int64_t websocket_close_ms_max = 2'000;  // a close handshake
};

}  // namespace wf::gateway
