// Who may list, edit, block and retire a charger, and what a sound one is.
#include "gen/charger.h"
#include "base/spec.h"
#include "gen/charger_json.h"
#include "gen/platform.h"

namespace wf::charger {
namespace {

constexpr AccountId asha{Uuid{{0xa5}}};  // the host
constexpr AccountId mira{Uuid{{0x31}}};  // somebody else
const PlatformConfig platform{.name = "Test", .open_roles = {}};
const BlockId made_block{Uuid::v5(spec_command, "block")};

Money inr(std::int64_t minor) { return {minor, {'I', 'N', 'R'}}; }
Instant later(int hours) { return spec_now + Duration::hours(hours); }

List list() {
  List c;
  c.title = "Garage";
  c.position = {778'000'000, 129'700'000};
  c.connectors = {{1, ConnectorType::type2, 22'000}};
  c.price_per_hour = inr(12'000);
  c.instant = true;
  c.time_zone = "Asia/Kolkata";
  c.schedule = {{2, 600, 720}, {1, 600, 720}};
  return c;
}

Listed listed() {
  const List c = list();
  return {asha,
          c.title,
          c.position,
          c.connectors,
          c.price_per_hour,
          c.price_per_kwh,
          c.instant,
          c.min_minutes,
          c.max_minutes,
          c.time_zone,
          {{1, 600, 720}, {2, 600, 720}}};
}

Blocked blocked(int from = 1, int until = 2, BlockId id = made_block) {
  return {id, later(from), later(until), spec_now};
}

template <class T, class Field, class Value>
T with(Field T::*field, Value value) {
  T made;
  made.*field = std::move(value);
  return made;
}

template <class Change>
List list_with(Change change) {
  List c = list();
  change(c);
  return c;
}

Spec given(const std::vector<SpecEvent>& past) {
  return Specs(aggregate(), platform)(past).by(asha).as(Role::host);
}

// Every command, with whatever body.
template <class Test>
void each_command(Test test) {
  test(with(&Edit::title, "X"));
  test(SetSchedule{"Asia/Kolkata", {}});
  test(AddBlock{later(1), later(2)});
  test(RemoveBlock{made_block});
  test(Pause{});
  test(Resume{});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(charger_tests)

BOOST_AUTO_TEST_CASE(a_host_lists_a_charger) { given({}).when(list()).then(listed()); }

BOOST_AUTO_TEST_CASE(listing_again_changes_nothing) {
  given({listed()}).when(list()).then_nothing();
}

BOOST_AUTO_TEST_CASE(connectors_have_numbers_of_their_own) {
  const auto twice = [](List& c) { c.connectors.push_back(c.connectors.front()); };
  given({}).when(list_with(twice)).then(Reason::duplicate_connector);
  given({listed()})
      .when(with(&Edit::connectors, list_with(twice).connectors))
      .then(Reason::duplicate_connector);
}

BOOST_AUTO_TEST_CASE(prices_are_in_the_platforms_currency_and_range) {
  for (const Money& bad : {inr(-1), inr(1'000'000'001), Money{1, {'E', 'U', 'R'}}}) {
    given({}).when(list_with([&](List& c) { c.price_per_hour = bad; })).then(Reason::invalid_price);
    given({}).when(list_with([&](List& c) { c.price_per_kwh = bad; })).then(Reason::invalid_price);
    given({listed()}).when(with(&Edit::price_per_hour, bad)).then(Reason::invalid_price);
  }
  given({listed()})
      .when(with(&Edit::price_per_hour, inr(0)))
      .then(with(&Edited::price_per_hour, inr(0)));
}

BOOST_AUTO_TEST_CASE(limits_fit_each_other) {
  const auto crossed = [](List& c) { c.min_minutes = 60, c.max_minutes = 30; };
  given({}).when(list_with(crossed)).then(Reason::invalid_limits);
  Listed limited = listed();
  limited.max_minutes = 30;
  given({limited}).when(with(&Edit::min_minutes, 31)).then(Reason::invalid_limits);
  given({limited}).when(with(&Edit::min_minutes, 30)).then(with(&Edited::min_minutes, 30));
  given({limited, with(&Edited::max_minutes, 60)})
      .when(with(&Edit::min_minutes, 31))
      .then(with(&Edited::min_minutes, 31));
  given({limited, with(&Edited::min_minutes, 20)})
      .when(with(&Edit::max_minutes, 19))
      .then(Reason::invalid_limits);
}

BOOST_AUTO_TEST_CASE(a_schedule_is_well_formed_in_a_known_zone_AS3) {
  given({})
      .when(list_with([](List& c) { c.time_zone = "Mars/Olympus"; }))
      .then(Reason::unknown_time_zone);
  given({})
      .when(list_with([](List& c) {
        c.schedule = {{1, 60, 30}};
      }))
      .then(Reason::invalid_schedule);
  given({listed()}).when(SetSchedule{"Nowhere", {}}).then(Reason::unknown_time_zone);
  given({listed()})
      .when(SetSchedule{"Europe/Paris", {{1, 0, 60}, {1, 59, 70}}})
      .then(Reason::invalid_schedule);
}

BOOST_AUTO_TEST_CASE(a_schedule_is_replaced_and_kept_in_order_AS3) {
  given({listed()})
      .when(SetSchedule{"Europe/Paris", {{7, 0, 60}, {1, 90, 100}, {1, 0, 60}}})
      .then(ScheduleSet{"Europe/Paris", {{1, 0, 60}, {1, 90, 100}, {7, 0, 60}}});
}

BOOST_AUTO_TEST_CASE(an_edit_says_what_changed) {
  given({listed()}).when(with(&Edit::title, "Barn")).then(with(&Edited::title, "Barn"));
  given({listed()}).when(Edit{}).then_nothing();
}

BOOST_AUTO_TEST_CASE(an_edit_takes_away_what_is_null_AS1) {
  Edit nothing_left;
  nothing_left.price_per_hour = nothing_left.price_per_kwh = std::optional<Money>();
  nothing_left.min_minutes = nothing_left.max_minutes = std::optional<std::int64_t>();
  Edited taken_away;
  taken_away.price_per_hour = taken_away.price_per_kwh = std::optional<Money>();
  taken_away.min_minutes = taken_away.max_minutes = std::optional<std::int64_t>();
  given({listed()}).when(nothing_left).then(taken_away);
  Listed limited = listed();
  limited.min_minutes = 20;
  limited.max_minutes = 30;
  given({limited}).when(with(&Edit::min_minutes, 31)).then(Reason::invalid_limits);
  given({limited, taken_away})
      .when(with(&Edit::min_minutes, 31))
      .then(with(&Edited::min_minutes, 31));
  Edit other_end = with(&Edit::max_minutes, 10);
  other_end.min_minutes = std::optional<std::int64_t>();
  Edited moved = with(&Edited::max_minutes, 10);
  moved.min_minutes = std::optional<std::int64_t>();
  given({limited}).when(other_end).then(moved);
}

BOOST_AUTO_TEST_CASE(a_block_takes_time_out_AS3) {
  given({listed()}).when(AddBlock{later(1), later(2)}).then(blocked());
  given({listed(), blocked()}).when(AddBlock{later(1), later(2)}).then_nothing();
  given({listed()}).when(AddBlock{later(1), later(1)}).then(Reason::empty_interval);
  given({listed()}).when(AddBlock{later(2), later(1)}).then(Reason::reversed_interval);
  given({listed()}).when(AddBlock{later(-2), later(0)}).then(Reason::in_the_past);
}

BOOST_AUTO_TEST_CASE(a_late_retry_brings_no_lifted_block_back_AS3) {
  const Unblocked lifted{blocked().block};
  given({listed(), blocked(), lifted}).when(AddBlock{later(1), later(2)}).then_nothing();
  const Blocked other = blocked(3, 4, BlockId{Uuid{{9}}});
  given({listed(), blocked(), lifted, other}).when(AddBlock{later(1), later(2)}).then_nothing();
}

BOOST_AUTO_TEST_CASE(blocks_have_a_bound_and_past_ones_do_not_count_AS3) {
  PlatformConfig small = platform;
  small.blocks_max = 1;
  const Specs specs(aggregate(), small);
  const Blocked other = blocked(1, 2, BlockId{Uuid{{9}}});
  specs({listed(), other})
      .when(AddBlock{later(3), later(4)})
      .by(asha)
      .then(Reason::too_many_blocks);
  Blocked next = blocked(3, 4);
  next.at = later(2);
  specs({listed(), other}).when(AddBlock{later(3), later(4)}).by(asha).at(later(2)).then(next);
}

BOOST_AUTO_TEST_CASE(a_block_is_lifted_AS3) {
  given({listed(), blocked()}).when(RemoveBlock{made_block}).then(Unblocked{made_block});
  given({listed(), blocked(), Unblocked{made_block}}).when(RemoveBlock{made_block}).then_nothing();
}

BOOST_AUTO_TEST_CASE(a_charger_pauses_and_resumes) {
  given({listed()}).when(Pause{}).then(Paused{});
  given({listed(), Paused{}}).when(Pause{}).then_nothing();
  given({listed(), Paused{}}).when(Resume{}).then(Resumed{});
  given({listed()}).when(Resume{}).then_nothing();
  given({listed(), Paused{}, Resumed{}}).when(Pause{}).then(Paused{});
}

BOOST_AUTO_TEST_CASE(a_retired_charger_stays_so) {
  given({listed()}).when(Retire{}).then(Retired{});
  given({listed(), Retired{}}).when(Retire{}).then_nothing();
  each_command([](const auto& c) { given({listed(), Retired{}}).when(c).then(Reason::retired); });
}

BOOST_AUTO_TEST_CASE(only_its_host_or_an_operator_touches_it) {
  each_command([](const auto& c) { given({listed()}).when(c).by(mira).then(Reason::not_yours); });
  given({listed()}).when(Retire{}).by(mira).then(Reason::not_yours);
  given({listed()}).when(Pause{}).by(mira).as(Role::operator_).then(Paused{});
  given({listed()}).when(Pause{}).by(mira).as(Role::admin).then(Paused{});
}

BOOST_AUTO_TEST_CASE(a_charger_nobody_listed_is_not_found) {
  each_command([](const auto& c) { given({}).when(c).then(Reason::not_found); });
  given({}).when(Retire{}).then(Reason::not_found);
}

BOOST_AUTO_TEST_CASE(if_match_compares_the_chargers_own_version) {
  given({listed(), Paused{}}).when(Resume{}).if_match(2).then(Resumed{});
  given({listed(), Paused{}}).when(Resume{}).if_match(1).then(Reason::version_changed);
  given({listed(),
         blocked(),
         Unblocked{made_block},
         ScheduleSet{"Asia/Kolkata", {}},
         with(&Edited::title, "X")})
      .when(Retire{})
      .if_match(5)
      .then(Retired{});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::charger
