// Look-ups of the few things that are few.
#include "base/catalogue.h"

namespace wf {

const Aggregate* Catalogue::aggregate(std::string_view name) const {
  for (const Aggregate* one : aggregates) {
    if (one->name() == name) return one;
  }
  return nullptr;
}

const TableType* Catalogue::table(std::string_view name) const {
  for (const TableType* one : tables) {
    if (one->info().name == name) return one;
  }
  return nullptr;
}

}  // namespace wf
