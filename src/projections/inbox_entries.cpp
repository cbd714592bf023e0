// What an account was told.
#include "gen/tables/inbox_entries.h"

namespace wf::inbox_entries {

Row fold(Row row, const inbox::Delivered& e, const Meta& meta) {
  row.id = e.entry;
  row.account = e.account;
  row.number = e.number;
  row.what = e.what;
  row.booking = e.booking;
  row.charger = e.charger;
  row.start = e.start;
  row.end = e.end;
  row.at = meta.at;
  return row;
}

}  // namespace wf::inbox_entries
