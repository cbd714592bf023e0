// Proving a store right: its digest against its rows, its rows against their parts, its indexes
// against its rows, and all of it against another store of the same log.
#pragma once
#include <optional>
#include <string>

#include "base/hash.h"
#include "storage/table_store.h"

namespace wf {

// A store as it stands, while it is written to as well.
struct ScanReport {
  SlotPositions positions;
  Totals stored;   // what the store says its rows add up to
  Totals scanned;  // what they add up to
  std::optional<std::string>
      key;             // of the first row that is not what its parts, or its indexes, say
  std::string damage;  // for people; empty: none

  bool sound() const { return damage.empty(); }
};
Result<ScanReport> scan(const TableStore& store);

// A row two stores disagree on: what each serves; empty where it has none.
struct RowDifference {
  std::string key;
  std::string a;
  std::string b;
};
// Row by row in key order; nothing if all are equal. Code::unavailable if the two are not at the
// same positions, which a store that is being written to may leave at any time.
Result<std::optional<RowDifference>> compare(const TableStore& a, const TableStore& b);

}  // namespace wf
