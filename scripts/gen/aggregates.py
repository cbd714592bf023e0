"""gen/AGGREGATE.h (structs, declarations) and AGGREGATE_json (codecs, validation)."""

from gen import codec
from gen.aggregate_adapter import event_name
from gen.cpp import (
    HEAD,
    declarations,
    enumeration_code,
    identifier,
    includes,
    literal,
    namespace_close,
    namespace_open,
    snake,
)


def followed_includes(module):
    return [f'#include "{m.header}"' for m in module.uses]


def common_header(schemas):
    module = schemas.common
    lines = [
        HEAD.format(file=module.file) + "// What all schemas share: ids, roles, small structs.",
        "#pragma once",
    ]
    lines += (
        includes(module)
        + [
            '#include "base/money.h"',
            '#include "base/personal.h"',
            '#include "base/time.h"',
            '#include "base/uuid.h"',
            "",
        ]
        + namespace_open("wf")
    )
    lines += [
        f"using {tag}Id = Id<struct {tag}Tag>;" for tag in sorted(schemas.tags) if tag != "Account"
    ] + [""]
    return lines + declarations(module) + namespace_close("wf")


def json_header(module, what, extra=()):
    lines = [
        HEAD.format(file=module.file) + f"// How {what} are read and written as JSON.",
        "#pragma once",
        f'#include "{module.header}"',
        '#include "base/json_cursor.h"',
        '#include "base/json_write.h"',
        "",
    ]
    return (
        lines
        + namespace_open(module.namespace)
        + codec.declarations(module)
        + list(extra)
        + namespace_close(module.namespace)
    )


def json_includes(module):
    return (
        [f'#include "{module.header.replace(".h", "_json.h")}"', ""]
        + [f'#include "{m.header.replace(".h", "_json.h")}"' for m in module.uses]
        + ['#include "base/codec.h"', ""]
    )


def common_code(schemas):
    module = schemas.common
    lines = (
        [HEAD.format(file=module.file) + "// Codecs of the shared types."]
        + json_includes(module)
        + namespace_open("wf")
    )
    for kind in module.order:
        if kind.kind == "enumeration":
            lines += enumeration_code(kind)
    return lines + codec.code(module) + namespace_close("wf")


def header(aggregate):
    module = aggregate.module
    description = module.node.get("description", "")
    lines = [HEAD.format(file=module.file) + f"// {description}", "#pragma once"] + includes(module)
    lines += [
        '#include "base/context.h"',
        '#include "base/decision.h"',
        '#include "base/refused.h"',
        '#include "base/send.h"',
        '#include "gen/common.h"',
    ] + [x for x in followed_includes(module) if x != '#include "gen/common.h"']
    lines += [""]
    foreign = aggregate.sees + aggregate.reacts
    for event in sorted(foreign, key=lambda e: e.full):
        lines.append(f"namespace {event.aggregate.module.namespace} {{ struct {event.name}; }}")
    lines += (
        [""]
        + namespace_open(module.namespace)
        + declarations(module)
        + _variants(aggregate)
        + _functions(aggregate)
    )
    lines += namespace_close(module.namespace)
    later = sorted({e.aggregate.module.header for e in foreign})
    if later:
        lines += ["// At the end, so that two aggregates may follow each other."] + [
            f'#include "{h}"' for h in later
        ]
    return lines


def _variants(aggregate):
    lines = []
    if aggregate.events:
        lines.append(f"using Event = std::variant<{', '.join(e.name for e in aggregate.events)}>;")
    lines.append(f"using Command = std::variant<{', '.join(c.name for c in aggregate.commands)}>;")
    if aggregate.reasons:
        lines.append(
            f"enum class Reason : std::uint8_t "
            f"{{ {', '.join(identifier(r.name) for r in aggregate.reasons)} }};"
        )
    else:
        lines.append("enum class Reason : std::uint8_t {};")
    lines.append("using Decision = wf::Decision<Event, Reason>;")
    if aggregate.deadline:
        lines += [
            "",
            "// What deadline() answers: the command to decide, and when.",
            "struct Due {",
            "  Instant at;",
            "  Command command;",
            "};",
        ]
    if aggregate.reacts:
        lines.append("using Commands = std::vector<wf::Send<Command>>;")
    return lines + [""]


def _functions(aggregate):
    lines = ["// ---- defined by hand, in src/commands ----"]
    for event in aggregate.events + aggregate.sees:
        lines.append(f"State evolve(State state, const {event_name(event, aggregate)}& event);")
    for command in aggregate.commands:
        lines.append(
            f"Decision decide(const State& state, const {command.name}& command, const Context& "
            "context);"
        )
    if aggregate.deadline:
        lines.append("std::optional<Due> deadline(const State& state);")
    for event in aggregate.reacts:
        lines.append(
            f"Commands react(const {event_name(event, aggregate)}& event, const Meta& meta);"
        )
    return lines


