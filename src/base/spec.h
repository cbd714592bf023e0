// For tests: what an aggregate answers to a command, given what has happened. Everything passes
// through its wire form.
//
//   const wf::Specs given{booking::aggregate(), platform};
//   given({reserved}).when(Cancel{…}).by(ravi).then(Reason::not_yours);
//   given({reserved}).when(Cancel{…}).by(asha).at(noon).then({Cancelled{…}});
//   given({reserved, cancelled}).when(Cancel{…}).by(asha).then_nothing();
//   given({reserved}).deadline(noon, Expire{…});
#pragma once
#include <boost/test/unit_test.hpp>

#include <initializer_list>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/aggregate.h"
#include "base/check.h"

namespace wf {

// The id every command has unless id() says another: a thing it makes is
// Uuid::v5(spec_command, "booking").
inline constexpr Uuid spec_command{{0x5c, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}};
inline constexpr Instant spec_now{1'795'251'600'000'000};  // 2026-11-21T09:00:00Z

// An event of any aggregate, as it stands on the log.
struct SpecEvent {
  template <class E>
  requires(!std::is_same_v<E, SpecEvent>) SpecEvent(const E& event)
      : type(&type_of(event)) {  // NOLINT(google-explicit-constructor)
    write_json(payload, event);
  }

  const EventType* type;
  std::string payload;
};

class Spec {
 public:
  Spec(const Aggregate& aggregate,
       const PlatformConfig& platform,
       const std::vector<SpecEvent>& past)
      : aggregate_(&aggregate),
        context_{.platform = platform, .now = spec_now, .principal = {}, .command = spec_command},
        state_(aggregate.initial()) {
    for (const SpecEvent& event : past) evolve(*event.type, event.payload);
  }

  template <class C>
  Spec&& when(const C& command) && {
    command_ = &type_of(command);
    payload_.clear();
    write_json(payload_, command);
    return std::move(*this);
  }
  Spec&& by(AccountId principal) && {
    context_.principal = principal;
    return std::move(*this);
  }
  template <class... Role>
  Spec&& as(Role... roles) && {
    context_.roles = (0U | ... | (1U << static_cast<unsigned>(roles)));
    return std::move(*this);
  }
  Spec&& at(Instant now) && {
    context_.now = now;
    return std::move(*this);
  }
  Spec&& id(const Uuid& command) && {
    context_.command = command;
    return std::move(*this);
  }
  Spec&& if_match(std::int64_t version) && {
    context_.if_match = version;
    return std::move(*this);
  }
  Spec&& imported() && {
    context_.imported = true;
    return std::move(*this);
  }

  void then(std::initializer_list<SpecEvent> expected) && {
    BOOST_TEST(decided() == text(expected));
  }
  template <class Answer>  // one event, or a Reason
  void then(const Answer& expected) && {
    if constexpr (std::is_enum_v<Answer>) {
      BOOST_TEST(decided() == "refused: " + std::string(name(expected)));
    } else {
      std::move(*this).then({SpecEvent(expected)});
    }
  }
  void then_nothing() && { BOOST_TEST(decided() == ""); }

  template <class C>
  void deadline(Instant due, const C& command) && {
    std::string payload;
    write_json(payload, command);
    BOOST_TEST(deadline_text() ==
               due.text() + " " + std::string(type_of(command).name) + " " + payload);
  }
  void no_deadline() && { BOOST_TEST(deadline_text() == ""); }

 private:
  // The state is stored and loaded again after each event, as a decider's restart would.
  void evolve(const EventType& type, const std::string& payload) {
    std::shared_ptr<const void> body = type.decode(payload);
    BOOST_REQUIRE_MESSAGE(body != nullptr, type.name << " does not decode: " << payload);
    BOOST_REQUIRE_MESSAGE(aggregate_->sees(type),
                          aggregate_->name() << " does not see " << type.name);
    aggregate_->evolve(state_, Event(type, std::move(body)));
    std::string stored;
    aggregate_->encode(*state_, stored);
    Result<StatePtr> loaded = aggregate_->decode(stored);
    BOOST_REQUIRE_MESSAGE(loaded.has_value(), "the state does not decode: " << stored);
    state_ = std::move(*loaded);
    std::string again;
    aggregate_->encode(*state_, again);
    BOOST_TEST(again == stored);
  }

  std::string decided() {
    WF_CHECK(command_ != nullptr);  // when() comes before then()
    Result<Decided> made = aggregate_->decide(*state_, *command_, payload_, context_);
    if (!made) return "failed: " + made.error().detail;
    if (made->reason != nullptr) return "refused: " + std::string(made->reason->name);
    std::string out;
    for (const MadeEvent& event : made->events) {
      out += std::string(event.type->name) + " " + event.payload + "\n";
      evolve(*event.type, event.payload);
    }
    return out;
  }

  std::string deadline_text() const {
    const std::optional<Deadline> found = aggregate_->deadline(*state_);
    if (!found) return "";
    return found->due.text() + " " + std::string(found->command->name) + " " + found->payload;
  }

  static std::string text(std::initializer_list<SpecEvent> events) {
    std::string out;
    for (const SpecEvent& event : events)
      out += std::string(event.type->name) + " " + event.payload + "\n";
    return out;
  }

  const Aggregate* aggregate_;
  Context context_;
  StatePtr state_;
  const CommandType* command_ = nullptr;
  std::string payload_;
};

// given(…) for one aggregate under one platform's configuration, which must outlive it.
class Specs {
 public:
  Specs(const Aggregate& aggregate, const PlatformConfig& platform)
      : aggregate_(aggregate), platform_(platform) {}
  Spec operator()(std::vector<SpecEvent> past) const { return {aggregate_, platform_, past}; }

 private:
  const Aggregate& aggregate_;
  const PlatformConfig& platform_;
};

}  // namespace wf
