// Serves tables of this process to gateways in others.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/uuid.h"
#include "storage/table_view.h"

namespace wf {

struct TableServerOptions {
  std::string address = {};  // `unix:PATH` (0600), or a loopback, private or link-local `host:port`
  Uuid log_id = {};          // a reader of another log's is refused
  const PlatformConfig* platform = nullptr;    // what answer() is given
  std::size_t connections_max = 256;           // each has a thread; more are told so and closed
  Duration io_max = Duration::seconds(2);      // for a frame that began to arrive or leave
  Duration idle_max = Duration::seconds(60);   // between two questions
  Duration heartbeat = Duration::millis(250);  // at most so long between two pushes
  std::size_t changed_keys_max = 4'096;  // of a table that wait for one watcher; then: all changed
  // Since when no table here is folded; {0}: they are. Empty: always. Any thread.
  std::function<Instant()> failing_since = {};
};

// A question is answered by a thread of its connection, from the view itself: as thread-safe, as
// consistent and as fast as the view. Only a live table is read. Thread-safe.
class TableServer {
 public:
  // The views and the platform outlive the server. Errors are those of the address: invalid,
  // forbidden, unavailable (in use), io.
  static Result<std::unique_ptr<TableServer>> open(std::vector<const TableView*> tables,
                                                   TableServerOptions options);
  // Cuts every connection.
  ~TableServer();

  // Where it listens; with the port, if 0 was asked for.
  const std::string& address() const;

  // Rows changed, and the change is visible. Watchers are told with the next moved().
  void rows_changed(const TableInfo& table, const std::vector<std::string>& keys);
  // Positions may have moved; cheap when nobody watches.
  void moved();

 private:
  class Impl;
  explicit TableServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace wf
