// Clients: they ask, lose patience, ask again, and hold the gateway to every answer it gave.
#pragma once
#include <memory>
#include <optional>

#include "simulation/bodies.h"
#include "simulation/network.h"
#include "simulation/node.h"

namespace wf::simulation {

// An answer that says how a command was decided.
struct Answered {
  int status = 0;
  Uuid command;
  Uuid id;
  std::uint64_t stream_version = 0;
  std::string code;    // of a refusal
  std::string events;  // empty: the answer to a retry may not know them
};

// What a client saw of a row: it must be what the log made of it, at or after the position asked
// for.
struct Sight {
  std::string table;
  Uuid id;
  std::string json;
  std::string position;
};

// One command as its client sees it: the same request, however often it is sent.
struct Ask {
  std::uint64_t number = 0;
  const CommandType* type = nullptr;
  std::size_t by = 0;
  Wire wire;
  Uuid correlation;
  std::optional<std::size_t> thing;  // that its path names…
  bool knows_its_row = false;        // …and the position it sends covers
  int possible = 0;      // copies a gateway took and did not say of that nothing was written
  bool pending = false;  // acknowledged with 202
  int dismissed = 0;     // answers that no retry would change: 401, 403, 404…
  std::optional<Answered> answer;
  Uuid command;                       // as an answer named it; {}: none did
  std::vector<std::string> outcomes;  // what /commands/{id} said of it
  // Who registers has no token to ask with.
  bool can_be_looked_up() const {
    return command != Uuid{} && wire.headers.front().first == "Authorization";
  }
};

// Puts a request into some gateway's hands, now or never (false).
using Deliver = std::function<bool(const Wire&, const Node::Reply&)>;

class Clients {
 public:
  Clients(Environment& env, const gateway::Secrets& secrets, Network& network, Deliver deliver);

  void ask();        // a new command
  void ask_again();  // an earlier one
  void read();       // something it created
  void look_up();    // what became of an earlier one
  void log_in();     // registers, or logs in
  // Everybody who has no answer asks again. False: nobody had to.
  bool ask_unanswered();
  void look_up_all();

  const std::vector<std::shared_ptr<Ask>>& asks() const { return asks_; }
  const Known& known() const { return known_; }
  const std::vector<Sight>& sights() const { return sights_; }

 private:
  std::size_t add(std::string_view who, std::initializer_list<std::string_view> roles);
  std::size_t somebody(std::uint32_t roles) const;
  void send(const std::shared_ptr<Ask>& ask);
  void hear(Ask& ask, const gateway::Response& response);
  void look_up(const std::shared_ptr<Ask>& ask);
  void hear_outcome(Ask& ask, const gateway::Response& response);
  void learn(const Ask& ask, const Answered& answer, const std::string& position);
  void hear_read(Sight sight, const gateway::Response& response);

  Environment& env_;
  Network& network_;
  Deliver deliver_;
  gateway::Tokens tokens_;
  std::vector<const CommandType*> types_;  // of commands with a route
  Known known_;
  std::vector<std::shared_ptr<Ask>> asks_;
  std::vector<Sight> sights_;
};

}  // namespace wf::simulation
