// A hand-written catalogue of two families for tests of the runtime: counters that can misbehave,
// and followers that hear of them and may refuse.
#pragma once
#include <fmt/format.h>

#include <charconv>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/catalogue.h"
#include "base/hash.h"

namespace wf::test {

// The number of a member of a flat JSON object; 0: it has none.
inline std::int64_t field(std::string_view json, std::string_view name) {
  const std::string key = fmt::format("\"{}\":", name);
  const std::size_t at = json.find(key);
  std::int64_t value = 0;
  if (at != std::string_view::npos) {
    std::from_chars(json.data() + at + key.size(), json.data() + json.size(), value);
  }
  return value;
}

template <std::size_t index>
std::shared_ptr<const void> decode_text(std::string_view payload) {
  if (payload.find("undecodable") != std::string_view::npos) return nullptr;
  return std::make_shared<const std::string>(payload);
}

inline constexpr EventType event_types[] = {
    {"counter.Added", "counter", 0, decode_text<0>},
    {"counter.Held", "counter", 1, decode_text<1>},
    {"counter.Expired", "counter", 2, decode_text<2>},
    {"counter.Pinged", "counter", 3, decode_text<3>},
    {"counter.Bounced", "counter", 4, decode_text<4>},
    {"follower.Followed", "follower", 5, decode_text<5>},
    {"follower.Ponged", "follower", 6, decode_text<6>},
    {"follower.Bounced", "follower", 7, decode_text<7>},
};

inline constexpr CommandType command_type(std::string_view name,
                                          std::string_view aggregate,
                                          std::string_view topic,
                                          std::uint16_t index) {
  CommandType type;
  type.name = name;
  type.aggregate = aggregate;
  type.topic = topic;
  type.index = index;
  return type;
}

inline constexpr CommandType command_types[] = {
    command_type("counter.Add", "counter", "counters", 0),
    command_type("counter.Hold", "counter", "counters", 1),
    command_type("counter.Expire", "counter", "counters", 2),
    command_type("counter.Ping", "counter", "counters", 3),
    command_type("counter.Refused", "counter", "counters", 4),
    command_type("follower.Follow", "follower", "followers", 5),
    command_type("follower.Pong", "follower", "followers", 6),
    command_type("follower.Refused", "follower", "followers", 7),
};

template <class Types>
auto* find_type(const Types& types, std::string_view name) {
  for (const auto& type : types) {
    if (type.name == name) return &type;
  }
  return static_cast<decltype(&types[0])>(nullptr);
}
inline const EventType* event_type(std::string_view name) { return find_type(event_types, name); }
inline const CommandType* find_command(std::string_view name) {
  return find_type(command_types, name);
}

// Thrown by counter.Add{504} and by the first of 888 deadlines: what ends a process, nobody
// catches.
struct Killed {};

inline constexpr Reason negative{"negative"};
inline constexpr Reason unlucky{"unlucky"};

// `chain` hashes every event in order, so that two states are equal only after equal histories.
struct TestState : AnyState {
  std::int64_t total = 0;
  std::int64_t due = 0;
  std::int64_t holds = 0;  // deadlines still to come at `due`
  std::uint64_t chain = 0;
};

// What both aggregates have in common; `build` is written into events, so that it shows who
// decided.
class TestAggregate : public Aggregate {
 public:
  TestAggregate(std::string_view name, std::string_view topic, int build)
      : build_(build), name_(name), topic_(topic) {}
  std::string_view name() const override { return name_; }
  std::string_view topic() const override { return topic_; }
  StatePtr initial() const override { return std::make_unique<TestState>(); }
  bool sees(const EventType& type) const override { return type.aggregate == name_; }

  void evolve(StatePtr& state, const Event& event) const override {
    auto& s = static_cast<TestState&>(*state);
    const auto& payload = event.as<std::string>();
    const std::string_view type = event.type().name;
    s.chain = xxh64(fmt::format("{} {} {}", s.chain, type, payload)) >> 1U;
    if (type == "counter.Added") s.total += field(payload, "n");
    if (type == "counter.Held") {
      s.due = field(payload, "until");
      s.holds = std::max<std::int64_t>(1, field(payload, "times"));
    }
    if (type == "counter.Expired" && --s.holds == 0) s.due = 0;
  }

  std::optional<Deadline> deadline(const AnyState& state) const override {
    const auto& s = static_cast<const TestState&>(state);
    if (s.due == 0) return std::nullopt;
    return Deadline{
        {s.due}, find_command("counter.Expire"), fmt::format(R"({{"left":{}}})", s.holds)};
  }

  void encode(const AnyState& state, std::string& out) const override {
    const auto& s = static_cast<const TestState&>(state);
    out += fmt::format(
        R"({{"total":{},"due":{},"holds":{},"chain":{}}})", s.total, s.due, s.holds, s.chain);
  }

  Result<StatePtr> decode(std::string_view stored) const override {
    auto s = std::make_unique<TestState>();
    s->total = field(stored, "total");
    s->due = field(stored, "due");
    s->holds = field(stored, "holds");
    s->chain = static_cast<std::uint64_t>(field(stored, "chain"));
    return s;
  }

 protected:
  static Decided one(std::string_view type, std::string payload) {
    Decided decided;
    decided.events.push_back({event_type(type), std::move(payload)});
    return decided;
  }
  static Decided refusal(const Reason& reason) { return {&reason, {}}; }

  const int build_;

 private:
  const std::string_view name_;
  const std::string_view topic_;
};

class Counter : public TestAggregate {
 public:
  explicit Counter(int build) : TestAggregate("counter", "counters", build) {}

