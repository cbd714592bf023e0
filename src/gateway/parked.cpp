// Few wait, and not for long: each is looked at whenever a table moves.
#include "gateway/parked.h"

#include <algorithm>

namespace wf::gateway {

StoredRequest::StoredRequest(const Request& request)
    : method_(request.method),
      head_(request.head),
      tls_(request.tls),
      path_(request.path),
      query_(request.query),
      body_(request.body),
      peer_(request.peer) {
  for (const Header& header : request.headers) texts_.emplace_back(header.name, header.value);
  for (const auto& [name, value] : texts_) headers_.push_back({name, value});
}

Request StoredRequest::view() const {
  Request request;
  request.method = method_;
  request.head = head_;
  request.tls = tls_;
  request.path = path_;
  request.query = query_;
  request.headers = Headers(headers_);
  request.body = body_;
  request.peer = peer_;
  return request;
}

bool Parked::add(ParkedRequest parked) {
  if (parked_.size() >= most_) return false;
  parked_.push_back(std::move(parked));
  return true;
}

std::vector<ParkedRequest> Parked::take_due(Instant now, Instant asked) {
  std::vector<ParkedRequest> due;
  std::vector<std::pair<const TableView*, TableState>> states;
  const auto state_of = [&](const TableView* table) -> const TableState& {
    for (const auto& [known, state] : states) {
      if (known == table) return state;
    }
    return states.emplace_back(table, table->state()).second;
  };
  const auto may_go_on = [&](const ParkedRequest& one) {
    const TableView* const table = one.wanted.table;
    if (table == nullptr) return asked > one.exchange.began;
    return has_reached(state_of(table), one.wanted.position);
  };
  std::erase_if(parked_, [&](ParkedRequest& one) {
    if (one.exchange.patience > now && !may_go_on(one)) return false;
    due.push_back(std::move(one));
    return true;
  });
  return due;
}

}  // namespace wf::gateway
