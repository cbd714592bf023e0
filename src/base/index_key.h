// Keys of rows and indexes as bytes whose order is the order of the values. Part of the stored
// format: a change needs a new generation of every table.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/table.h"
#include "base/time.h"
#include "base/uuid.h"

namespace wf {

enum class IndexOrder : std::uint8_t { ascending, descending };

// Each appends one column. No encoding is a prefix of another of its type, so columns may follow
// one another: integers and instants 8 bytes, ids 16, booleans 1, ordinals of enumerations 2; texts
// end with 00 01, their zero bytes become 00 FF. Descending: all bits inverted.
void append_index_key(std::string& out,
                      std::int64_t value,
                      IndexOrder order = IndexOrder::ascending);
void append_index_key(std::string& out, Instant value, IndexOrder order = IndexOrder::ascending);
void append_index_key(std::string& out,
                      const Uuid& value,
                      IndexOrder order = IndexOrder::ascending);
void append_index_key(std::string& out, bool value, IndexOrder order = IndexOrder::ascending);
void append_index_key(std::string& out,
                      std::uint16_t ordinal,
                      IndexOrder order = IndexOrder::ascending);
void append_index_key(std::string& out,
                      std::string_view text,
                      IndexOrder order = IndexOrder::ascending);

// The same for a value as a URL or a JSON text writes it; false: it is none of the column's type,
// or the type has no order.
bool append_index_text(std::string& out,
                       const Column& column,
                       std::string_view value,
                       IndexOrder order = IndexOrder::ascending);

// Takes one ascending column off the front, as append_index_text() would be given it; nothing if
// the bytes are none.
std::optional<std::string> take_index_text(std::string_view& key, const Column& column);

}  // namespace wf
