// Names are tests; cmake/simulation.cmake reads them here.
#include "simulation/lessons.h"

namespace wf::simulation {

std::span<const Lesson> lessons() {
  static const std::vector<Lesson> all{
      {"events_are_not_skipped",
       "marten #3122, #4953; Eventuous #222; commanded/eventstore #3; akka-projection #391",
       {{"ask", 3}, {"start", 4}}},
      {"a_rebuild_loses_nothing",
       "marten #3690, #4721, #4147; idiomatic-critter-stack #25; Emmett #286",
       {{"rebuild", 15}, {"save", 2}, {"end", 2}, {"start", 2}}},
      {"effects_are_not_fired_again",
       "marten #4729; Chronicle #3701; eventually-monorepo #63",
       {{"stray send", 10}, {"end", 3}, {"start", 4}}},
      {"restored_stores_agree_with_their_positions",
       "Kafka #22741, #22716, #22526; littlehorse #1081",
       {{"save", 6}, {"end", 6}, {"start", 6}}},
      {"what_is_not_loaded_is_not_missing",
       "ksql #4170, #6249; commanded #296, #338",
       {{"read", 12}, {"end", 5}, {"start", 5}}},
      {"subscriptions_do_not_stall",
       "kurrent #2763, #3449, #1392, #2629",
       {{"follow", 12}, {"end", 4}, {"start", 5}}},
      {"recovery_decides_the_same",
       "kurrent #3400, #402",
       {{"end", 8}, {"start", 8}, {"sleep", 3}}},
      {"clocks_do_not_own",
       "AxonFramework #422, #4825, #5050, #2232",
       {{"clock", 15}, {"start", 8}, {"ask", 2}}},
      {"a_log_that_lost_its_tail_is_noticed", "restate #2808, #4824", {{"power", 12}}},
  };
  return all;
}

const Lesson* lesson(std::string_view name) {
  for (const Lesson& one : lessons()) {
    if (one.name == name) return &one;
  }
  return nullptr;
}

}  // namespace wf::simulation
