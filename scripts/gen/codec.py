"""Readers, writers and shapes (what validation knows) of a module's types."""

from gen.cpp import identifier, integer, literal, snake

READ = {
    "integer": "in.int64()",
    "boolean": "in.boolean()",
    "instant": "in.instant()",
    "money": "in.money()",
    "point": "in.point()",
}
WRITE = {
    "text": "append_json_string",
    "integer": "append_int",
    "boolean": "append_bool",
    "instant": "append_instant",
    "money": "append_money",
    "point": "append_point",
}


def declarations(module):
    lines = []
    for kind in module.order:
        lines += [
            f"void read_json(JsonCursor& in, {kind.name}& out);",
            f"void write_json(std::string& out, "
            f"{'' if kind.kind == 'enumeration' else 'const '}{kind.name}"
            f"{' ' if kind.kind == 'enumeration' else '& '}value);",
        ]
    return lines


def read_value(kind, target, indent, personal=""):
    """Statements that read the next value into `target`."""
    pad = " " * indent
    if personal:
        return [f"{pad}in.string({target}.sealed);"]
    if kind.kind == "text":
        return [f"{pad}in.string({target});"]
    if kind.kind == "id":
        return [f"{pad}{target}.value = in.uuid();"]
    if kind.kind in READ:
        return [f"{pad}{target} = {READ[kind.kind]};"]
    if kind.kind == "array":
        return (
            [
                f"{pad}in.begin_array();",
                f"{pad}while (in.next_element()) {{",
                f"{pad}  auto& element = {target}.emplace_back();",
            ]
            + read_value(kind.item, "element", indent + 2)
            + [f"{pad}}}"]
        )
    if kind.kind == "map":
        return (
            [
                f"{pad}in.begin_object();",
                f"{pad}for (std::string_view id; in.next_key(id);) {{",
                f"{pad}  const std::optional<Uuid> parsed = Uuid::parse(id);",
                f"{pad}  if (!parsed) return in.fail();",
                f"{pad}  auto& element = {target}[{{*parsed}}];",
            ]
            + read_value(kind.item, "element", indent + 2)
            + [f"{pad}}}"]
        )
    return [f"{pad}read_json(in, {target});"]


def write_value(kind, source, indent, personal=""):
    pad = " " * indent
    if personal:
        return [f"{pad}append_json_string(out, {source}.sealed);"]
    if kind.kind == "id":
        return [f"{pad}append_uuid(out, {source}.value);"]
    if kind.kind in WRITE:
        return [f"{pad}{WRITE[kind.kind]}(out, {source});"]
    if kind.kind == "array":
        return (
            [f"{pad}out += '[';", f"{pad}for (const auto& element : {source}) {{"]
            + write_value(kind.item, "element", indent + 2)
            + [f"{pad}  out += ',';", f"{pad}}}", f"{pad}close_json(out, ']');"]
        )
    if kind.kind == "map":
        return (
            [
                f"{pad}out += '{{';",
                f"{pad}for (const auto& [id, element] : {source}) {{",
                f"{pad}  append_uuid(out, id.value);",
                f"{pad}  out += ':';",
            ]
            + write_value(kind.item, "element", indent + 2)
            + [f"{pad}  out += ',';", f"{pad}}}", f"{pad}close_json(out, '}}');"]
        )
    return [f"{pad}write_json(out, {source});"]


def reader(kind, name):
    """read_json of a struct: keys by length, so that a key costs one or two comparisons."""
    required = [f for f in kind.fields if f.required]
    lines = [f"void read_json(JsonCursor& in, {name}& out) {{"]
    if not kind.fields:
        lines.append("  static_cast<void>(out);")
    lines.append("  in.begin_object();")
    if required:
        lines.append("  std::uint64_t seen = 0;")
    lines.append("  for (std::string_view key; in.next_key(key);) {")
    if kind.fields:
        lines.append("    switch (key.size()) {")
        for length in sorted({len(f.name) for f in kind.fields}):
            lines.append(f"      case {length}:")
            for place, one in enumerate(kind.fields):
                if len(one.name) == length:
                    lines += _read_member(one, place)
            lines.append("        break;")
        lines.append("    }")
    lines += ["    in.skip();", "  }"]
    if required:
        mask = sum(1 << place for place, one in enumerate(kind.fields) if one.required)
        lines.append(f"  if ((seen & {mask:#x}U) != {mask:#x}U) in.fail();")
    return lines + ["}", ""]


def _read_member(one, place):
    target = f"out.{identifier(one.name)}"
    lines = [f'        if (key == "{one.name}") {{']
    if one.nullable:
        lines += [
            f"          auto& given = {target}.emplace();",
            "          if (in.take_null()) continue;",
            "          auto& value = given.emplace();",
        ]
        target = "value"
    elif one.optional:
        lines.append(f"          auto& value = {target}.emplace();")
        target = "value"
    elif one.type.kind in ("array", "map") and not one.required:
        lines.append(f"          {target}.clear();")
    lines += read_value(one.type, target, 10, one.personal)
    if one.required:
        lines.append(f"          seen |= std::uint64_t{{1}} << {place}U;")
    return lines + ["          continue;", "        }"]


