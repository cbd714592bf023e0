"""gen/tables/TABLE.h (row, parts, declarations) and TABLE.cpp (codecs, info; table_adapter)."""

import hashlib

from gen import codec
from gen.cpp import (
    HEAD,
    declarations,
    enumeration_code,
    identifier,
    includes,
    literal,
    namespace_close,
    namespace_open,
    type_name,
)
from gen.schema import pascal
from gen.table_adapter import adapter, event_name, held, keys, own_parts, part_type

ROUTE_TYPES = {
    "text": "text",
    "integer": "integer",
    "boolean": "boolean",
    "id": "id",
    "instant": "instant",
}


def header(table):
    module = table.module
    lines = [
        HEAD.format(file=module.file) + f"// {module.node.get('description', '')}",
        "#pragma once",
    ] + includes(module)
    lines += [
        '#include "base/accumulators.h"',
        '#include "base/context.h"',
        '#include "base/table.h"',
        '#include "gen/common.h"',
    ]
    used = {m.header for m in module.uses} | {
        e.aggregate.module.header for p in table.parts for e in p.events
    }
    lines += (
        [f'#include "{h}"' for h in sorted(used - {"gen/common.h"})]
        + [""]
        + namespace_open(module.namespace)
    )
    lines += declarations(module) + _key(table)
    for part in table.parts:
        lines += _accumulator(table, part)
    lines += ["// ---- defined by hand, in src/projections ----"] + _functions(table)
    lines += [
        "",
        "// The row as the API serves it.",
        "void write_json(std::string& out, const Row& row);",
        "",
        "// For the engine.",
        "const wf::TableType& table();",
    ]
    return lines + namespace_close(module.namespace)


def _key(table):
    lines = ["struct Key {"]
    lines += [
        f"  {type_name(f.type, table.module.namespace)} "
        f"{identifier(f.name)}{'{}' if f.type.kind in PLAIN else ''};"
        for f in table.keys
    ]
    return lines + ["", "  bool operator==(const Key&) const = default;", "};", ""]


def _accumulator(table, part):
    if part.kind in ("own", "each"):
        return []
    if part.kind == "count":
        return [f"using {pascal(part.name)} = wf::Count;", ""]
    inner = type_name(part.type, table.module.namespace)
    return [f"using {pascal(part.name)} = wf::{part.kind.capitalize()}<{inner}>;", ""]


def _functions(table):
    lines, seen = [], set()
    for part in own_parts(table):
        name = "Row" if table.simple else pascal(part.name)
        for event in part.events:
            own = "row" if table.simple else identifier(part.name)
            line = (
                f"{name} fold({name} {own}, "
                f"const {event_name(event)}& event, const Meta& meta);"
            )
            if line not in seen:
                lines.append(line)
            seen.add(line)
    if not table.simple:
        parts = ", ".join(f"const {part_type(table, p)}& {identifier(p.name)}" for p in table.parts)
        lines.append(f"std::optional<Row> view(const Key& key, {parts});")
    if table.parameters:
        lines.append(
            f"std::optional<std::string> answer(const Row& row{_answer_parts(table)}, const "
            "Query& query);"
        )
    return lines


def _answer_parts(table):
    if table.simple:
        return ""
    return "".join(f", const {part_type(table, p)}& {identifier(p.name)}" for p in own_parts(table))


# ---- the source ----


def code(schemas, table, source):
    module = table.module
    lines = [
        HEAD.format(file=module.file) + f"// Table {table.name} as the engine sees it.",
        f'#include "gen/tables/{table.name}.h"',
        "",
        '#include "base/accumulators_json.h"',
        '#include "base/codec.h"',
        '#include "base/index_key.h"',
        '#include "base/json_cursor.h"',
        '#include "base/json_write.h"',
        '#include "gen/types.h"',
    ]
    lines += [
        f'#include "{m.header.replace(".h", "_json.h")}"'
        for m in sorted(module.uses, key=lambda m: m.header)
    ] + [""]
    lines += namespace_open(module.namespace)
    for kind in module.order:
        if kind.kind == "enumeration" and kind.module is module:
            lines += enumeration_code(kind)
    lines += (
        _codecs(table)
        + ["namespace {", ""]
        + _info(schemas, table)
        + held(table)
        + keys(table)
        + adapter(table)
    )
    lines += [
        "}  // namespace",
        "",
        "const wf::TableType& table() {",
        "  static const Adapter adapter;",
        "  return adapter;",
        "}",
    ]
    lines += namespace_close(module.namespace)
    digest = hashlib.sha256("\n".join(header(table) + lines).encode())
    digest.update(schemas.common.text.encode())
    rows = digest.hexdigest()[:16]  # builds that share it read each other's rows
    for aggregate in sorted({e.aggregate.name for p in table.parts for e in p.events}):
        digest.update(schemas.modules[schemas.root / f"{aggregate}.json"].text.encode())
    fold = source / "projections" / f"{table.name}.cpp"
    digest.update(fold.read_bytes() if fold.exists() else b"")
    code = digest.hexdigest()[:16]
    return [line.replace("@code_hash@", code).replace("@rows_hash@", rows) for line in lines]


