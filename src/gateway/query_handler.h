// Answers every GET of a table's row, rows and sub-resources. Generic: what it knows of a table is
// its TableInfo.
#pragma once
#include <absl/container/flat_hash_map.h>

#include <string>

#include "gateway/call.h"
#include "gateway/key_ring.h"
#include "gateway/list_query.h"
#include "gateway/row_access.h"

namespace wf::gateway {

// One thread.
class QueryHandler {
 public:
  QueryHandler(const Services& services, const KeyRing& keys);

  Answer handle(const Call& call);
  // Reads again how far each table has come. What answers say of their age is as old as this.
  void refresh();
  // Since when tables may not have what the log has; {0}: they go on. Answers say how old they are.
  void behind_since(Instant since) { behind_since_ = since; }

  // The row as the caller may see it, for other handlers too. `json` empty: 404 or 503 as said in
  // the second.
  struct Row {
    RowRead read;
    Response refusal;
    bool found() const { return read.found(); }
  };
  Row readable_row(const TableView& table, const RowAccess& access, const Call& call);
  const TableView* table(std::string_view name) const;

  // 404 if the table was live and at or past what the client has seen, else 503 `not_yet`; so is a
  // parked row, which says since when. `was_live` is from before `read`: a table that became live,
  // or was swapped, after a read that found nothing may have the row.
  static Response absent(const TableView& table, const RowRead& read, bool was_live);

 private:
  Answer row(const Call& call, const TableView& table, const RowAccess& access);
  Answer list(const Call& call, const TableView& table, const RowAccess& access);
  Answer sub_resource(const Call& call, const TableView& table, const RowAccess& access);
  void add_freshness(Response& response, const TableView& table, Instant now) const;
  Response page_response(const Call& call, const TableInfo& info, RowPage page) const;

  const Services& services_;
  const KeyRing& keys_;
  ListBounds bounds_;
  struct AsOf {
    std::string position;          // a token
    std::optional<Instant> since;  // it is not folded on
  };
  absl::flat_hash_map<const TableView*, AsOf> as_of_;
  Instant behind_since_;
};

// Whether `table` has folded all that the call's client has seen.
bool has_reached(const TableView& table, const Offsets& position);

// `"VERSION-HASH"`: the thing's own version where the row has one (`revision`), else the row's.
std::string etag_of(const TableInfo& table, const RowRead& row);

}  // namespace wf::gateway