  Result<Decided> decide(const AnyState& state,
                         const CommandType& command,
                         std::string_view payload,
                         const Context& context) const override {
    const auto& s = static_cast<const TestState&>(state);
    if (command.name == "counter.Add") return add(payload);
    if (command.name == "counter.Hold") return one("counter.Held", std::string(payload));
    if (command.name == "counter.Ping") return one("counter.Pinged", "{}");
    if (command.name == "counter.Refused") return one("counter.Bounced", std::string(payload));
    if (s.total == 404) throw std::runtime_error("no expiry today");
    if (s.total == 405) return Decided{};
    if (s.total == 406) return many(300);
    if (s.holds == 888) throw Killed();
    return one("counter.Expired", fmt::format(R"({{"now":{}}})", context.now.us));
  }

 private:
  // What to do is in the numbers; `build` also decides into how many events. Build 3 never decides
  // the same twice, so that two attempts at one command cannot pass for one.
  Result<Decided> add(std::string_view payload) const {
    const std::int64_t n = field(payload, "n");
    if (n == 0) return Decided{};
    if (n < 0) return refusal(negative);
    if (n == 504) throw Killed();
    if (n == 500) throw std::runtime_error("not today");
    if (n == 501) return fail(Code::invalid, "not today");
    if (n == 502) return one("counter.Added", "undecodable");
    if (n == 503) return one("counter.Added", std::string(800u << 10, 'x'));
    if (n >= 1000) return many(n - 1000);
    Decided decided;
    const std::uint64_t attempt = build_ == 3 ? ++attempts_ : 0;
    const std::uint64_t count = 1 + (static_cast<std::uint64_t>(build_) + attempt) % 3;
    for (std::uint64_t i = 0; i < count; ++i) {
      decided.events.push_back(
          {event_type("counter.Added"),
           build_ == 0
               ? fmt::format(R"({{"n":{}}})", n)
               : fmt::format(
                     R"({{"n":{},"build":{},"try":{}}})", i == 0 ? n : 0, build_, attempt)});
    }
    return decided;
  }
  static Decided many(std::int64_t count) {
    Decided decided;
    for (std::int64_t i = 0; i < count; ++i) {
      decided.events.push_back({event_type("counter.Added"), R"({"n":1})"});
    }
    return decided;
  }

  mutable std::uint64_t attempts_ = 0;
};

class Follower : public TestAggregate {
 public:
  explicit Follower(int build) : TestAggregate("follower", "followers", build) {}

  Result<Decided> decide(const AnyState& /*state*/,
                         const CommandType& command,
                         std::string_view payload,
                         const Context& /*context*/) const override {
    if (command.name == "follower.Pong") return one("follower.Ponged", std::string(payload));
    if (command.name == "follower.Refused") return one("follower.Bounced", std::string(payload));
    if (field(payload, "n") % 13 == 0) return refusal(unlucky);
    return one("follower.Followed", std::string(payload));
  }
};

// Followers hear of every counter.Added of two or more, and answer pings.
class FollowerPolicy : public Policy {
 public:
  std::string_view aggregate() const override { return "follower"; }
  bool reacts(const EventType& type) const override {
    return type.name == "counter.Added" || type.name == "counter.Pinged";
  }
  void react(const Event& event, const Meta& meta, std::vector<Sending>& out) const override {
    const auto& payload = event.as<std::string>();
    if (event.type().name == "counter.Pinged") {
      out.push_back({find_command("follower.Pong"), meta.stream, "{}"});
      return;
    }
    const std::int64_t n = field(payload, "n");
    if (n == 99) throw std::runtime_error("a policy that throws");
    if (n < 2) return;
    out.push_back({find_command("follower.Follow"),
                   Uuid::v5(meta.stream, fmt::format("{}", n % 3)),
                   fmt::format(R"({{"n":{}}})", n)});
  }
};

// Pongs make pings: a loop that only the limit of hops ends.
class PingPolicy : public Policy {
 public:
  std::string_view aggregate() const override { return "counter"; }
  bool reacts(const EventType& type) const override { return type.name == "follower.Ponged"; }
  void react(const Event& /*event*/, const Meta& meta, std::vector<Sending>& out) const override {
    out.push_back({find_command("counter.Ping"), meta.stream, "{}"});
  }
};

// One build. What a counter decides differs from build to build.
class TestCatalogue {
 public:
  explicit TestCatalogue(int build = 0)
      : build_(fmt::format("build {}", build)), counter_(build), follower_(build) {
    catalogue_.events = event_types;
    catalogue_.commands = command_types;
    catalogue_.aggregates = aggregates_;
    catalogue_.policies = policies_;
    catalogue_.families = families_;
    catalogue_.roles = roles_;
    catalogue_.build = build_;
    catalogue_.event = event_type;
    catalogue_.command = find_command;
  }
  TestCatalogue(const TestCatalogue&) = delete;
  TestCatalogue& operator=(const TestCatalogue&) = delete;

  const Catalogue& operator*() const { return catalogue_; }
  // Nothing here reads the platform's configuration.
  static const PlatformConfig& platform() {
    static const void* const nothing = ::operator new(1);
    return *static_cast<const PlatformConfig*>(nothing);
  }

 private:
  const std::string build_;
  const Counter counter_;
  const Follower follower_;
  const FollowerPolicy follower_policy_;
  const PingPolicy ping_policy_;
  const Aggregate* const aggregates_[2] = {&counter_, &follower_};
  const Policy* const policies_[2] = {&follower_policy_, &ping_policy_};
  static constexpr std::string_view families_[] = {"counters", "followers"};
  static constexpr std::string_view roles_[] = {"client", "system"};
  Catalogue catalogue_;
};

}  // namespace wf::test
