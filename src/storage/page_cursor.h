// Where a page of rows ended. Bytes that show a key: the gateway seals them.
#pragma once
#include <string>
#include <string_view>

#include "base/result.h"
#include "storage/table_view.h"

namespace wf {

// A cursor belongs to one ordering: table, index, prefix, and the centre and radius of a search.
std::string encode_cursor(std::string_view table, const RowQuery& query, std::string_view after);
// The place the query's cursor names, empty without one. Code::invalid: not ours, or of another
// ordering.
Result<std::string> decode_cursor(std::string_view table, const RowQuery& query);

}  // namespace wf
