// Reads over HTTP: who sees which rows, what lists ask of a table, freshness and waiting.
#include "base/encoding.h"
#include "base/json.h"
#include "gateway/cursor_seal.h"
#include "gateway/row_json.h"
#include "gateway/test_app.h"

namespace wf::gateway::query_handler_test {
namespace {

const Uuid booking = Uuid::v5({}, "booking");
const Uuid charger = Uuid::v5({}, "charger");

struct Fixture : test::AppFixture {
  Fixture() {
    table("bookings")
        .set(booking,
             R"({"id":")" + booking.text() + R"(","renter":")" + asha.text() + R"(","host":")" +
                 Uuid::v5({}, "host").text() + R"(","revision":3})",
             9);
  }
  std::string renter = token(asha, role("renter"));
  std::string other = token(ravi, role("renter"));
  std::string operator_ = token(ravi, role("operator"));

  Response get(const std::string& target, std::string_view as, std::vector<Header> more = {}) {
    if (!as.empty()) more.push_back({"Authorization", as});
    return ask({Method::get, target, more});
  }
  std::string row_path = "/bookings/" + booking.text();
  static std::string parameter(const Response& response) {
    const std::string start = R"("parameter":")";
    const std::size_t at = response.body.find(start);
    if (at == std::string::npos) return {};
    const std::size_t from = at + start.size();
    return response.body.substr(from, response.body.find('"', from) - from);
  }
};

BOOST_FIXTURE_TEST_SUITE(query_handler_tests, Fixture)

BOOST_AUTO_TEST_CASE(a_row_is_served_to_those_it_belongs_to) {
  const Response mine = get(row_path, renter);
  BOOST_TEST(mine.status == 200);
  BOOST_TEST(mine.body.starts_with(R"({"id":)"));
  BOOST_TEST(test::header(mine, "ETag") == "\"3-0000000000000009\"");
  BOOST_TEST(!test::header(mine, "Wayfold-As-Of").empty());
  BOOST_TEST(get("/api" + row_path, renter).status == 200);
  BOOST_TEST(get(row_path, operator_).status == 200);
}

BOOST_AUTO_TEST_CASE(another_users_row_is_not_there) {
  BOOST_TEST(get(row_path, other).status == 404);
  BOOST_TEST(get(row_path, "").status == 401);
  BOOST_TEST(get(row_path, token(asha, role("importer"))).status == 403);
}

BOOST_AUTO_TEST_CASE(a_row_takes_no_parameters) {
  const Response named = get(row_path + "?cursor=x", renter);
  BOOST_TEST(named.status == 400);
  BOOST_TEST(parameter(named) == "cursor");
  for (const char* query : {"?\xff", "?%ff=1", "?a=\xc3"}) {
    const Response response = get(row_path + query, renter);
    BOOST_TEST(response.status == 400, query);
    BOOST_TEST(parse_json(response.body).has_value(), query);
  }
}

BOOST_AUTO_TEST_CASE(a_known_etag_is_304_without_a_body) {
  const Response response = get(row_path, renter, {{"If-None-Match", "\"3-0000000000000009\""}});
  BOOST_TEST(response.status == 304);
  BOOST_TEST(response.body.empty());
}

BOOST_AUTO_TEST_CASE(absence_is_told_only_by_a_table_that_can_know) {
  const std::string nothing = "/bookings/" + ravi.text();
  BOOST_TEST(get(nothing, renter).status == 404);
  BOOST_TEST(get("/bookings/not-an-id", renter).status == 404);
  table("bookings").set_live(false);
  const Response response = get(nothing, renter);
  BOOST_TEST(response.status == 503);
  BOOST_TEST(test::has_header(response, "Retry-After: 1"));
  table("bookings").set_live(true);
  table("bookings").quarantine(ravi, now);
  BOOST_TEST(get(nothing, renter).status == 503);
}

