// One row per booking, as its renter, its host and the operator see it.
#include "gen/tables/bookings.h"

namespace wf::bookings {
namespace {

Row touched(Row row, const Meta& meta) {
  ++row.revision;
  row.updated_at = meta.at;
  return row;
}

Row ended(Row row, Status how, Instant at, const Meta& meta) {
  row.status = how;
  row.ended_at = at;
  row.hold_until.reset();
  return touched(std::move(row), meta);
}

template <class Made>  // Requested or Reserved
Row made(Row row, const Made& e, Status status, const Meta& meta) {
  row.id = e.booking;
  row.charger = e.charger;
  row.connector = e.connector;
  row.host = e.host;
  row.renter = e.renter;
  row.status = status;
  row.start = e.start;
  row.end = e.end;
  row.minutes = e.minutes;
  row.amount = e.amount;
  row.fee = e.fee;
  row.price_per_hour = e.price_per_hour;
  row.price_per_kwh = e.price_per_kwh;
  row.cancel_until = e.cancel_until;
  row.created_at = meta.at;
  return touched(std::move(row), meta);
}

}  // namespace

Row fold(Row row, const booking::Requested& e, const Meta& meta) {
  row.hold_until = e.hold_until;
  return made(std::move(row), e, Status::requested, meta);
}

Row fold(Row row, const booking::Reserved& e, const Meta& meta) {
  return made(std::move(row), e, Status::confirmed, meta);
}

Row fold(Row row, const booking::Approved&, const Meta& meta) {
  row.status = Status::confirmed;
  row.hold_until.reset();
  return touched(std::move(row), meta);
}

Row fold(Row row, const booking::Changed& e, const Meta& meta) {
  row.start = e.start;
  row.end = e.end;
  row.minutes = e.minutes;
  row.amount = e.amount;
  row.fee = e.fee;
  row.cancel_until = e.cancel_until;
  return touched(std::move(row), meta);
}

Row fold(Row row, const booking::CheckedIn& e, const Meta& meta) {
  row.status = Status::checked_in;
  row.checked_in_at = e.at;
  return touched(std::move(row), meta);
}

Row fold(Row row, const booking::Declined& e, const Meta& meta) {
  row.reason = e.reason;
  return ended(std::move(row), Status::declined, e.at, meta);
}

Row fold(Row row, const booking::Expired& e, const Meta& meta) {
  return ended(std::move(row), Status::expired, e.at, meta);
}

Row fold(Row row, const booking::Cancelled& e, const Meta& meta) {
  row.cancelled_by = e.side;
  row.cancelled_late = e.late;
  row.reason = e.reason;
  return ended(std::move(row), Status::cancelled, e.at, meta);
}

Row fold(Row row, const booking::Completed& e, const Meta& meta) {
  row.used_minutes = e.used_minutes;
  return ended(std::move(row), Status::completed, e.at, meta);
}

Row fold(Row row, const booking::Missed& e, const Meta& meta) {
  return ended(std::move(row), Status::missed, e.at, meta);
}

}  // namespace wf::bookings
