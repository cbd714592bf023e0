// Fuzzes request targets: a line with a method and a path, then the query string.
#include <vector>

#include "base/catalogue.h"
#include "base/check.h"
#include "fuzz/bodies.h"
#include "fuzz/input.h"
#include "gateway/list_query.h"
#include "gateway/query_string.h"
#include "gateway/router.h"
#include "storage/page_cursor.h"

namespace wf::fuzz {
namespace {

using gateway::Caller;
using gateway::Parameters;
using gateway::Response;
using gateway::Route;

gateway::Match match(std::string_view method_and_path) {
  static const gateway::Router router(catalogue());
  const std::size_t space = std::min(method_and_path.find(' '), method_and_path.size());
  const auto method = gateway::parse_method(method_and_path.substr(0, space));
  const std::string path =
      "/" + std::string(method_and_path.substr(std::min(space + 2, method_and_path.size())));
  return router.match(method.value_or(gateway::Method::get), path);
}

// A refusal is a client's fault, and one header line each.
void check(const Response& refused) {
  WF_CHECK(refused.status >= 400 && refused.status < 500);
  WF_CHECK(!refused.body.empty());
}

void list(const TableInfo& table, const Parameters& parameters, const Caller& caller) {
  const auto access = gateway::row_access(table, caller);
  if (access.none()) return;
  const auto asked = gateway::list_query(table, parameters, access, caller, {});
  if (const auto* refused = std::get_if<Response>(&asked)) return check(*refused);
  RowQuery query = std::get<RowQuery>(asked);
  WF_CHECK(query.limit >= 1 && query.limit <= gateway::ListBounds{}.page_max);
  WF_CHECK(access.all || !query.owner.empty());
  const auto after = decode_cursor(table.name, query);
  if (!after || after->empty()) query.cursor = encode_cursor(table.name, query, "somewhere");
  WF_CHECK(decode_cursor(table.name, query).has_value());
}

void query(const Route& route, std::string_view text, const Caller& caller) {
  const auto parameters = gateway::parse_query(text);
  if (!parameters) return;
  WF_CHECK(parameters->size() <= gateway::query_parameters_max);
  for (const auto& [name, value] : *parameters) {
    const auto back = gateway::percent_decode(gateway::percent_encode(value), true);
    WF_CHECK(back == value);
  }
  if (route.table == nullptr) return;
  const TableInfo& table = route.table->info();
  if (route.kind == Route::Kind::list) list(table, *parameters, caller);
  if (route.kind != Route::Kind::sub_resource) return;
  const auto asked = gateway::computed_query(table, route.sub_path, *parameters);
  if (const auto* refused = std::get_if<Response>(&asked)) check(*refused);
}

}  // namespace
}  // namespace wf::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  wf::fuzz::Input input(data, size);
  wf::gateway::Caller caller;
  caller.roles = input.byte() % 16U;
  caller.account = {wf::fuzz::some_id(input.byte())};
  const wf::gateway::Match match = wf::fuzz::match(input.line());
  if (match.route != nullptr) wf::fuzz::query(*match.route, input.rest(), caller);
  return 0;
}
