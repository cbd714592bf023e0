// A charger's row, its free slots, and whether it answers a search.
#include <regex>

#include "base/table_spec.h"
#include "gen/booking_json.h"
#include "gen/charger_json.h"
#include "gen/platform.h"
#include "gen/tables/chargers.h"

namespace wf::chargers {
namespace {

const ChargerId garage{Uuid{{0x6a}}};
const AccountId asha{Uuid{{0xa5}}};
const BlockId block_id{Uuid{{0xbb}}};

Instant t(int hour) { return *Instant::parse("2026-11-21T00:00:00Z") + Duration::hours(hour); }

Meta at(int hour) {
  Meta meta;
  meta.stream = garage.value;
  meta.at = t(hour);
  return meta;
}

charger::Listed listed() {  // a Saturday's hours, in London: nine to five
  charger::Listed e;
  e.host = asha;
  e.title = "Garage";
  e.position = {-1'000'000, 515'000'000};
  e.connectors = {{1, ConnectorType::type2, 22'000}, {2, ConnectorType::ccs2, 60'000}};
  e.price_per_hour = Money{500, {'G', 'B', 'P'}};
  e.instant = true;
  e.time_zone = "Europe/London";
  e.schedule = {{6, 540, 1020}};
  return e;
}

template <class E>
E of_slot(int start, int end, std::int64_t connector = 1) {
  E e;
  e.connector = connector;
  e.start = t(start);
  e.end = t(end);
  return e;
}

booking::Reserved booked(int start, int end, std::int64_t connector = 1) {
  return of_slot<booking::Reserved>(start, end, connector);
}

// Of a booking from twelve to two.
booking::CheckedIn checked_in(int at) {
  booking::CheckedIn e;
  e.at = t(at);
  e.connector = 1;
  e.start = t(12);
  return e;
}

booking::Completed completed(int since, int at) {
  booking::Completed e = of_slot<booking::Completed>(12, 14);
  e.checked_in_at = t(since);
  e.at = t(at);
  return e;
}

TableSpec rows() {
  TableSpec made(table());
  made.after(listed(), at(1));
  return made;
}

std::string row(std::string_view status, std::string_view blocks, std::string_view rest) {
  return R"({"id":"6a000000-0000-0000-0000-000000000000",)"
         R"("host":"a5000000-0000-0000-0000-000000000000","title":"Garage","status":")" +
         std::string(status) +
         R"(","position":[-0.1,51.5],"connectors":[{"number":1,"type":"type2",)"
         R"("power_w":22000},{"number":2,"type":"ccs2","power_w":60000}],)"
         R"("max_power_w":60000,"price_per_hour":{"minor":500,"currency":"GBP"},)"
         R"("instant":true,"time_zone":"Europe/London",)"
         R"("schedule":[{"day":6,"from":540,"to":1020}],"blocks":[)" +
         std::string(blocks) + "]," + std::string(rest) + "}";
}

const PlatformConfig platform;

Query of_day(std::string_view date, Instant now) {
  return {.path = "slots", .values = {{"date", date}}, .platform = &platform, .now = now};
}

// The free hours of each connector on that day: "1: 09-17 2: 09-12 14-17", as hours of UTC.
std::string free_hours(const TableSpec& rows,
                       std::string_view date = "2026-11-21",
                       Instant now = t(0)) {
  const std::string json = rows.answer(of_day(date, now)).value_or("");
  static const std::regex part(
      R"re("number":(\d)|"start":"[-0-9]+T(\d\d)|"end":"[-0-9]+T(\d\d))re");
  std::string out;
  for (std::sregex_iterator at(json.begin(), json.end(), part), end; at != end; ++at) {
    if ((*at)[1].matched) out += (out.empty() ? "" : " ") + (*at)[1].str() + ":";
    if ((*at)[2].matched) out += " " + (*at)[2].str();
    if ((*at)[3].matched) out += "-" + (*at)[3].str();
  }
  return out;
}

bool found(const TableSpec& rows,
           std::vector<std::pair<std::string_view, std::string_view>> values,
           Instant now = t(8)) {
  const Query query{.path = "", .values = std::move(values), .platform = &platform, .now = now};
  const std::optional<std::string> json = rows.answer(query);
  if (json) BOOST_TEST(*json == rows.only());
  return json.has_value();
}

bool available(const TableSpec& rows,
               std::string_view from,
               std::string_view to,
               std::string_view connector = "",
               Instant now = t(8)) {
  return found(
      rows, {{"connector", connector}, {"available_from", from}, {"available_to", to}}, now);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(chargers_tests)

BOOST_AUTO_TEST_CASE(a_listed_charger_is_shown_AS1) {
  BOOST_TEST(rows().only() == row("listed",
                                  "",
                                  R"("revision":1,"created_at":"2026-11-21T01:00:00Z",)"
                                  R"("updated_at":"2026-11-21T01:00:00Z")"));
}

BOOST_AUTO_TEST_CASE(bookings_do_not_show_and_do_not_count_as_its_versions) {
  TableSpec seen = rows();
  seen.after(booked(10, 12), at(2));
  BOOST_TEST(seen.only() == rows().only());
}

BOOST_AUTO_TEST_CASE(pauses_blocks_and_edits_show_AS1) {
  TableSpec seen = rows();
  seen.after(charger::Paused{}, at(2)).after(charger::Blocked{block_id, t(10), t(11), t(3)}, at(3));
  BOOST_TEST(seen.only() ==
             row("paused",
                 R"({"id":"bb000000-0000-0000-0000-000000000000","start":"2026-11-21T10:00:00Z",)"
                 R"("end":"2026-11-21T11:00:00Z"})",
                 R"("revision":3,"created_at":"2026-11-21T01:00:00Z",)"
                 R"("updated_at":"2026-11-21T03:00:00Z")"));
  charger::Edited e;
  e.price_per_hour = Money{500, {'G', 'B', 'P'}};
  e.connectors = {listed().connectors};
  seen.after(charger::Resumed{}, at(4)).after(charger::Unblocked{block_id}, at(5)).after(e, at(6));
  BOOST_TEST(seen.only() == row("listed",
                                "",
                                R"("revision":6,"created_at":"2026-11-21T01:00:00Z",)"
                                R"("updated_at":"2026-11-21T06:00:00Z")"));
}

BOOST_AUTO_TEST_CASE(an_edit_changes_what_it_names_AS1) {
  charger::Edited e;
  e.title = "Barn";
  e.position = Point{0, 0};
  e.connectors = {{{7, ConnectorType::nacs, 11'000}}};
  e.price_per_kwh = Money{30, {'G', 'B', 'P'}};
  e.instant = false;
  e.min_minutes = 15;
  e.max_minutes = 240;
  TableSpec seen = rows();
  seen.after(e, at(2));
  BOOST_TEST(seen.only() ==
             R"({"id":"6a000000-0000-0000-0000-000000000000",)"
             R"("host":"a5000000-0000-0000-0000-000000000000","title":"Barn",)"
             R"("status":"listed",)"
             R"("position":[0,0],"connectors":[{"number":7,"type":"nacs","power_w":11000}],)"
             R"("max_power_w":11000,)"
             R"("price_per_hour":{"minor":500,"currency":"GBP"},"price_per_kwh":{"minor":30,)"
             R"("currency":"GBP"},"instant":false,"min_minutes":15,"max_minutes":240,)"
             R"("time_zone":"Europe/London","schedule":[{"day":6,"from":540,"to":1020}],)"
             R"("blocks":[],"revision":2,)"
             R"("created_at":"2026-11-21T01:00:00Z","updated_at":"2026-11-21T02:00:00Z"})");
}

BOOST_AUTO_TEST_CASE(an_edit_takes_away_what_is_null_AS1) {
  charger::Edited limits;
  limits.price_per_kwh = Money{30, {'G', 'B', 'P'}};
  limits.min_minutes = 15;
  limits.max_minutes = 240;
  charger::Edited none;
  none.price_per_kwh = std::optional<Money>();
  none.min_minutes = none.max_minutes = std::optional<std::int64_t>();
  TableSpec seen = rows();
  seen.after(limits, at(2)).after(none, at(3));
  BOOST_TEST(seen.only() == row("listed",
                                "",
                                R"("revision":3,"created_at":"2026-11-21T01:00:00Z",)"
                                R"("updated_at":"2026-11-21T03:00:00Z")"));
}

// Whoever has booked it still has to find it.
BOOST_AUTO_TEST_CASE(a_retired_charger_is_there_until_its_last_booking_ends_AS1) {
  TableSpec seen = rows();
  seen.after(booked(10, 12), at(2)).after(charger::Retired{}, at(3));
  BOOST_TEST(seen.only() == row("retired",
                                "",
                                R"("revision":2,"created_at":"2026-11-21T01:00:00Z",)"
                                R"("updated_at":"2026-11-21T03:00:00Z")"));
  BOOST_TEST(free_hours(seen) == "1: 2:");
  booking::Completed used = of_slot<booking::Completed>(10, 12);
  used.checked_in_at = t(9);
  used.at = t(11);
  seen.after(used, at(11));
  BOOST_TEST(seen.only() == "");
}

BOOST_AUTO_TEST_CASE(a_retired_charger_that_nobody_has_booked_is_gone_AS1) {
  TableSpec seen = rows();
  booking::Completed used = of_slot<booking::Completed>(10, 12);
  used.checked_in_at = t(10);
  used.at = t(12);
  seen.after(booked(10, 12), at(2)).after(used, at(12)).after(charger::Retired{}, at(13));
  BOOST_TEST(seen.only() == "");
}

BOOST_AUTO_TEST_CASE(slots_are_the_opening_hours_without_bookings_and_blocks_BK3) {
  TableSpec seen = rows();
  BOOST_TEST(free_hours(seen) == "1: 09-17 2: 09-17");
  seen.after(booked(10, 12), at(2));
  BOOST_TEST(free_hours(seen) == "1: 09-10 12-17 2: 09-17");
  seen.after(of_slot<booking::Requested>(12, 14, 2), at(3));
  BOOST_TEST(free_hours(seen) == "1: 09-10 12-17 2: 09-12 14-17");
  seen.after(charger::Blocked{block_id, t(16), t(20), t(4)}, at(4));
  BOOST_TEST(free_hours(seen) == "1: 09-10 12-16 2: 09-12 14-16");
  BOOST_TEST(free_hours(seen, "2026-11-22") == "1: 2:");  // a Sunday
}

BOOST_AUTO_TEST_CASE(whatever_ends_a_booking_frees_its_slot_BK3) {
  const auto freed_by = [](auto event) {
    TableSpec seen = rows();
    event.connector = 1;
    event.start = t(10);
    event.end = t(12);
    seen.after(booked(10, 12), at(2)).after(event, at(3));
    return free_hours(seen) == "1: 09-17 2: 09-17";
  };
  BOOST_TEST(freed_by(booking::Declined{}));
  BOOST_TEST(freed_by(booking::Expired{}));
  BOOST_TEST(freed_by(booking::Cancelled{}));
  BOOST_TEST(freed_by(booking::Completed{}));
  BOOST_TEST(freed_by(booking::Missed{}));
}

BOOST_AUTO_TEST_CASE(who_comes_early_has_the_slot_from_then_on_BK3) {
  TableSpec seen = rows();
  seen.after(booked(12, 14), at(2)).after(checked_in(11), at(11));
  BOOST_TEST(free_hours(seen) == "1: 09-11 14-17 2: 09-17");
  seen.after(completed(11, 13), at(13));  // what was used stays so for as long as it may be asked
  BOOST_TEST(free_hours(seen) == "1: 09-11 13-17 2: 09-17");
}

BOOST_AUTO_TEST_CASE(time_that_was_used_is_forgotten_when_none_can_ask_for_it) {
  TableSpec seen = rows();
  seen.after(booked(12, 14), at(2)).after(checked_in(12), at(12));
  seen.after(completed(12, 14), at(14));
  booking::Completed later = of_slot<booking::Completed>(15, 17);
  later.checked_in_at = t(15);
  later.at = t(16);
  BOOST_TEST(free_hours(seen) == "1: 09-12 14-17 2: 09-17");
  seen.after(booked(15, 17), at(14)).after(later, at(16));
  BOOST_TEST(free_hours(seen) == "1: 09-15 16-17 2: 09-17");
}

// Records from before check-ins said where and ends since when.
BOOST_AUTO_TEST_CASE(older_records_free_what_they_took) {
  booking::CheckedIn early = checked_in(11);
  early.connector.reset();
  early.start.reset();
  booking::Completed ended = completed(11, 13);
  TableSpec seen = rows();
  seen.after(booked(12, 14), at(2)).after(early, at(11));
  BOOST_TEST(free_hours(seen) == "1: 09-12 14-17 2: 09-17");
  seen.after(ended, at(13));  // by a build that says since when
  BOOST_TEST(free_hours(seen) == "1: 09-11 13-17 2: 09-17");
  ended.checked_in_at.reset();
  TableSpec old = rows();
  old.after(booked(12, 14), at(2)).after(early, at(11)).after(ended, at(13));
  BOOST_TEST(free_hours(old) == "1: 09-17 2: 09-17");
}

BOOST_AUTO_TEST_CASE(a_change_moves_the_slot_BK3) {
  booking::Changed moved = of_slot<booking::Changed>(15, 16);
  moved.old_start = t(10);
  moved.old_end = t(12);
  TableSpec seen = rows();
  seen.after(booked(10, 12), at(2)).after(moved, at(3));
  BOOST_TEST(free_hours(seen) == "1: 09-15 16-17 2: 09-17");
}

BOOST_AUTO_TEST_CASE(slots_follow_a_new_schedule_and_a_pause_BK3) {
  TableSpec seen = rows();
  seen.after(charger::ScheduleSet{"Asia/Kathmandu", {{6, 345, 405}}}, at(2));  // UTC+5:45
  BOOST_TEST(free_hours(seen) == "1: 00-01 2: 00-01");
  seen.after(charger::Paused{}, at(3));
  BOOST_TEST(free_hours(seen) == "1: 2:");
}

BOOST_AUTO_TEST_CASE(the_slots_of_no_date_are_no_answer_BK3) {
  BOOST_TEST(!rows().answer(of_day("2026-02-30", t(0))).has_value());
}

BOOST_AUTO_TEST_CASE(slots_are_told_with_their_connectors_BK3) {
  BOOST_TEST(rows().answer(of_day("2026-11-21", t(0))).value() ==
             R"({"date":"2026-11-21","time_zone":"Europe/London","connectors":[)"
             R"({"number":1,"type":"type2","power_w":22000,)"
             R"("free":[{"start":"2026-11-21T09:00:00Z","end":"2026-11-21T17:00:00Z"}]},)"
             R"({"number":2,"type":"ccs2","power_w":60000,)"
             R"("free":[{"start":"2026-11-21T09:00:00Z","end":"2026-11-21T17:00:00Z"}]}]})");
}

BOOST_AUTO_TEST_CASE(a_search_filters_by_type_and_power_of_one_connector_SE1) {
  const TableSpec seen = rows();
  BOOST_TEST(found(seen, {}));
  BOOST_TEST(found(seen, {{"connector", "type2"}}));
  BOOST_TEST(!found(seen, {{"connector", "chademo"}}));
  BOOST_TEST(found(seen, {{"min_power_w", "60000"}}));
  BOOST_TEST(!found(seen, {{"min_power_w", "60001"}}));
  BOOST_TEST(found(seen, {{"connector", "type2"}, {"min_power_w", "22000"}}));
  BOOST_TEST(!found(seen, {{"connector", "type2"}, {"min_power_w", "22001"}}));
}

BOOST_AUTO_TEST_CASE(a_search_filters_by_availability_SE1) {
  TableSpec seen = rows();
  seen.after(booked(10, 12), at(2));
  BOOST_TEST(available(seen, "2026-11-21T09:00:00Z", "2026-11-21T17:00:00Z"));
  BOOST_TEST(!available(seen, "2026-11-21T09:00:00Z", "2026-11-21T17:00:01Z"));
  BOOST_TEST(!available(seen, "2026-11-21T10:00:00Z", "2026-11-21T11:00:00Z", "type2"));
  BOOST_TEST(available(seen, "2026-11-21T10:00:00Z", "2026-11-21T11:00:00Z", "ccs2"));
  BOOST_TEST(available(seen, "2026-11-21T12:00:00Z", "2026-11-21T13:00:00Z", "type2"));
  BOOST_TEST(!available(seen, "2026-11-21T13:00:00Z", "2026-11-21T12:00:00Z"));
  seen.after(charger::Paused{}, at(3));
  BOOST_TEST(!available(seen, "2026-11-21T12:00:00Z", "2026-11-21T13:00:00Z"));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_booked_any_more_is_not_offered_BK3) {
  const TableSpec seen = rows();
  BOOST_TEST(free_hours(seen, "2026-11-21", t(11) - Duration::seconds(1)) == "1: 11-17 2: 11-17");
  BOOST_TEST(free_hours(seen, "2026-11-21", t(17)) == "1: 2:");
  BOOST_TEST(free_hours(seen, "2026-11-14", t(9)) == "1: 2:");
  BOOST_TEST(free_hours(seen, "2027-02-13", t(9) - Duration::hours(6 * 24)) == "1: 09-17 2: 09-17");
  BOOST_TEST(free_hours(seen, "2027-02-20", t(9) - Duration::hours(1)) == "1: 2:");
  const auto free = [&](Instant now) {
    return available(seen, "2026-11-21T10:00:00Z", "2026-11-21T12:00:00Z", "", now);
  };
  BOOST_TEST(free(t(11)));
  BOOST_TEST(!free(t(11) + Duration::millis(1)));
  BOOST_TEST(free(t(10) - Duration::hours(90 * 24)));
  BOOST_TEST(!free(t(10) - Duration::hours(90 * 24) - Duration::millis(1)));
  BOOST_TEST(!available(seen, "2026-11-21T10:30:00Z", "2026-11-21T11:00:00Z", "", t(11)));
}

BOOST_AUTO_TEST_CASE(what_is_free_for_less_than_may_be_booked_is_not_offered_BK3) {
  charger::Edited e;
  e.min_minutes = 90;
  TableSpec seen = rows();
  seen.after(e, at(2)).after(booked(10, 12), at(3));
  BOOST_TEST(free_hours(seen) == "1: 12-17 2: 09-17");
  BOOST_TEST(free_hours(seen, "2026-11-21", t(15)) == "1: 15-17 2: 15-17");
  BOOST_TEST(free_hours(seen, "2026-11-21", t(16)) == "1: 2:");
}

BOOST_AUTO_TEST_CASE(what_is_free_over_midnight_is_as_long_as_both_its_parts_BK3) {
  TableSpec seen = rows();
  seen.after(charger::ScheduleSet{"Europe/London", {{6, 0, 1440}, {7, 0, 1440}}}, at(2));
  seen.after(booked(21, 23), at(3)).after(booked(25, 26), at(4));
  charger::Edited e;
  e.min_minutes = 120;
  seen.after(e, at(5));
  BOOST_TEST(free_hours(seen) == "1: 00-21 23-00 2: 00-00");
  BOOST_TEST(free_hours(seen, "2026-11-22") == "1: 00-01 02-00 2: 00-00");
  BOOST_TEST(free_hours(seen, "2026-11-22", t(24)) == "1: 02-00 2: 00-00");
  e.min_minutes = 121;
  seen.after(e, at(6));
  BOOST_TEST(free_hours(seen) == "1: 00-21 2: 00-00");
  BOOST_TEST(free_hours(seen, "2026-11-22") == "1: 02-00 2: 00-00");
}

BOOST_AUTO_TEST_CASE(availability_respects_the_lengths_a_host_takes_SE1) {
  charger::Edited e;
  e.min_minutes = 60;
  e.max_minutes = 120;
  TableSpec seen = rows();
  seen.after(e, at(2));
  BOOST_TEST(available(seen, "2026-11-21T10:00:00Z", "2026-11-21T11:00:00Z"));
  BOOST_TEST(available(seen, "2026-11-21T10:00:00Z", "2026-11-21T12:00:00Z"));
  BOOST_TEST(!available(seen, "2026-11-21T10:00:00Z", "2026-11-21T10:59:00Z"));
  BOOST_TEST(!available(seen, "2026-11-21T10:00:00Z", "2026-11-21T12:01:00Z"));
}

BOOST_AUTO_TEST_CASE(nothing_is_available_for_less_than_a_minute_SE1) {
  const TableSpec seen = rows();
  BOOST_TEST(available(seen, "2026-11-21T10:00:00Z", "2026-11-21T10:01:00Z"));
  BOOST_TEST(!available(seen, "2026-11-21T10:00:00Z", "2026-11-21T10:00:59Z"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::chargers
