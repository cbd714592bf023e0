// The gateway of one process: an App per io thread behind a listening server.
#pragma once
#include <memory>
#include <vector>

#include "gateway/app.h"
#include "gateway/server.h"

namespace wf::gateway {

// start() and stop() once each, from one thread; the rest from any.
class Gateway {
 public:
  // Listens (address, port and limits as services.process.http says) but serves nothing yet.
  // Errors: those of Server::open.
  static Result<std::unique_ptr<Gateway>> open(Services services);
  ~Gateway();

  // Code::mismatch: the secrets are not those the log's keys were wrapped with.
  Result<void> start();
  // Lets requests in flight finish for up to `grace`.
  void stop(Duration grace = Duration::seconds(5));

  std::uint16_t port() const { return server_->port(); }
  // Whether there are pages at /docs.
  bool has_docs() const { return backend_->docs.available(); }
  const Tokens& tokens() const { return backend_->tokens; }
  // For the projector's on_rows.
  void rows_changed(const TableInfo& table, const std::vector<std::string>& keys);

 private:
  Gateway() = default;

  std::unique_ptr<Backend> backend_;
  std::vector<std::unique_ptr<App>> apps_;
  std::unique_ptr<Server> server_;  // goes first
  bool stopped_ = false;
};

}  // namespace wf::gateway
