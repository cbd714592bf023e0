// How many entries an account has, and how far it has read.
#include "gen/tables/inbox_counts.h"

namespace wf::inbox_counts {

Row fold(Row row, const inbox::Delivered& e, const Meta&) {
  row.account = e.account;
  row.delivered = e.number;
  row.unread = row.delivered - row.read;
  return row;
}

Row fold(Row row, const inbox::Read& e, const Meta&) {
  row.read = e.up_to;
  row.unread = row.delivered - row.read;
  return row;
}

}  // namespace wf::inbox_counts
