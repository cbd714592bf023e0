// What decide() answers: events, nothing ("already so"), or a Reason. A value.
#pragma once
#include <initializer_list>
#include <utility>
#include <variant>
#include <vector>

namespace wf {

// Event is an aggregate's variant of its own events, Reason its enum. Written as
//   return Reason::too_late;   return {};   return Cancelled{…};   return {Cancelled{…}, Freed{…}};
template <class Event, class Reason>
class Decision {
 public:
  Decision() = default;
  Decision(Reason reason)
      : reason_(reason), refused_(true) {}  // NOLINT(google-explicit-constructor)
  Decision(std::vector<Event> events)
      : events_(std::move(events)) {}  // NOLINT(google-explicit-constructor)
  Decision(std::initializer_list<Event> events) : events_(events) {}
  template <class E>
  requires std::is_constructible_v<Event, E&&> Decision(
      E&& event) {  // NOLINT(google-explicit-constructor)
    events_.emplace_back(std::forward<E>(event));
  }

  bool refused() const { return refused_; }
  Reason reason() const { return reason_; }
  const std::vector<Event>& events() const { return events_; }

 private:
  std::vector<Event> events_;
  Reason reason_{};
  bool refused_ = false;
};

}  // namespace wf
