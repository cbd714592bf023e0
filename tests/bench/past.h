// What bookings went through, made up: the peers' million events (data/gen_events.py) as Wayfold
// would have decided them, in the same mixture.
#pragma once
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "gen/booking.h"

namespace wf {

// A command, and the event it led to.
struct Step {
  Uuid stream;  // the charger's
  Uuid command;
  AccountId by;
  std::string_view command_type;
  std::string command_payload;
  std::string_view event_type;
  std::string event_payload;
  std::uint64_t version = 0;  // of the stream, with this event
  std::string cancelled;      // the payload of another answer: booking.Cancelled
};

// The same steps for the same arguments. One thread.
class Past {
 public:
  static constexpr std::uint64_t chargers = 10'000;

  // `now`: bookings start on the days after it.
  explicit Past(Instant now);
  // First every charger is listed.
  Step next(Instant at);

  std::uint64_t bookings() const { return bookings_; }

 private:
  struct Booking {
    BookingId id;
    std::uint64_t charger = 0;
    AccountId renter;
    bool confirmed = false;
    std::uint64_t slot = 0;  // of an hour of its charger, over all days
    std::int64_t minutes = 0;
    Instant start;
    Instant end;
  };

  std::uint64_t random(std::uint64_t below) { return random_() % below; }
  bool chance(std::uint64_t percent) { return random(100) < percent; }
  Step step(std::uint64_t charger, const AccountId& by);
  Step list();
  Step request(Instant at);
  void request(Step& step, const Booking& booking) const;
  void approve(Step& step, Booking& booking) const;
  void decline(Step& step, const Booking& booking, Instant at) const;
  void change(Step& step, Booking& booking);
  void cancel(Step& step, const Booking& booking, Instant at) const;
  void complete(Step& step, const Booking& booking, Instant at);
  bool go_on(Step& step, Booking& booking, Instant at);
  std::string cancelled(const Booking& booking, Instant at) const;
  void take_slot(Booking& booking);

  std::mt19937_64 random_{7};
  Instant first_day_;
  std::uint64_t listed_ = 0;
  std::uint64_t bookings_ = 0;
  std::vector<std::uint64_t> versions_;
  std::vector<Booking> live_;
  std::unordered_set<std::uint64_t> taken_;  // hours of chargers
};

}  // namespace wf
