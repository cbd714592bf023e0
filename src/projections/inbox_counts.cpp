// How many entries an account has, and how far it has read.
#include "gen/tables/inbox_counts.h"

namespace wf::inbox_counts {
namespace {

Row counted(Row row) {
  row.unread = row.delivered;
  take_from(row.unread, row.read);
  return row;
}

}  // namespace

// An account has an inbox from the start, an empty one.
Row fold(Row row, const account::Opened& e, const Meta&) {
  row.account = e.account;
  return row;
}

Row fold(Row row, const inbox::Delivered& e, const Meta&) {
  row.account = e.account;
  row.delivered = e.number;
  return counted(std::move(row));
}

Row fold(Row row, const inbox::Read& e, const Meta&) {
  row.read = e.up_to;
  return counted(std::move(row));
}

}  // namespace wf::inbox_counts