def writer(kind, name):
    lines = [f"void write_json(std::string& out, const {name}& value) {{"]
    if not kind.fields:
        return lines + ["  static_cast<void>(value);", '  out += "{}";', "}", ""]
    started = False  # whether something with a trailing comma surely stands before
    pending = "{"
    for one in kind.fields:
        key = f"{literal(one.name)}:"
        source = f"value.{identifier(one.name)}"
        if one.optional:
            if pending:
                lines.append(f"  out += {_text(pending)};")
                pending = ""
            lines.append(f"  if ({source}) {{")
            lines.append(f"    out += {_text(key)};")
            lines += _write_optional(one, source)
            lines += ["    out += ',';", "  }"]
            continue
        lines.append(f"  out += {_text(pending + key)};")
        lines += write_value(one.type, source, 2, one.personal)
        pending, started = ",", True
    if pending == "," and started:
        return lines + ["  out += '}';", "}", ""]
    return lines + ["  close_json(out, '}');", "}", ""]


def _write_optional(one, source):
    if not one.nullable:
        return write_value(one.type, f"(*{source})", 4, one.personal)
    return (
        [f"    if (*{source}) {{"]
        + write_value(one.type, f"(**{source})", 6)
        + ["    } else {", '      out += "null";', "    }"]
    )


def _text(text):
    return "'" + text.replace("'", "\\'") + "'" if len(text) == 1 else literal(text)


def enumeration(kind):
    return [
        f"void read_json(JsonCursor& in, {kind.name}& out) {{",
        f"  const std::optional<{kind.name}> found = parse_{snake(kind.name)}(in.string_view());",
        "  if (!found) return in.fail();",
        "  out = *found;",
        "}",
        "",
        f"void write_json(std::string& out, {kind.name} value) {{",
        "  out += '\"';",
        "  out += name(value);",
        "  out += '\"';",
        "}",
        "",
    ]


def private(lines):
    """Functions for an anonymous namespace, where not every one may find a use."""
    return ["[[maybe_unused]] " + line if line.startswith("void ") else line for line in lines]


def code(module):
    lines = []
    for kind in module.order:
        lines += (
            enumeration(kind)
            if kind.kind == "enumeration"
            else reader(kind, kind.name) + writer(kind, kind.name)
        )
    return lines


# ---- shapes: what base/shape.h checks a client's body against ----


class Shapes:
    """The constexpr shapes of one module, each written once, inner ones first."""

    def __init__(self, module):
        self.module, self.lines, self.known = module, [], {}

    def of(self, kind):
        """The name of the shape of `kind`."""
        text = {
            "id": "shape_id",
            "instant": "shape_instant",
            "money": "shape_money",
            "point": "shape_point",
            "boolean": "shape_boolean",
        }.get(kind.kind)
        if text:
            return text
        return self._define(self._body(kind))

    def object(self, fields, closed):
        return self._define(self._object(fields, closed))

    def _define(self, body):
        if body not in self.known:
            name = f"{self.module}_shape_{len(self.known) + 1}"
            self.known[body] = name
            self.lines.append(body.replace("@", name))
        return self.known[body]

    def _body(self, kind):
        if kind.kind == "object":
            return self._object(kind.fields, kind.closed)
        limits = "INT64_MIN" if kind.low is None else integer(kind.low)
        limits = (
            f".low = {limits}, .high = {'INT64_MAX' if kind.high is None else integer(kind.high)}"
        )
        if kind.kind == "text":
            pattern = ", .pattern = &@_pattern" if kind.pattern else ""
            before = (
                f"const Pattern @_pattern{{{literal(kind.pattern)}}};\n" if kind.pattern else ""
            )
            return f"{before}constexpr Shape @{{.kind = Shape::Kind::text, {limits}{pattern}}};"
        if kind.kind == "integer":
            return f"constexpr Shape @{{.kind = Shape::Kind::integer, {limits}}};"
        if kind.kind == "enumeration":
            values = ", ".join(literal(v) for v in kind.values)
            return (
                f"constexpr std::string_view @_values[] = {{{values}}};\n"
                f"constexpr Shape @{{.kind = Shape::Kind::enumeration, .values = @_values}};"
            )
        if kind.kind == "array":
            item = self.of(kind.item)
            return f"constexpr Shape @{{.kind = Shape::Kind::array, {limits}, .item = &{item}}};"
        raise AssertionError(kind.kind)

    def _object(self, fields, closed):
        if not fields:
            only = "true" if closed else "false"
            return f"constexpr Shape @{{.kind = Shape::Kind::object, .closed = {only}}};"
        rows = [
            f"    {{{literal(f.name)}, &{self.of(f.type)}, {'true' if f.required else 'false'}"
            f"{', true' if f.nullable else ''}}},\n"
            for f in fields
        ]
        return (
            f"constexpr ShapeField @_fields[] = {{\n{''.join(rows)}}};\n"
            f"constexpr Shape @{{.kind = Shape::Kind::object, .fields = @_fields, "
            f".closed = {'true' if closed else 'false'}}};"
        )
