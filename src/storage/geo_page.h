// Pages of rows sorted by distance. Included by src/storage/*.cpp only.
#pragma once
#include <cstdint>

#include "storage/table_store.h"

namespace wf {

// Rows within radius_m (0: anywhere) of `near`, by distance and then key.
Result<RowPage> page_by_distance(TableStore::Engine& engine,
                                 const RowQuery& query,
                                 std::uint8_t index);

}  // namespace wf