def _codecs(table):
    """Row's writer is the one others call; all else is this file's own."""
    lines = ["namespace {", ""]
    for kind in table.module.order:
        if kind.kind == "enumeration":
            lines += codec.private(codec.enumeration(kind))
        elif kind is not table.row or table.simple:
            lines += codec.private(codec.reader(kind, kind.name))
        if kind.kind == "object" and kind is not table.row:
            lines += codec.private(codec.writer(kind, kind.name))
    return lines + ["}  // namespace", ""] + codec.writer(table.row, "Row")


PLAIN = ("integer", "boolean", "enumeration")  # no constructor of their own: zero by {}
COLUMN = {
    "text": "text",
    "integer": "integer",
    "boolean": "boolean",
    "id": "id",
    "instant": "instant",
    "enumeration": "enumeration",
    "money": "money",
    "point": "point",
}


def _info(schemas, table):
    lines = []
    columns = [f.name for f in table.row.fields]
    for place, one in enumerate(table.row.fields):
        if one.type.kind == "enumeration":
            lines.append(
                f"constexpr std::string_view values_{place}[] = "
                f"{{{', '.join(literal(v) for v in one.type.values)}}};"
            )
    lines.append("constexpr Column columns[] = {")
    for place, one in enumerate(table.row.fields):
        values = f"values_{place}" if one.type.kind == "enumeration" else "{}"
        lines.append(
            f'    {{"{one.name}", ColumnType::{COLUMN.get(one.type.kind, "other")}, '
            f'"{one.personal}", {values}}},'
        )
    lines += [
        "};",
        f"constexpr std::uint8_t key_columns[] = "
        f"{{{', '.join(str(columns.index(k.name)) for k in table.keys)}}};",
    ]
    rows = []
    for name, parts in table.indexes:
        geo = not isinstance(parts, list)
        inner = [(parts, False)] if geo else parts
        text = ", ".join(
            f"{{{columns.index(c.name)}, {'true' if down else 'false'}}}" for c, down in inner
        )
        lines.append(f"constexpr IndexColumn index_{len(rows)}[] = {{{text}}};")
        rows.append(f'    {{"{name}", {"true" if geo else "false"}, index_{len(rows)}}},')
    lines += _array("indexes", "Index", rows)
    lines += _array(
        "readers",
        "RowRule",
        [
            f'    {{{1 << schemas.roles.index(role):#x}, "{column}"}},'
            for role, column in table.readers
        ],
    )
    lines += _parameters(table)
    topics = sorted({e.aggregate.topic for p in table.parts for e in p.events})
    lines += [
        f"constexpr std::string_view topics[] = {{{', '.join(literal(t) for t in topics)}}};",
        "constexpr TableInfo table_info{",
    ]
    summary = literal(table.module.node.get("description", ""))
    lines += [
        f'    .name = "{table.name}",',
        f'    .path = "{table.path}",',
        '    .code_hash = "@code_hash@",',
        '    .rows_hash = "@rows_hash@",',
        "    .columns = columns,",
        "    .key = key_columns,",
        "    .indexes = indexes,",
        "    .readers = readers,",
        "    .parameters = parameters,",
        "    .topics = topics,",
        f"    .channel = {'true' if table.channel else 'false'},",
        *_default(table),
        f"    .summary = {summary},",
        "};",
        "",
    ]
    return lines


def _default(table):
    if not table.default:
        return []
    column, value, unless = table.default
    return [f'    .list_default = {{"{column.name}", {literal(value)}, "{unless}"}},']


def _parameters(table):
    lines, rows = [], []
    for one in table.parameters:
        values = "{}"
        if one.values:
            values = f"{one.name}_asked"
            texts = ", ".join(literal(v) for v in one.values)
            lines.append(f"constexpr std::string_view {values}[] = {{{texts}}};")
        rows.append(
            f'    {{"{one.name}", ColumnType::{one.kind}, "{one.path}", '
            f'{"true" if one.required else "false"}, "{one.before}", {values}}},'
        )
    return lines + _array("parameters", "Parameter", rows)


def _array(name, kind, rows):
    if not rows:
        return [f"constexpr std::span<const {kind}> {name};"]
    return [f"constexpr {kind} {name}[] = {{"] + rows + ["};"]
