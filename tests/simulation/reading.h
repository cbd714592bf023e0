// Everything the log says at the end, read without faults.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "log/test_outcomes.h"
#include "simulation/environment.h"

namespace wf::simulation {

struct Partition {
  Slot events;
  Slot commands;
  test::History log;                    // of events
  test::History asked;                  // of commands
  std::vector<test::Outcome> outcomes;  // what counts, by a fence of our own
};

// Views live as long as this does.
struct Reading {
  explicit Reading(Environment& env);
  std::vector<Partition> partitions;
};

// The member of a flat JSON object as text, without quotes; empty: it has none.
std::string field(std::string_view json, std::string_view name);

}  // namespace wf::simulation
