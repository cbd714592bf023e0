// Tables whose stores are in other processes, read over sockets (table_server.h).
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/uuid.h"
#include "storage/table_view.h"

namespace wf {

namespace remote {
class RemoteNode;
class RemoteTable;
}  // namespace remote

// A process that serves tables. Several may serve the same one.
struct TableNode {
  std::string address;  // `unix:PATH` or `host:port`
  std::vector<std::string> tables;
};

struct RemoteTablesOptions {
  Uuid log_id = {};                             // nodes of another log are not asked
  Duration request_max = Duration::seconds(2);  // for one question, over all nodes it is put to
  // A node not heard of for so long is not asked, nor one that is so far behind another.
  Duration silence_max = Duration::seconds(1);
  Duration retry = Duration::millis(100);  // between two attempts to reach a node
  std::size_t connections_max = 16;        // per node; who finds none free waits for one
  // Once when a node is lost, and when it is there again. Any thread.
  std::function<void(std::string_view)> alarm = [](std::string_view) {};
};

// Each table as a TableView. A question goes to one node that is up, live, and not behind what
// state() has said before; the next one is asked when it fails or says nothing at all, not when it
// is slow. So no answer is from before what state() said, though an earlier answer may have been
// ahead of that, and a page is of one node. state() is a look at what the node pushed last: it
// costs no question, and is never ahead of what a read sees. Without such a node: Code::unavailable
// at once, and state().live is false. Code::full: those there are had no connection left.
// Code::timeout: request_max has passed, or half of it where another node might have been asked.
// Thread-safe.
class RemoteTables {
 public:
  // Code::invalid: an address that is none, a table not among `types`, or too many nodes. The types
  // outlive it.
  static Result<std::unique_ptr<RemoteTables>> open(const std::vector<TableNode>& nodes,
                                                    std::span<const TableType* const> types,
                                                    RemoteTablesOptions options);
  ~RemoteTables();

  // Before start(). Any row may have changed after a reconnect, too, and past a bound. Called by
  // one thread per node.
  void on_rows(OnRows callback) { on_rows_ = std::move(callback); }
  // Begins to reach for the nodes; until then, and until one answers, nothing is live.
  void start();
  // Nothing is live any more, and on_rows is not called again.
  void stop();

  std::vector<const TableView*> tables() const;
  // Null if no node has it.
  const TableView* table(std::string_view name) const;
  // Whether within `patience` the table is live and has folded all before `offsets`. Blocks.
  bool wait_for(std::string_view name, const Offsets& offsets, Duration patience) const;

 private:
  RemoteTables();
  OnRows on_rows_;
  std::map<std::string, std::unique_ptr<remote::RemoteTable>, std::less<>> tables_;
  std::vector<std::unique_ptr<remote::RemoteNode>> nodes_;  // go first: their threads tell tables
};

}  // namespace wf
