"""gen/AGGREGATE.cpp: an aggregate, and its policy, as the runtime sees them."""

from gen.cpp import HEAD, namespace_close, namespace_open


def event_name(event, aggregate):
    return event.name if event.aggregate is aggregate else f"{event.aggregate.name}::{event.name}"


def code(aggregate):
    module = aggregate.module
    lines = [
        HEAD.format(file=module.file)
        + f"// The {aggregate.name} aggregate as the runtime sees it.",
        f'#include "{module.header}"',
        f'#include "{module.header.replace(".h", "_json.h")}"',
        '#include "gen/types.h"',
        "",
    ]
    lines += namespace_open(module.namespace) + [
        "namespace {",
        "",
        "struct Held final : AnyState {",
        "  State state;",
        "};",
        "",
        "const State& held(const AnyState& state) "
        "{ return static_cast<const Held&>(state).state; }",
        "",
    ]
    lines += [
        "template <class C>",
        "Result<Decision> decide_json(const AnyState& state, std::string_view payload, const "
        "Context& context) {",
        "  C command;",
        "  JsonCursor in(payload);",
        "  read_json(in, command);",
        '  if (!in.finished()) return fail(Code::invalid, '
        '"the payload is not what its schema says");',
        "  return decide(held(state), command, context);",
        "}",
        "",
    ]
    lines += _adapter(aggregate)
    if aggregate.reacts:
        lines += _policy(aggregate)
    lines += [
        "}  // namespace",
        "",
        "const wf::Aggregate& aggregate() {",
        "  static const Adapter adapter;",
        "  return adapter;",
        "}",
    ]
    if aggregate.reacts:
        lines += [
            "",
            "const wf::Policy& policy() {",
            "  static const Reactions reactions;",
            "  return reactions;",
            "}",
        ]
    return lines + namespace_close(module.namespace)


def _adapter(aggregate):
    seen = aggregate.events + aggregate.sees
    lines = [
        "class Adapter final : public wf::Aggregate {",
        " public:",
        f'  std::string_view name() const override {{ return "{aggregate.name}"; }}',
        f'  std::string_view topic() const override {{ return "{aggregate.topic}"; }}',
        "  StatePtr initial() const override { return std::make_unique<Held>(); }",
        "",
        "  bool sees(const EventType& type) const override {",
        "    switch (type.index) {",
    ]
    lines += [f"      case {e.index}:  // {e.full}" for e in seen]
    lines += (["        return true;"] if seen else []) + [
        "    }",
        "    return false;",
        "  }",
        "",
        "  void evolve(StatePtr& state, const wf::Event& event) const override {",
        "    State& now = static_cast<Held&>(*state).state;",
        "    switch (event.type().index) {",
    ]
    for event in seen:
        name = event_name(event, aggregate)
        lines += [
            f"      case {event.index}:",
            f"        now = {aggregate.module.namespace}::evolve(std::move(now), "
            f"event.as<{name}>());",
            "        return;",
        ]
    lines += [
        "    }",
        "  }",
        "",
        "  Result<Decided> decide(const AnyState& state, const CommandType& command, "
        "std::string_view payload,",
        "                         const Context& context) const override {",
        "    switch (command.index) {",
    ]
    for command in aggregate.commands:
        lines += [
            f"      case {command.index}:",
            f"        return erased(decide_json<{command.name}>(state, payload, context));",
        ]
    lines += [
        "    }",
        f'    return fail(Code::invalid, "not a command of {aggregate.name}");',
        "  }",
        "",
        "  std::optional<Deadline> deadline(const AnyState& state) const override {",
    ]
    return lines + _deadline_and_state(aggregate) + ["};", ""]


def _deadline_and_state(aggregate):
    lines = []
    if aggregate.deadline:
        lines += [
            f"    const std::optional<Due> due = "
            f"{aggregate.module.namespace}::deadline(held(state));",
            "    if (!due) return std::nullopt;",
            "    Deadline made{due->at, &type_of(due->command), {}};",
            "    write_json(made.payload, due->command);",
            "    return made;",
        ]
    else:
        lines += ["    static_cast<void>(state);", "    return std::nullopt;"]
    lines += [
        "  }",
        "",
        "  void encode(const AnyState& state, std::string& out) const override "
        "{ write_json(out, held(state)); }",
        "",
        "  Result<StatePtr> decode(std::string_view stored) const override {",
        "    auto made = std::make_unique<Held>();",
        "    JsonCursor in(stored);",
        "    read_json(in, made->state);",
        "    if (!in.finished()) return fail(Code::corrupt, "
        f'"not a state of {aggregate.name}, or an earlier build\'s");',
        "    return made;",
        "  }",
        "",
        " private:",
        "  static Result<Decided> erased(Result<Decision> decision) {",
        "    if (!decision) return tl::unexpected(std::move(decision.error()));",
        "    Decided made;",
        "    if (decision->refused()) {",
        "      made.reason = &detail::reasons[static_cast<std::size_t>(decision->reason())];",
        "      return made;",
        "    }",
        "    made.events.reserve(decision->events().size());",
        "    for (const Event& event : decision->events()) {",
        "      MadeEvent& one = made.events.emplace_back(MadeEvent{&type_of(event), {}});",
        "      one.payload.reserve(256);",
        "      write_json(one.payload, event);",
        "    }",
        "    return made;",
        "  }",
    ]
    return lines


def _policy(aggregate):
    lines = [
        "class Reactions final : public wf::Policy {",
        " public:",
        f'  std::string_view aggregate() const override {{ return "{aggregate.name}"; }}',
        "",
        "  bool reacts(const EventType& type) const override {",
        "    switch (type.index) {",
    ]
    lines += [f"      case {e.index}:  // {e.full}" for e in aggregate.reacts]
    lines += [
        "        return true;",
        "    }",
        "    return false;",
        "  }",
        "",
        "  void react(const wf::Event& event, const Meta& meta, std::vector<Sending>& out) const "
        "override {",
        "    switch (event.type().index) {",
    ]
    for event in aggregate.reacts:
        lines += [
            f"      case {event.index}:",
            f"        return "
            f"add({aggregate.module.namespace}::react("
            f"event.as<{event_name(event, aggregate)}>(), meta), out);",
        ]
    return lines + [
        "    }",
        "  }",
        "",
        " private:",
        "  static void add(const Commands& commands, std::vector<Sending>& out) {",
        "    for (const auto& [stream, command] : commands) {",
        "      Sending& one = out.emplace_back(Sending{&type_of(command), stream, {}});",
        "      write_json(one.payload, command);",
        "    }",
        "  }",
        "};",
        "",
    ]
