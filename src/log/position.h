// A Position as bytes, the way every store keeps it.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "log/fence.h"

namespace wf {

std::string bytes_of(const Position& position);
std::optional<Position> position_of(std::string_view bytes);  // nothing: not what bytes_of() made

}  // namespace wf
