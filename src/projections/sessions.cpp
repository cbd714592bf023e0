// Internal: whether a session is live, and which refresh token is good.
#include "gen/tables/sessions.h"

namespace wf::sessions {

Row fold(Row row, const account::SessionOpened& e, const Meta&) {
  row.id = e.session;
  row.account = e.account;
  row.client = e.client;
  row.status = Status::live;
  row.opened_at = row.refreshed_at = e.opened_at;
  row.expires_at = e.expires_at;
  return row;
}

Row fold(Row row, const account::SessionRefreshed& e, const Meta&) {
  row.n = e.n;
  row.refreshed_at = e.at;
  return row;
}

Row fold(Row row, const account::SessionRevoked&, const Meta&) {
  row.status = Status::revoked;
  return row;
}

Row fold(Row row, const account::SessionClosed&, const Meta&) {
  row.status = Status::closed;
  return row;
}

Row fold(Row row, const account::SessionExpired&, const Meta&) {
  row.status = Status::expired;
  return row;
}

}  // namespace wf::sessions
