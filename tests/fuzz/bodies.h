// Bodies of events and commands from a fuzzer's choices: the schemas' samples, changed here and
// there.
#pragma once
#include <span>
#include <string>
#include <string_view>

#include "base/aggregate.h"
#include "fuzz/input.h"

namespace wf::fuzz {

// Up to seven changes of a sample: another id, time, number or text, a member less or null, an
// array longer or shorter. A value is named by its place, so that a mutated byte changes one value.
// With an empty input the document as the gateway writes it on the log: 1e3 as 1000.
std::string body_of(std::string_view sample, Input& input);

// The body of a command as it comes onto the log, made of its sample; empty if the gateway refuses
// it.
std::string command_of(const CommandType& type, Input& input);

// What tests/golden/events holds: every version of every event.
struct Sample {
  const EventType* type;
  std::string text;
};
std::span<const Sample> event_samples();

// An id by a choice: nobody's, the system's, one that stands in samples (of one name they have the
// same), or of something the n-th command made.
Uuid some_id(std::uint8_t choice);
Uuid command_id(std::size_t n);

}  // namespace wf::fuzz
