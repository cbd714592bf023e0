// What the chargers table offers, the bookings' decider takes; what the decider refuses because
// somebody has or had the connector, the table does not offer. Random lives of one charger.
#include <random>
#include <regex>

#include "base/calendar.h"
#include "base/table_spec.h"
#include "commands/booking/booking_samples.h"
#include "gen/tables/chargers.h"

namespace wf::booking {
namespace {

struct Slot {
  std::int64_t connector = 1;
  Interval time;
};

// A charger, always open, as the decider and as the table know it. Commands come at whole minutes,
// or at any second: the table keeps whole minutes.
class World {
 public:
  World(unsigned seed, bool whole_minutes)
      : random_(seed), whole_minutes_(whole_minutes), min_minutes_(seed % 2 == 0 ? 20 : 1) {
    charger::Listed first = listed();
    first.min_minutes = min_minutes_;
    state_ = evolve(std::move(state_), first);
    rows_.after(first, meta(now_));
  }

  void step() {
    now_ = now_ + (whole_minutes_ ? Duration::minutes(pick(25)) : Duration::seconds(pick(1500)));
    while (const std::optional<Due> due = deadline(state_)) {
      if (due->at > now_) break;
      apply(decided_by(due->command, due->at), due->at);
    }
    apply(decided_by(some_command(), now_), now_);
  }

  void check_slots() {
    for (Slot slot : offered()) {
      const Instant least = slot.time.start + Duration::minutes(min_minutes_);
      slot.time.end = std::max(slot.time.end, least);  // what midnight cuts short goes on
      const Decision decided = decided_by(reserve_of(slot), now_);
      BOOST_TEST(!decided.refused(), text(slot) << " is offered at " << now_.text());
    }
  }

  void check_search() {
    const Slot slot = some_slot();
    const Decision decided = decided_by(reserve_of(slot), now_);
    const std::string where = text(slot) + " at " + now_.text();
    if (is_found(slot)) BOOST_TEST(!decided.refused(), where << " is found");
    if (whole_minutes_ && !decided.refused()) BOOST_TEST(is_found(slot), where << " is not found");
    taken_ += decided.refused() && decided.reason() == Reason::slot_taken ? 1 : 0;
  }

  int taken() const { return taken_; }

 private:
  int pick(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }
  Instant some_start() {
    const Instant start = now_ + Duration::minutes(pick(150) - 60);
    return {start.us / Interval::minute_us * Interval::minute_us};
  }
  Slot some_slot() {
    const Instant start = some_start();
    return {1 + pick(2), {start, start + Duration::minutes(1 + pick(60))}};
  }
  BookingId some_booking() {
    if (state_.live.empty()) return other_id;
    return std::next(state_.live.begin(), pick(static_cast<int>(state_.live.size())))->first;
  }
  static Reserve reserve_of(const Slot& slot) {
    return {garage, slot.connector, slot.time.start, slot.time.end};
  }
  static std::string text(const Slot& slot) {
    return std::to_string(slot.connector) + ": " + slot.time.start.text() + " to " +
           slot.time.end.text();
  }

  Command some_command() {
    switch (pick(6)) {
      case 0:
      case 1:
        return reserve_of(some_slot());
      case 2: {
        const Interval moved = some_slot().time;
        return Change{some_booking(), moved.start, moved.end};
      }
      case 3:
        return Cancel{some_booking(), {}};
      case 4:
        return CheckIn{some_booking()};
      default:
        return Complete{some_booking()};
    }
  }

  Decision decided_by(const Command& command, Instant now) {
    const std::string id = std::to_string(++commands_);
    const Context ctx{.platform = platform,
                      .now = now,
                      .principal = otto,
                      .roles = 1U << static_cast<unsigned>(Role::operator_),
                      .command = Uuid::v5(spec_command, id)};
    return std::visit([&](const auto& one) { return decide(state_, one, ctx); }, command);
  }

  static Meta meta(Instant at) {
    Meta meta;
    meta.stream = garage.value;
    meta.at = at;
    return meta;
  }

  void apply(const Decision& decided, Instant at) {
    for (const Event& event : decided.events()) {
      std::visit(
          [&](const auto& one) {
            state_ = evolve(std::move(state_), one);
            if (chargers::table().folds(type_of(one))) rows_.after(one, meta(at));
          },
          event);
    }
  }

  // Of today, which has an hour at least.
  std::vector<Slot> offered() const {
    static const std::regex part(R"re("number":(\d)|"start":"([^"]+)","end":"([^"]+)")re");
    const std::string day = (now_ + Duration::minutes(330)).text().substr(0, 10);
    const Query query{
        .path = "slots", .values = {{"date", day}}, .platform = &platform, .now = now_};
    const std::string json = rows_.answer(query).value_or("");
    std::vector<Slot> found;
    Slot next;
    for (std::sregex_iterator at(json.begin(), json.end(), part), end; at != end; ++at) {
      if ((*at)[1].matched) next.connector = std::stoi((*at)[1]);
      if (!(*at)[2].matched) continue;
      next.time = {*Instant::parse((*at)[2].str()), *Instant::parse((*at)[3].str())};
      found.push_back(next);
    }
    return found;
  }

  bool is_found(const Slot& slot) const {
    const std::string from = slot.time.start.text();
    const std::string to = slot.time.end.text();
    const std::string_view type = slot.connector == 1 ? "type2" : "ccs2";
    const Query query{
        .path = "",
        .values = {{"connector", type}, {"available_from", from}, {"available_to", to}},
        .platform = &platform,
        .now = now_};
    return rows_.answer(query).has_value();
  }

  std::mt19937 random_;
  bool whole_minutes_;
  std::int64_t min_minutes_;
  State state_;
  TableSpec rows_{chargers::table()};
  Instant now_ = spec_now;
  unsigned commands_ = 0;
  int taken_ = 0;
};

void agree(bool whole_minutes) {
  int taken = 0;
  for (unsigned seed = 1; seed <= 20; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      World world(seed, whole_minutes);
      for (int steps = 0; steps < 150; ++steps) {
        world.step();
        world.check_slots();
        for (int times = 0; times < 5; ++times) world.check_search();
      }
      taken += world.taken();
    }
  }
  BOOST_TEST(taken > 1'000);  // else it proves little
}

}  // namespace

BOOST_AUTO_TEST_SUITE(slots_tests)

BOOST_AUTO_TEST_CASE(what_is_offered_can_be_booked_and_nothing_else_BK3) { agree(true); }

BOOST_AUTO_TEST_CASE(what_is_offered_can_be_booked_at_any_second_BK3) { agree(false); }

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::booking
