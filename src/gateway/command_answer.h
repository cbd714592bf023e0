// What a client is told of its command's outcome. Pure.
#pragma once
#include <functional>
#include <optional>
#include <string>

#include "gateway/call.h"
#include "gateway/outcome.h"

namespace wf::gateway {

// What the answer says besides the outcome.
struct AnswerPlan {
  const CommandType* type = nullptr;
  Uuid id;  // of the thing the command makes or changes
  Uuid command;
  std::string location;          // of what it makes; empty: it has no address
  Offsets position;              // what the client had seen
  std::string_view prefix = {};  // of paths: Match::prefix
};

// The events' types as a JSON array, of an earlier outcome; nothing if it is not known here.
using EarlierEvents = std::function<std::optional<std::string>(const Uuid& command)>;

// From the table of outcomes.
EarlierEvents earlier_events(const Services& services);

Response answer_of(const AnswerPlan& plan,
                   const Outcome& outcome,
                   const Uuid& log_id,
                   const EarlierEvents& earlier);

// The problem+json of one of the type's reasons, by name, or of the engine's.
Response refusal_of(const CommandType& type, std::string_view reason);

// Of a closing record: its "reason"; of a duplicate that of the first answer.
std::string reason_of(std::string_view payload);

}  // namespace wf::gateway
