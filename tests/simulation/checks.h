// What must hold when everything has come to rest. A new check joins by a line in checks.cpp.
#pragma once
#include <memory>
#include <vector>

#include "simulation/clients.h"
#include "simulation/node.h"
#include "simulation/reading.h"
#include "simulation/subscriber.h"
#include "simulation/workers.h"

namespace wf::simulation {

struct Facts {
  const Reading& reading;
  const Clients& clients;
  const std::vector<std::unique_ptr<Subscriber>>& subscribers;
  std::vector<Owner*> owners;
  std::vector<Node*> nodes;
};

// The first thing that is wrong ends the run (Environment::fail).
void check_all(const Facts& facts, Environment& env);

// check_outcomes.cpp
void every_command_has_one_outcome(const Facts& facts, Environment& env);
void readers_agree(const Facts& facts, Environment& env);
void time_never_goes_back(const Facts& facts, Environment& env);
void sends_arrive_once(const Facts& facts, Environment& env);
// check_decisions.cpp
void decided_again_it_is_the_same(const Facts& facts, Environment& env);
// check_answers.cpp
void acknowledged_is_there(const Facts& facts, Environment& env);
void outcomes_are_told(const Facts& facts, Environment& env);
void reservations_do_not_overlap(const Facts& facts, Environment& env);
// check_tables.cpp
void tables_are_folds(const Facts& facts, Environment& env);

}  // namespace wf::simulation
