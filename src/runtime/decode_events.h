// Outcomes from the log as the items tables fold.
#pragma once
#include <deque>
#include <span>
#include <vector>

#include "base/catalogue.h"
#include "log/record.h"
#include "storage/fold_item.h"

namespace wf {

struct DecodedEvents {
  std::deque<Event> events;  // what the items point at
  std::vector<FoldItem> items;
  std::uint64_t seen = 0;  // events, wanted or not

  void clear() {
    items.clear();
    events.clear();
    seen = 0;
  }
};

// Appends the events of an outcome that one of `tables` folds. Code::corrupt: a type this build
// does not know, or a payload that is not what its schema says.
Result<void> decode_events(const Catalogue& catalogue,
                           std::span<const TableType* const> tables,
                           std::span<const Record> outcome,
                           std::uint32_t slot,
                           DecodedEvents& out);

}  // namespace wf