# ---- codecs and validation ----


def codec_header(aggregate):
    name = aggregate.module.namespace
    lines = [
        HEAD.format(file=aggregate.module.file) + "// Its types as JSON, and its erased forms.",
        "#pragma once",
        f'#include "{aggregate.module.header}"',
        '#include "base/aggregate.h"',
        '#include "base/json_cursor.h"',
        '#include "base/json_write.h"',
        "",
    ]
    lines += namespace_open(name) + codec.declarations(aggregate.module)
    lines += [
        "",
        "// For the runtime and for specs (base/spec.h).",
        "const wf::Aggregate& aggregate();",
    ]
    if aggregate.reacts:
        lines.append("const wf::Policy& policy();")
    lines += [
        "const wf::CommandType& type_of(const Command& command);",
        "void write_json(std::string& out, const Command& command);",
    ]
    lines += ["std::string_view name(Reason reason);"]
    if aggregate.events:
        lines += [
            "const wf::EventType& type_of(const Event& event);",
            "void write_json(std::string& out, const Event& event);",
        ]
    lines += ["", "namespace detail {  // what the type tables point at"]
    for event in aggregate.events:
        lines.append(
            f"std::shared_ptr<const void> decode_{snake(event.name)}(std::string_view payload);"
        )
    for command in aggregate.commands:
        lines.append(
            f"void validate_{snake(command.name)}(const Json& body, std::vector<Fault>& faults);"
        )
    lines += ["extern const std::span<const wf::Reason> reasons;", "}  // namespace detail"]
    return lines + namespace_close(name)


def codec_code(aggregate):
    module = aggregate.module
    lines = [
        HEAD.format(file=module.file) + "// Codecs, and what a client's body must be."
    ] + json_includes(module)
    lines += ['#include "base/shape.h"', '#include "gen/types.h"', ""] + namespace_open(
        module.namespace
    )
    for kind in module.order:
        if kind.kind == "enumeration":
            lines += enumeration_code(kind)
    lines += codec.code(module) + _typed_writers(aggregate)
    lines += _reason_table(aggregate)
    shapes = codec.Shapes(module.path.stem)
    roots = {
        c.name: shapes.object(c.body, True) if c.type else "shape_refused"
        for c in aggregate.commands
    }
    lines += (
        ["namespace {", ""] + shapes.lines + ["", "}  // namespace", "", "namespace detail {", ""]
    )
    for event in aggregate.events:
        lines += [
            f"std::shared_ptr<const void> decode_{snake(event.name)}(std::string_view payload) {{",
            f"  auto made = std::make_shared<{event.name}>();",
            "  JsonCursor in(payload);",
            "  read_json(in, *made);",
            "  if (!in.finished()) return nullptr;",
            "  return made;",
            "}",
            "",
        ]
    for command in aggregate.commands:
        lines += [
            f"void validate_{snake(command.name)}(const Json& body, std::vector<Fault>& faults) {{",
            f"  check_shape({roots[command.name]}, body, faults);",
            "}",
            "",
        ]
    return lines + ["}  // namespace detail"] + namespace_close(module.namespace)


def _reason_table(aggregate):
    lines = []
    if aggregate.reasons:
        rows = [
            f'    {{"{r.name}", {r.status}, {literal(r.detail)}}},' for r in aggregate.reasons
        ]
        lines += (
            ["namespace {", "constexpr wf::Reason reason_table[] = {"]
            + rows
            + [
                "};",
                "}  // namespace",
                "",
                "const std::span<const wf::Reason> detail::reasons = reason_table;",
                "",
                "std::string_view name(Reason reason) "
                "{ return reason_table[static_cast<std::size_t>(reason)].name; }",
                "",
            ]
        )
    else:
        lines += [
            "const std::span<const wf::Reason> detail::reasons;",
            "",
            "std::string_view name(Reason) { return {}; }",
            "",
        ]
    return lines


def _typed_writers(aggregate):
    """Variants → their type and JSON."""
    lines = []
    groups = [("Command", "command", aggregate.commands)]
    if aggregate.events:
        groups.append(("Event", "event", aggregate.events))
    for kind, word, members in groups:
        indexes = ", ".join(str(m.index) for m in members)
        lines += [
            f"const wf::{kind}Type& type_of(const {kind}& {word}) {{",
            f"  static constexpr std::uint16_t indexes[] = {{{indexes}}};",
            f"  return gen::{word}_types[indexes[{word}.index()]];",
            "}",
            "",
            f"void write_json(std::string& out, const {kind}& {word}) {{",
            f"  std::visit([&out](const auto& one) {{ write_json(out, one); }}, {word});",
            "}",
            "",
        ]
    return lines
