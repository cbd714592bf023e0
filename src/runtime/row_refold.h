// Folds one row of a table again from the log's start, to end its quarantine.
#pragma once
#include <memory>
#include <string_view>
#include <vector>

#include "base/catalogue.h"
#include "log/log.h"
#include "log/outcome_reader.h"
#include "runtime/rebuild.h"
#include "storage/table_store.h"

namespace wf {

// One thread at a time. Reads every event of the log: a row does not know which were its own.
class RowRefold {
 public:
  static Result<std::unique_ptr<RowRefold>> open(Log& log,
                                                 const Catalogue& catalogue,
                                                 const TableType& type,
                                                 std::string_view key);

  // Reads on to where a store stands; it may be called again when that has moved. Code::closed:
  // cancelled.
  Result<void> advance(const SlotPositions& until, RebuildProgress& progress);
  // Puts the row in the place of the parked one; the store must stand where the last advance()
  // ended. Code::not_found: the store has no such row; Code::invalid: it cannot be folded yet.
  Result<void> put(TableStore& store);

 private:
  struct Reading {
    std::unique_ptr<OutcomeReader> outcomes;
    Offset next = 0;  // offsets of events are dense
  };
  RowRefold(Log& log, const Catalogue& catalogue, const TableType& type, std::string_view key)
      : log_(log), catalogue_(catalogue), type_(&type), row_(type, key) {}
  Result<std::size_t> reading_of(const SlotPosition& slot);
  Result<void> read(std::size_t index, Offset until, RebuildProgress& progress);
  SlotPositions positions() const;

  Log& log_;
  const Catalogue& catalogue_;
  const TableType* type_;
  Refold row_;
  std::unique_ptr<Reader> reader_;
  std::vector<Reading> readings_;
  SlotPositions slots_;  // names of readings_, as the items count them
};

}  // namespace wf
