// One row per account, as its owner and the operator see it.
#include "gen/tables/accounts.h"

namespace wf::accounts {

Row fold(Row row, const account::Opened& e, const Meta& meta) {
  row.id = e.account;
  row.login = e.login;
  row.identifier = e.identifier;
  row.name = e.name;
  row.roles = e.roles;
  row.status = Status::open;
  row.created_at = row.updated_at = meta.at;
  return row;
}

Row fold(Row row, const account::Suspended&, const Meta& meta) {
  row.status = Status::suspended;
  row.updated_at = meta.at;
  return row;
}

Row fold(Row row, const account::Reinstated&, const Meta& meta) {
  row.status = Status::open;
  row.updated_at = meta.at;
  return row;
}

}  // namespace wf::accounts