BOOST_AUTO_TEST_CASE(a_table_that_became_live_after_the_read_does_not_tell_of_absence) {
  const std::string nothing = "/bookings/" + ravi.text();
  table("bookings").set_live(false);
  table("bookings").recover_after_read();
  BOOST_TEST(get(nothing, renter).status == 503);
  BOOST_TEST(get(nothing, renter).status == 404);
}

BOOST_AUTO_TEST_CASE(a_parked_row_is_503_and_says_since_when) {
  table("bookings").quarantine(booking, now);
  for (const std::string& path : {row_path, "/bookings/" + ravi.text()}) {
    table("bookings").quarantine(ravi, now);
    const Response parked = get(path, renter);
    BOOST_TEST(parked.status == 503);
    BOOST_TEST(test::header(parked, "Wayfold-Quarantined-Since") == now.text());
    BOOST_TEST(parked.body.find("parked since " + now.text()) != std::string::npos);
  }
  table("bookings").set_live(false);  // and if the table is being built, too
  BOOST_TEST(test::header(get(row_path, renter), "Wayfold-Quarantined-Since") == now.text());
}

// After a deploy that changed a table's code.
BOOST_AUTO_TEST_CASE(a_frozen_table_serves_what_it_has_and_says_how_old_it_is) {
  table("bookings").build(now - Duration::seconds(90), 40);
  app->tick();
  const Response row = get(row_path, renter);
  BOOST_TEST(row.status == 200);
  BOOST_TEST(test::header(row, "Age") == "90");
  const Response list = get("/bookings", renter);
  BOOST_TEST(list.status == 200);
  BOOST_TEST(test::header(list, "Age") == "90");
  const Response nothing = get("/bookings/" + ravi.text(), renter);
  BOOST_TEST(nothing.status == 503);
  BOOST_TEST(nothing.body.find("40 %") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_table_whose_store_fails_says_how_old_it_is_and_the_others_do_not) {
  table("bookings").stop_folding(now - Duration::seconds(40));
  app->tick();
  BOOST_TEST(test::header(get(row_path, renter), "Age") == "40");
  const Response nothing = get("/bookings/" + ravi.text(), renter);
  BOOST_TEST(nothing.status == 503);  // not 404: it may be in the log
  BOOST_TEST(test::header(nothing, "Age") == "40");
  table("bookings").set_failing(1);
  const Response unreadable = get(row_path, renter);
  BOOST_TEST(unreadable.status == 503);
  BOOST_TEST(test::header(unreadable, "Age") == "40");
  BOOST_TEST(test::header(get("/chargers", renter), "Age").empty());
  pump_until([&] { return backend->ready(); });
  BOOST_TEST(get("/readyz", renter).body.find(R"("failing_tables":"bookings")") !=
             std::string::npos);
  BOOST_TEST(get("/metrics", renter).bytes().find(R"(wayfold_table_failing{table="bookings"} 1)") !=
             std::string::npos);
}

// Its rows are of before the process began, or of no time that anybody could name.
BOOST_AUTO_TEST_CASE(a_table_that_fails_before_it_was_live_is_not_taken_for_a_young_one) {
  table("bookings").stop_folding(now - Duration::seconds(1), now - Duration::hours(2));
  app->tick();
  BOOST_TEST(test::header(get(row_path, renter), "Age") == "7200");
  BOOST_TEST(get("/bookings", renter).status == 200);
  table("bookings").stop_folding(now - Duration::seconds(1), Instant{});
  app->tick();
  BOOST_TEST(test::header(get(row_path, renter), "Age") == std::to_string(now.us / 1'000'000));
  const Response list = get("/bookings", renter);
  BOOST_TEST(list.status == 503);
  BOOST_TEST(test::has_header(list, "Retry-After: 1"));
}

BOOST_AUTO_TEST_CASE(a_table_that_nothing_is_folded_into_says_how_old_it_is) {
  app->tick();
  BOOST_TEST(test::header(get(row_path, renter), "Age").empty());
  failing_since = now - Duration::seconds(30);
  app->tick();
  BOOST_TEST(test::header(get(row_path, renter), "Age") == "30");
  BOOST_TEST(test::header(get("/bookings", renter), "Age") == "30");
  failing_since = {};
  app->tick();
  BOOST_TEST(test::header(get(row_path, renter), "Age").empty());
}

BOOST_AUTO_TEST_CASE(a_table_that_was_never_whole_answers_no_list) {
  table("bookings").build(std::nullopt, 7);
  const Response list = get("/bookings", renter);
  BOOST_TEST(list.status == 503);
  BOOST_TEST(list.body.find("7 %") != std::string::npos);
  BOOST_TEST(test::has_header(list, "Retry-After: 1"));
}

// It is folded as the log is read, not built.
BOOST_AUTO_TEST_CASE(a_table_that_began_empty_answers_no_list_until_it_is_live) {
  table("bookings").reopen({});
  app->tick();
  const Response list = get("/bookings", renter);
  BOOST_TEST(list.status == 503);
  BOOST_TEST(list.body.find("not_yet") != std::string::npos);
  BOOST_TEST(test::has_header(list, "Retry-After: 1"));
  BOOST_TEST(test::header(list, "Age").empty());
}

BOOST_AUTO_TEST_CASE(a_table_that_a_start_found_answers_lists_while_it_catches_up) {
  table("bookings").reopen(now - Duration::hours(2));
  app->tick();
  const Response list = get("/bookings", renter);
  BOOST_TEST(list.status == 200);
  BOOST_TEST(test::header(list, "Age").empty());  // it fails in nothing: it is young in a moment
}

BOOST_AUTO_TEST_CASE(a_read_waits_for_what_its_client_has_seen) {
  table("bookings").reach({{"events.bookings", 1, 5}});
  const std::string seen_5 = encode_position(log->id(), {{"events.bookings", 1, 5}});
  const std::string seen_6 = encode_position(log->id(), {{"events.bookings", 1, 6}});
  BOOST_TEST(get(row_path, renter, {{"Wayfold-Position", seen_5}}).status == 200);
  const Ticket ticket{77, 0};
  BOOST_TEST(!begin(
      {Method::get, row_path, {{"Authorization", renter}, {"Wayfold-Position", seen_6}}}, ticket));
  table("bookings").reach({{"events.bookings", 1, 6}});
  app->rows_changed(table("bookings").type().info(), {});
  BOOST_TEST(finish(ticket).status == 200);
}

BOOST_AUTO_TEST_CASE(a_read_waits_no_longer_than_its_client_prefers) {
  table("bookings").reach({{"events.bookings", 1, 5}});
  const std::string seen_6 = encode_position(log->id(), {{"events.bookings", 1, 6}});
  const auto read = [&](const char* prefer) {
    return Ask{Method::get,
               row_path,
               {{"Authorization", renter}, {"Wayfold-Position", seen_6}, {"Prefer", prefer}}};
  };
  BOOST_REQUIRE(!begin(read("wait=1"), {77, 0}));
  BOOST_REQUIRE(!begin(read("wait=60"), {78, 0}));
  now = now + Duration::millis(999);
  app->tick();
  BOOST_TEST(answers.empty());
  now = now + Duration::millis(1);
  app->tick();
  BOOST_TEST(finish({77, 0}).status == 503);
  BOOST_TEST(answers.empty());
  now = now + Duration::millis(process.gateway.read_wait_ms_max - 1'000);
  app->tick();
  BOOST_TEST(finish({78, 0}).status == 503);
  const auto at_once = begin(read("wait=0"), {79, 0});
  BOOST_TEST((at_once && at_once->status == 503));
}

BOOST_AUTO_TEST_CASE(a_list_waits_for_a_table_that_has_come_nowhere_yet) {
  table("bookings").set_live(false);
  const std::string seen_6 = encode_position(log->id(), {{"events.bookings", 1, 6}});
  const Ask list{
      Method::get, "/bookings", {{"Authorization", renter}, {"Wayfold-Position", seen_6}}};
  BOOST_REQUIRE(!begin(list, {77, 0}));
  table("bookings").reach({{"events.bookings", 1, 6}});
  app->rows_changed(table("bookings").type().info(), {});
  BOOST_TEST(finish({77, 0}).status == 200);
}

BOOST_AUTO_TEST_CASE(a_read_does_not_wait_for_ever) {
  table("bookings").reach({{"events.bookings", 1, 5}});
  const std::string seen_6 = encode_position(log->id(), {{"events.bookings", 1, 6}});
  const Ticket ticket{77, 0};
  BOOST_TEST(!begin(
      {Method::get, row_path, {{"Authorization", renter}, {"Wayfold-Position", seen_6}}}, ticket));
  now = now + Duration::minutes(1);
  app->tick();
  const Response response = finish(ticket);
  BOOST_TEST(response.status == 503);
  BOOST_TEST(response.body.find("not_yet") != std::string::npos);
  BOOST_TEST(get(row_path, renter, {{"Wayfold-Position", "x"}}).status == 400);
  const std::string foreign = encode_position(Uuid::random(), {});
  BOOST_TEST(get(row_path, renter, {{"Wayfold-Position", foreign}}).status == 400);
}

BOOST_AUTO_TEST_CASE(a_list_takes_the_index_its_filters_and_the_row_filter_bind) {
  BOOST_TEST(get("/bookings", renter).status == 200);
  RowQuery asked = table("bookings").asked();
  BOOST_TEST(asked.index == "by_renter");
  BOOST_TEST((asked.owner_columns == std::vector<std::string>{"renter"}));
  BOOST_TEST(asked.owner == asha.text());
  std::string prefix;
  append_index_key(prefix, asha);
  BOOST_TEST((asked.prefix == prefix));

  const std::string host = token(ravi, role("host"));
  BOOST_TEST(get("/bookings?status=confirmed", host).status == 200);
  asked = table("bookings").asked();
  BOOST_TEST(asked.index == "by_host_status");
  BOOST_TEST(asked.equal.empty());

  BOOST_TEST(get("/bookings?charger=" + charger.text() + "&connector=2", operator_).status == 200);
  asked = table("bookings").asked();
  BOOST_TEST(asked.index == "by_charger");
  BOOST_TEST(asked.owner_columns.empty());
  BOOST_REQUIRE(asked.equal.size() == 1U);
  BOOST_TEST(asked.equal[0].first == "connector");
}

BOOST_AUTO_TEST_CASE(a_filter_cannot_widen_what_one_may_see) {
  BOOST_TEST(get("/bookings?renter=" + ravi.text(), renter).status == 200);
  BOOST_TEST(table("bookings").asked().owner == asha.text());
  const std::string both = token(asha, role("renter") | role("host"));
  BOOST_TEST(get("/bookings?host=" + asha.text(), both).status == 200);
  BOOST_TEST((table("bookings").asked().owner_columns == std::vector<std::string>{"host"}));
}

BOOST_AUTO_TEST_CASE(who_is_renter_and_host_sees_both_sides_where_another_filter_finds_them) {
  const std::string both = token(asha, role("renter") | role("host"));
  BOOST_TEST(get("/bookings?charger=" + charger.text(), both).status == 200);
  const RowQuery asked = table("bookings").asked();
  BOOST_TEST(asked.index == "by_charger");
  BOOST_TEST((asked.owner_columns == std::vector<std::string>{"renter", "host"}));
  BOOST_TEST(asked.owner == asha.text());
  for (const char* list : {"/bookings", "/bookings?status=confirmed"}) {
    BOOST_TEST(get(list, both).status == 200);
    BOOST_TEST((table("bookings").asked().owner_columns == std::vector<std::string>{"renter"}));
  }
}

BOOST_AUTO_TEST_CASE(a_page_leads_to_the_next) {
  const Response first = get("/bookings?limit=7&status=confirmed", renter);
  const std::string next = member(first.body, "next").value_or("");
  BOOST_TEST(from_base64url(next).value_or("place").find("place") == std::string::npos);
  BOOST_TEST(table("bookings").asked().limit == 7U);
  BOOST_TEST(table("bookings").asked().bytes_max == process.gateway.page_bytes_max);
  BOOST_TEST(test::header(first, "Link") ==
             "</bookings?limit=7&status=confirmed&cursor=" + next + ">; rel=\"next\"");
  BOOST_TEST(test::header(get("/api/bookings?limit=7", renter), "Link")
                 .starts_with("</api/bookings?limit=7&cursor="));
  const Response last = get("/bookings?cursor=" + next, renter);
  BOOST_TEST(table("bookings").asked().cursor == "place");
  BOOST_TEST(test::header(last, "Link").empty());
  BOOST_TEST(parameter(get("/bookings?cursor=place", renter)) == "cursor");
  const std::string of_another_list = seal_cursor(secrets.cursors, "bad");
  BOOST_TEST(parameter(get("/bookings?cursor=" + of_another_list, renter)) == "cursor");
}

// The index by time alone leads through the rows of all, of whom a renter sees one.
BOOST_AUTO_TEST_CASE(an_order_over_strangers_rows_is_not_for_who_may_not_see_them) {
  const Response refused = get("/accounts?sort=-created_at", renter);
  BOOST_TEST(refused.status == 400);
  BOOST_TEST(parameter(refused) == "sort");
  BOOST_TEST(get("/accounts?sort=-created_at", operator_).status == 200);
  BOOST_TEST(table("accounts").asked().index == "by_created");
  BOOST_TEST(get("/bookings?sort=-start", renter).status == 200);
  BOOST_TEST(table("bookings").asked().index == "by_renter");
}

BOOST_AUTO_TEST_CASE(a_search_around_a_place) {
  BOOST_TEST(get("/chargers?near=-0.1276,51.5072&radius_m=2000&connector=ccs2", "").status == 200);
  const RowQuery asked = table("chargers").asked();
  BOOST_TEST(asked.index == "by_place");
  BOOST_REQUIRE(asked.near.has_value());
  BOOST_TEST(asked.near->lon_e7 == -1'276'000);
  BOOST_TEST(asked.near->lat_e7 == 515'072'000);
  BOOST_TEST(asked.radius_m == 2000U);
  BOOST_TEST(asked.computed.has_value());
  BOOST_TEST(get("/chargers?lat=51.5072&lon=-0.1276", "").status == 200);
  BOOST_TEST((table("chargers").asked().near == asked.near));
  BOOST_TEST(get("/chargers?lat=51.5072&lon=-5e-7", "").status == 200);
  BOOST_TEST(table("chargers").asked().near->lon_e7 == -5);
  BOOST_TEST(table("chargers").asked().radius_m == process.gateway.radius_m_max);
  BOOST_TEST(parameter(get("/chargers?near=0,0&sort=-created_at", "")) == "sort");
}

BOOST_AUTO_TEST_CASE(only_what_is_on_offer_is_listed_unless_asked_AS1) {
  using Filters = std::vector<std::pair<std::string, std::string>>;
  const auto asked = [&](const std::string& query) {
    BOOST_TEST(get("/chargers" + query, "").status == 200);
    return table("chargers").asked().equal;
  };
  BOOST_TEST((asked("") == Filters{{"status", "listed"}}));
  BOOST_TEST((asked("?near=0,0") == Filters{{"status", "listed"}}));
  BOOST_TEST((asked("?status=paused") == Filters{{"status", "paused"}}));
  BOOST_TEST((asked("?host=" + ravi.text()) == Filters{}));
}

BOOST_AUTO_TEST_CASE(a_list_by_its_key_begins_there) {
  BOOST_TEST(get("/inbox-counts", renter).status == 200);
  const RowQuery mine = table("inbox_counts").asked();
  BOOST_TEST(mine.index.empty());
  BOOST_TEST(mine.prefix == std::string(asha.bytes.begin(), asha.bytes.end()));
  BOOST_TEST(mine.equal.empty());
  BOOST_TEST(mine.owner == asha.text());  // the row filter stays
}

BOOST_AUTO_TEST_CASE(every_bad_parameter_is_named) {
  for (const char* query : {"limit=0",
                            "limit=201",
                            "limit=x",
                            "status=maybe",
                            "charger=x",
                            "start=today",
                            "colour=red",
                            "amount=1",
                            "near=1,2",
                            "radius_m=5",
                            "sort=colour",
                            "cursor=bad",
                            "cursor=AAAA"}) {
    const Response response = get(std::string("/bookings?") + query, renter);
    BOOST_TEST(response.status == 400, query);
    const std::string name(query, std::string_view(query).find('='));
    BOOST_TEST(parameter(response) == name);
  }
  BOOST_TEST(get("/bookings?status=confirmed&status=expired", renter).status == 400);
  BOOST_TEST(get("/chargers?near=181,0", "").status == 400);
  BOOST_TEST(parameter(get("/chargers?lat=51", "")) == "lon");
  BOOST_TEST(parameter(get("/chargers?lon=0", "")) == "lat");
  BOOST_TEST(parameter(get("/chargers?lat=91&lon=0", "")) == "lat");
  BOOST_TEST(parameter(get("/chargers?lat=51&lon=181", "")) == "lon");
  BOOST_TEST(parameter(get("/chargers?lat=51&lon=0&near=0,51", "")) == "near");
}

BOOST_AUTO_TEST_CASE(parameters_that_belong_together_come_together_and_in_order_SE1) {
  const std::string from = "available_from=2026-12-01T10:00:00Z";
  const std::string to = "available_to=2026-12-01T11:00:00Z";
  BOOST_TEST(get("/chargers?" + from + "&" + to, "").status == 200);
  BOOST_TEST(parameter(get("/chargers?" + from, "")) == "available_to");
  BOOST_TEST(parameter(get("/chargers?" + to, "")) == "available_from");
  BOOST_TEST(parameter(get("/chargers?" + from + "&available_to=2026-12-01T10:00:00Z", "")) ==
             "available_to");
  // The same hour, written with offsets: the texts are not what is compared.
  BOOST_TEST(get("/chargers?available_from=2026-12-01T11:00:00%2B02:00&" + to, "").status == 200);
  BOOST_TEST(parameter(get("/chargers?connector=type9", "")) == "connector");
}

BOOST_AUTO_TEST_CASE(a_sub_resource_needs_its_parameters) {
  table("chargers").set(charger, R"({"id":")" + charger.text() + R"(","revision":1})");
  const std::string path = "/chargers/" + charger.text() + "/slots";
  BOOST_TEST(get(path + "?date=2026-12-01", "").body == R"({"path":"slots","key_size":16})");
  BOOST_TEST(parameter(get(path, "")) == "date");
  BOOST_TEST(parameter(get(path + "?date=2026-12-01&colour=red", "")) == "colour");
  BOOST_TEST(get("/chargers/" + ravi.text() + "/slots?date=2026-12-01", "").status == 404);
}

BOOST_AUTO_TEST_CASE(personal_columns_open_for_those_who_may_read_the_row) {
  BOOST_REQUIRE(backend->keys.ensure_key(asha));
  const std::string sealed = *backend->keys.seal(asha, "asha@example.org");
  const auto row = [&](const std::string& text) {
    return R"({"id":")" + asha.text() + R"(","identifier":")" + text + R"("})";
  };
  table("accounts").set(asha, row(sealed));
  const std::string path = "/accounts/" + asha.text();
  BOOST_TEST(get(path, renter).body == row("asha@example.org"));
  BOOST_TEST(get(path, other).status == 404);
  const std::string etag = test::header(get(path, renter), "ETag");
  BOOST_TEST(get(path, renter, {{"If-None-Match", etag}}).status == 304);
  BOOST_REQUIRE(backend->keys.forget(asha));
  BOOST_TEST(get(path, renter, {{"If-None-Match", etag}}).status == 200);  // no longer the same
  BOOST_TEST(get(path, renter).body.ends_with(R"("identifier":null})"));
  table("accounts").set(asha, row("AAAAAAAAAAAAAAAAAAAAAA.AAAA"));
  BOOST_TEST(get(path, renter).status == 503);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace wf::gateway::query_handler_test
