// Fuzzes every decide, evolve, deadline and react: any history, any command, in one stream.
#include <map>
#include <vector>

#include "base/catalogue.h"
#include "base/check.h"
#include "fuzz/bodies.h"
#include "fuzz/input.h"
#include "gen/platform.h"

namespace wf::fuzz {
namespace {

constexpr Instant noon{1'795'251'600'000'000};
constexpr std::size_t sendings_max = 8;  // policies answer each other no longer than that

const PlatformConfig& platform() {
  static const PlatformConfig config = [] {
    PlatformConfig made;
    made.name = "fuzz";
    return made;
  }();
  return config;
}

class Stream {
 public:
  Stream() {
    for (const Aggregate* aggregate : catalogue().aggregates) {
      states_[aggregate->name()] = aggregate->initial();
    }
  }

  // Something that some log could hold, decided by nobody.
  void invent(Input& input) {
    const Sample& sample = input.pick(event_samples());
    if (happens(*sample.type, body_of(sample.text, input))) invented_ = true;
  }

  void command(Input& input) {
    const CommandType& type = input.pick(catalogue().commands);
    const std::string payload = command_of(type, input);
    if (payload.empty()) return;
    const std::uint8_t who = input.byte();
    Context context{.platform = platform(), .now = now_, .principal = {some_id(who)}};
    context.roles = input.byte();
    context.command = command_id(commands_++);
    context.if_match = static_cast<std::int64_t>(input.below(4)) - 1;
    context.imported = who >= 128;
    decide(type, payload, context);
  }

  // Time passes, and whatever became due is decided.
  void wait(Input& input) {
    now_ = now_ + Duration::minutes(std::int64_t{input.byte()} * 15);
    for (const Aggregate* aggregate : catalogue().aggregates) {
      const auto due = deadline(*aggregate);
      if (!due || due->due > now_) continue;
      Context context{.platform = platform(), .now = due->due, .principal = system_account};
      context.command = command_id(commands_++);
      decide(*due->command, due->payload, context);
      if (invented_) continue;
      // Of what was decided, a deadline does its work: else its stream would be woken for ever.
      const auto next = deadline(*aggregate);
      WF_CHECK(!next || next->due != due->due || next->payload != due->payload ||
               next->command != due->command);
    }
  }

 private:
  std::optional<Deadline> deadline(const Aggregate& aggregate) const {
    return aggregate.deadline(*states_.at(aggregate.name()));
  }

  void decide(const CommandType& type, std::string_view payload, const Context& context) {
    const Aggregate& aggregate = *catalogue().aggregate(type.aggregate);
    const AnyState& state = *states_.at(type.aggregate);
    const auto made = aggregate.decide(state, type, payload, context);
    WF_CHECK(made.has_value());
    const auto again = aggregate.decide(state, type, payload, context);
    WF_CHECK(again.has_value());
    WF_CHECK(made->reason == again->reason);
    WF_CHECK(made->events.size() == again->events.size());
    for (std::size_t i = 0; i < made->events.size(); ++i) {
      WF_CHECK(made->events[i].payload == again->events[i].payload);
    }
    for (const MadeEvent& event : made->events) WF_CHECK(happens(*event.type, event.payload));
  }

  // Everybody who sees the event moves on; states are stored and loaded as at a restart.
  bool happens(const EventType& type, const std::string& payload) {
    std::shared_ptr<const void> body = type.decode(payload);
    if (!body) return false;
    const Event event(type, std::move(body));
    for (const Aggregate* aggregate : catalogue().aggregates) {
      if (aggregate->sees(type)) evolve(*aggregate, event);
    }
    react(event);
    return true;
  }

  void evolve(const Aggregate& aggregate, const Event& event) {
    StatePtr& state = states_.at(aggregate.name());
    aggregate.evolve(state, event);
    std::string stored;
    aggregate.encode(*state, stored);
    auto loaded = aggregate.decode(stored);
    WF_CHECK(loaded.has_value());
    std::string again;
    aggregate.encode(**loaded, again);
    WF_CHECK(again == stored);
    state = std::move(*loaded);
  }

  void react(const Event& event) {
    Meta meta;
    meta.id = Uuid::v5(some_id(4), std::to_string(++events_));
    meta.stream = some_id(5);
    meta.at = now_;
    std::vector<Sending> sendings;
    for (const Policy* policy : catalogue().policies) {
      if (policy->reacts(event.type())) policy->react(event, meta, sendings);
    }
    for (const Sending& one : sendings) {
      if (++sent_ > sendings_max) return;
      Context context{.platform = platform(), .now = now_, .principal = system_account};
      context.command = command_id(commands_++);
      decide(*one.command, one.payload, context);
    }
  }

  std::map<std::string_view, StatePtr> states_;
  Instant now_ = noon;
  bool invented_ = false;
  std::size_t commands_ = 0;
  std::size_t events_ = 0;
  std::size_t sent_ = 0;
};

}  // namespace
}  // namespace wf::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  wf::fuzz::Input input(data, size);
  wf::fuzz::Stream stream;
  while (!input.empty()) {
    switch (input.below(4)) {
      case 0:
        stream.invent(input);
        break;
      case 1:
        stream.wait(input);
        break;
      default:
        stream.command(input);
    }
  }
  return 0;
}
