"""gen/platform and gen/process: configuration structs with defaults, and their reader."""

from gen import codec
from gen.cpp import (
    HEAD,
    declarations,
    enumeration_code,
    includes,
    namespace_close,
    namespace_open,
)


def header(module):
    name, kind = module.path.stem, module.config.name
    lines = [
        HEAD.format(file=module.file) + f"// {module.node.get('description', '')}",
        "#pragma once",
    ] + includes(module)
    lines += [
        '#include "base/aggregate.h"',
        '#include "base/json.h"',
        '#include "base/result.h"',
        '#include "gen/common.h"',
        "",
    ]
    lines += namespace_open(module.namespace) + declarations(module)
    lines += [
        "// Every wrong place is told in `faults`; the result is then Code::invalid. What is "
        "absent keeps its default.",
        f"Result<{kind}> parse_{name}(const Json& json, std::vector<Fault>& faults);",
        f"void write_json(std::string& out, const {kind}& value);",
    ]
    return lines + namespace_close(module.namespace)


def code(module):
    name, kind = module.path.stem, module.config.name
    lines = [
        HEAD.format(file=module.file) + "// Reading and printing of this configuration.",
        f'#include "gen/{name}.h"',
        "",
        '#include "base/json_canonical.h"',
        '#include "base/json_cursor.h"',
        '#include "base/json_write.h"',
        '#include "base/codec.h"',
        '#include "base/shape.h"',
        '#include "gen/common_json.h"',
        "",
    ] + namespace_open(module.namespace)
    for one in module.order:
        if one.kind == "enumeration":
            lines += enumeration_code(one)
    body = codec.code(module)
    at = body.index(f"void write_json(std::string& out, const {kind}& value) {{")
    shapes = codec.Shapes(module.path.stem)
    root = shapes.of(module.config)
    lines += (
        ["namespace {", ""]
        + body[:at]
        + [""]
        + shapes.lines
        + ["", "}  // namespace", ""]
        + body[at:]
    )
    lines += [
        f"Result<{kind}> parse_{name}(const Json& json, std::vector<Fault>& faults) {{",
        f"  check_shape({root}, json, faults);",
        "  if (!faults.empty()) return fail(Code::invalid, "
        f'"the {name} configuration is not what its schema says");',
        "  const std::string text = canonical(json);",
        f"  {kind} made;",
        "  JsonCursor in(text);",
        "  read_json(in, made);",
        "  if (!in.finished()) return fail(Code::invalid, "
        f'"the {name} configuration does not decode");',
        "  return made;",
        "}",
    ]
    return lines + namespace_close(module.namespace)
