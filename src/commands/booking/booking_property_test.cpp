// Random lives of one charger: whatever is asked, in whatever order, nothing is sold twice.
#include <random>

#include "base/calendar.h"
#include "commands/booking/booking_samples.h"

namespace wf::booking {
namespace {

// A charger beside the plainest model of it: every live booking in a list.
class World {
 public:
  explicit World(unsigned seed) : random_(seed) {
    state_ = evolve(std::move(state_), seed % 2 == 0 ? listed() : approving());
  }

  void step() {
    now_ = now_ + Duration::minutes(pick(40));
    while (const std::optional<Due> due = deadline(state_)) {
      if (due->at > now_) break;
      const Decision decided = decided_by(due->command, due->at);
      BOOST_REQUIRE(!decided.events().empty());  // else it would be due for ever
      apply(decided);
    }
    switch (pick(6)) {
      case 0:
      case 1:
        return reserve_some();
      case 2:
        return apply(
            decided_by(Change{some_id(), from(), now_ + Duration::minutes(pick(600))}, now_));
      case 3:
        return apply(decided_by(Cancel{some_id(), {}}, now_));
      case 4:
        return apply(decided_by(CheckIn{some_id()}, now_));
      default:
        return apply(pick(2) == 0 ? decided_by(Complete{some_id()}, now_)
                                  : decided_by(Approve{some_id()}, now_));
    }
  }

  // The state says what the events say, and no two bookings of one connector meet.
  void check() const {
    BOOST_TEST(state_.live.size() == model_.size());
    BOOST_TEST(state_.busy.size() == model_.size());
    BOOST_TEST(state_.timers.size() == model_.size());
    for (const auto& [id, slot] : model_) {
      const Live& live = state_.live.at(id);
      BOOST_TEST((Slot{live.connector, {live.start, live.end}} == slot));
      for (const auto& [other, taken] : model_) BOOST_TEST((id == other || !meet(slot, taken)));
    }
    BOOST_TEST(std::ranges::is_sorted(state_.timers, {}, &Timer::due));
  }

 private:
  struct Slot {
    std::int64_t connector;
    Interval interval;
    bool operator==(const Slot&) const = default;
  };

  static bool meet(const Slot& a, const Slot& b) {
    return a.connector == b.connector && a.interval.overlaps(b.interval);
  }

  int pick(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }
  Instant from() { return now_ + Duration::minutes(pick(500) - 20); }
  BookingId some_id() {
    if (model_.empty()) return other_id;
    return std::next(model_.begin(), pick(static_cast<int>(model_.size())))->first;
  }

  Context context(Instant now) {
    const Uuid command{
        {static_cast<std::uint8_t>(commands_ >> 8), static_cast<std::uint8_t>(commands_)}};
    ++commands_;
    return {.platform = platform,
            .now = now,
            .principal = otto,
            .roles = 1U << static_cast<unsigned>(Role::operator_),
            .command = command};
  }

  Decision decided_by(const Command& command, Instant now) {
    const Context ctx = context(now);
    return std::visit([&](const auto& one) { return decide(state_, one, ctx); }, command);
  }

  void reserve_some() {
    const Instant start = from();
    const Slot wanted{1 + pick(2), {start, start + Duration::minutes(1 + pick(180))}};
    const bool free =
        std::ranges::none_of(model_, [&](const auto& one) { return meet(one.second, wanted); });
    const Decision decided = decided_by(
        Reserve{garage, wanted.connector, wanted.interval.start, wanted.interval.end}, now_);
    if (decided.refused() && decided.reason() != Reason::in_the_past) {
      BOOST_TEST((decided.reason() == Reason::slot_taken));
      BOOST_TEST(!free);
    }
    if (!decided.refused()) BOOST_TEST(free);
    apply(decided);
  }

  void apply(const Decision& decided) {
    for (const Event& event : decided.events()) {
      std::visit([this](const auto& one) { note(one); }, event);
      state_ =
          std::visit([this](const auto& one) { return evolve(std::move(state_), one); }, event);
    }
  }

  template <class E>
  void note(const E& e) {
    if constexpr (std::is_same_v<E, Requested> || std::is_same_v<E, Reserved> ||
                  std::is_same_v<E, Changed>) {
      model_[e.booking] = {e.connector, {e.start, e.end}};
    } else if constexpr (requires { e.host; } && !std::is_same_v<E, Approved>) {
      model_.erase(e.booking);
    }
  }

  std::mt19937 random_;
  State state_;
  Instant now_ = spec_now;
  unsigned commands_ = 1;
  std::map<BookingId, Slot> model_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(booking_property_tests)

BOOST_AUTO_TEST_CASE(no_two_live_bookings_of_one_connector_ever_meet_BK1) {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      World world(seed);
      for (int steps = 0; steps < 250; ++steps) {
        world.step();
        world.check();
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::booking
