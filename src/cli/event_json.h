// Records as CloudEvents 1.0 in JSON, one per line.
#pragma once
#include <string>
#include <string_view>

#include "log/record.h"

namespace wf::cli {

enum class Accepted : std::uint8_t { yes, no, control, not_asked };

// Appends one line. `topic` is the slot's; extension attributes carry Wayfold's own fields.
// Quick: replay calls it a million times a second.
void append_event_json(std::string& out, const Slot& slot, const Record& record, Accepted accepted);

// `json` with null for every hash of a password: they are nobody's to read, and of a person who was
// forgotten they stay on the log. For aggregates and tables that have them.
void append_without_hashes(std::string& out, std::string_view json);

std::string_view name(Kind kind);

}  // namespace wf::cli
