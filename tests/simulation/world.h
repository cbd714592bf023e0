// One deployment under one seed: processes, clients and the network between them, taken through a
// plan one action after another.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "simulation/clients.h"
#include "simulation/node.h"
#include "simulation/subscriber.h"
#include "simulation/workers.h"

namespace wf::simulation {

class World {
 public:
  // Something that may happen; a new kind joins by a line in world.cpp.
  struct Kind {
    std::string_view name;
    int weight;
    void (World::*act)();
  };
  static std::span<const Kind> kinds();

  World(std::uint64_t seed, const std::string& directory, bool tracing);
  ~World();

  // Takes the actions, lets everything heal and come to rest, and judges. "" or what is wrong.
  std::string run(const Plan& plan);
  const std::vector<std::string>& trace() const { return env_.trace; }

 private:
  friend struct Kinds;
  struct AtWork;
  void boot();
  void start(std::unique_ptr<Process> process);
  void start_node(int number);
  void start_some();
  void end_some();
  void step_some();
  void step(Process& process);
  void bury(Process& process, bool cleanly);
  void between();
  void reading_while_syncing();
  void sleep();
  void set_a_clock();
  void cut_power();
  void restart_after_power_loss();
  void stray_send();
  void rebuild();
  void save();
  void follow();
  void ask() { clients_.ask(); }
  void ask_again() { clients_.ask_again(); }
  void read() { clients_.read(); }
  void look_up() { clients_.look_up(); }
  void log_in() { clients_.log_in(); }

  void finish();
  void settle();
  void judge();
  bool deliver(const Wire& wire, const Node::Reply& reply);
  Process* somebody();
  std::vector<Node*> nodes() const;
  Node* a_node();

  Environment env_;
  NodeSetup setup_;
  Network network_;
  Clients clients_;
  Shelf shelf_;
  std::vector<std::unique_ptr<Process>> processes_;
  std::vector<std::unique_ptr<Subscriber>> subscribers_;
  int depth_ = 0;         // of processes stepping inside each other's calls
  bool syncing_ = false;  // inside the disk's call: nobody may die
  bool calm_ = false;
  bool power_will_go_ = false;
};

}  // namespace wf::simulation
