// A client that follows one row over a WebSocket, across cuts and nodes.
#pragma once
#include <string>
#include <vector>

#include "simulation/node.h"

namespace wf::simulation {

// What one message said.
struct Shown {
  std::uint64_t sequence = 0;
  std::string row;  // "null": there is none any more
};

class Subscriber {
 public:
  Subscriber(std::string of, const Uuid& row) : table(std::move(of)), id(row) {}

  bool connected() const { return pipe_ != nullptr && pipe_->open; }
  void connect(Environment& env, Node& node);
  // Messages that did not leave the pipe before a cut are lost.
  void cut() { pipe_.reset(); }
  void read(Environment& env, std::size_t most);

  const std::string table;
  const Uuid id;
  std::vector<Shown> seen;

 private:
  std::uint64_t last() const { return seen.empty() ? 0 : seen.back().sequence; }
  std::shared_ptr<Pipe> pipe_;
};

}  // namespace wf::simulation
