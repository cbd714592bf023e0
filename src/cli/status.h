// How far everything of a deployment is, as `wayfold lag` prints it.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/engine.h"

namespace wf::cli {

struct SlotStatus {
  std::string family;
  std::uint32_t partition = 0;
  Offset commands_end = 0;
  Offset events_end = 0;
  Offset decided = 0;  // the command to decide next; −1: its decider has not come so far yet
  std::uint64_t forwarded = 0;
  std::string failure;                   // of its decider; empty: none
  std::map<std::string, Offset> tables;  // the event each reads next

  bool opening() const { return decided < 0; }
  std::int64_t undecided() const { return commands_end - (opening() ? 0 : decided); }  // at most
};
struct ProjectorStatus {
  std::string failing_since;  // a time; empty: it folds
  bool stopped = false;       // for good; else it tries again
};
struct TableStatus {
  std::string name;
  std::string generation;
  bool live = false;
  std::uint64_t quarantined = 0;
  std::string frozen_since;         // a time; empty: it is fed
  std::int64_t built_percent = -1;  // of its next generation; −1: none is being built
  std::string failing_since;  // a time: its store fails, and it is not folded on; empty: it is
};
struct Status {
  std::vector<SlotStatus> slots;
  std::vector<TableStatus> tables;
  std::uint64_t folded = 0;  // events since the process started
  std::optional<ProjectorStatus> projector;
};

Result<Status> status_of(Engine& engine);
void append_status_json(std::string& out, const Status& status);
Result<std::string> status_json(Engine& engine);
// What append_status_json() wrote.
Result<Status> parse_status(std::string_view json);

}  // namespace wf::cli
