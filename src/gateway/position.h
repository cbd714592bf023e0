// What a client has seen of the log, as the opaque token of the Wayfold-Position header. Values;
// any thread.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/uuid.h"
#include "storage/table_view.h"

namespace wf::gateway {

// More than a deployment's families have partitions, and what fits into a request's header.
inline constexpr std::size_t position_slots_max = 1024;

// base64url of: format, the log's id, then per topic its slots and their offsets.
std::string encode_position(const Uuid& log, const Offsets& offsets);
// Nothing if it is not a token of ours. Whether it is of this log, the caller compares.
struct PositionToken {
  Uuid log;
  Offsets offsets;
};
std::optional<PositionToken> decode_position(std::string_view text);

// Raises `into` to at least `other`, slot by slot.
void merge_offsets(Offsets& into, const Offsets& other);

// Whether a table has folded all that `wanted` asks of the slots it folds. Before it says how far
// it has come in any, it has come nowhere.
bool has_reached(const TableState& table, const Offsets& wanted);

// Whether a table at `reached` has folded all that `wanted` asks of the slots the table folds.
bool covers(const Offsets& reached, const Offsets& wanted);

}  // namespace wf::gateway
