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

std::string_view name(Kind kind);

}  // namespace wf::cli
