"""The erased adapter of a table: its keys, touches, stored form, folds, views and index entries."""

from gen import codec
from gen.cpp import identifier
from gen.schema import pascal


def part_type(table, part):
    """The C++ type a view gets of a part."""
    name = "Row" if table.simple else pascal(part.name)
    return f"std::map<Uuid, {name}>" if part.kind == "each" else name


def event_name(event):
    return f"{event.aggregate.name}::{event.name}"


def own_parts(table):
    return [p for p in table.parts if p.kind in ("own", "each")]


def held(table):
    """The decoded parts of a row."""
    if table.simple:
        return [
            "struct Held final : AnyRow {",
            "  Row row;",
            "};",
            "",
            "const Row& row_of(const AnyRow& row) { return static_cast<const Held&>(row).row; }",
            "",
        ]
    lines = ["struct Held final : AnyRow {", "  Key key;"]
    lines += [f"  {part_type(table, p)} {identifier(p.name)};" for p in table.parts]
    lines += [
        "  mutable std::optional<std::optional<Row>> seen;  // view()'s answer, until the next "
        "fold",
        "};",
        "",
        "const std::optional<Row>& row_of(const AnyRow& row) {",
        "  const auto& held = static_cast<const Held&>(row);",
    ]
    parts = ", ".join(f"held.{identifier(p.name)}" for p in table.parts)
    lines += [
        f"  if (!held.seen) held.seen = {table.module.namespace}::view(held.key, {parts});",
        "  return *held.seen;",
        "}",
        "",
    ]
    return lines


def _key_value(event, key):
    """(the value of a key column in C++, whether it may be absent)"""
    if key == "stream":
        return "meta.stream", False
    if key == "by":
        return "meta.by.value", False
    name = key.removeprefix("day:")
    one = next(f for f in event.type.fields if f.name == name)
    value = f"event.{identifier(name)}"
    if one.optional:
        value = f"(*{value})"
    if key.startswith("day:"):
        return f"utc_day({value})", one.optional
    return (f"{value}.value" if one.type.kind == "id" else value), one.optional


def keys(table):
    """key_PART(event, meta): which row an event touches; none if a field of the key is absent."""
    lines, seen = [], set()
    for part in table.parts:
        for event in part.events:
            signature = (event.full, tuple(part.keys))
            if signature in seen:
                continue
            seen.add(signature)
            values = [_key_value(event, k) for k in part.keys]
            absent = [
                v[0].removeprefix("utc_day(").removeprefix("(*").split(")")[0]
                for v in values
                if v[1]
            ]
            lines += [
                f"std::optional<Key> {_key_function(part, event)}([[maybe_unused]] const "
                f"{event_name(event)}& event,",
                "    [[maybe_unused]] const Meta& meta) {",
            ]
            lines += [f"  if (!{a}) return std::nullopt;" for a in absent]
            fields = [
                f"{{{v[0]}}}" if k.type.kind == "id" else v[0] for v, k in zip(values, table.keys)
            ]
            lines += [f"  return Key{{{', '.join(fields)}}};", "}", ""]
    lines += ["std::string key_bytes(const Key& key) {", "  std::string out;"]
    lines += [f"  {_index_key(f.type, f'key.{identifier(f.name)}')};" for f in table.keys]
    return lines + ["  return out;", "}", ""]


def _key_function(part, event):
    word = "_".join(k.replace(":", "_") for k in part.keys)
    return f"key_by_{word}"


def _index_key(kind, value, descending=False):
    order = ", IndexOrder::descending" if descending else ""
    if kind.kind == "id":
        return f"append_index_key(out, {value}.value{order})"
    if kind.kind == "enumeration":
        return f"append_index_key(out, static_cast<std::uint16_t>({value}){order})"
    return f"append_index_key(out, {value}{order})"


def adapter(table):
    lines = [
        "class Adapter final : public wf::TableType {",
        " public:",
        "  const TableInfo& info() const override { return table_info; }",
        "",
        "  bool folds(const EventType& type) const override {",
        "    switch (type.index) {",
    ]
    events = {e.index: e for p in table.parts for e in p.events}
    lines += [f"      case {i}:  // {events[i].full}" for i in sorted(events)]
    lines += ["        return true;", "    }", "    return false;", "  }", ""]
    own = [str(i) for i, p in enumerate(table.parts) if p.kind == "own"]
    test = " || ".join(f"part == {i}" for i in own)
    lines += [
        f"  bool is_own(std::uint8_t {'part' if own else ''}) const override "
        f"{{ return {test or 'false'}; }}",
        "",
    ]
    lines += _touches(table, events) + _storage(table) + _fold(table) + _views(table)
    return lines + ["};", ""]


def _touches(table, events):
    lines = [
        "  void touches(const wf::Event& event, const Meta& meta, std::vector<Touch>& out) const "
        "override {",
        "    switch (event.type().index) {",
    ]
    for index in sorted(events):
        event = events[index]
        lines += [
            f"      case {index}: {{",
            f"        const auto& body = event.as<{event_name(event)}>();",
        ]
        for place, part in enumerate(table.parts):
            if event in part.events:
                lines.append(
                    f"        touch({_key_function(part, event)}(body, meta), {place}, out);"
                )
        lines += ["        return;", "      }"]
    return lines + ["    }", "  }", ""]


def _storage(table):
    lines = [
        "  RowPtr fresh() const override { return std::make_unique<Held>(); }",
        "",
        "  Result<RowPtr> decode(std::string_view parts) const override {",
        "    auto made = std::make_unique<Held>();",
        "    JsonCursor in(parts);",
    ]
    if table.simple:
        lines.append("    read_json(in, made->row);")
    else:
        lines += [
            "    in.begin_object();",
            "    for (std::string_view name; in.next_key(name);) {",
            '      if (name == "_key") {',
        ]
        lines += ["        read_key(in, made->key);", "        continue;", "      }"]
        for part in table.parts:
            lines += [
                f'      if (name == "{part.name}") {{',
                f"        {_read_part(part)}",
                "        continue;",
                "      }",
            ]
        lines += ["      in.skip();", "    }"]
    lines += [
        f'    if (!in.finished()) return fail(Code::corrupt, "not a stored row of {table.name}");',
        "    return made;",
        "  }",
        "",
        "  void encode(const AnyRow& row, std::string& parts) const override {",
    ]
    if table.simple:
        lines.append("    write_json(parts, row_of(row));")
    else:
        lines += [
            "    const auto& held = static_cast<const Held&>(row);",
            '    parts += "{\\"_key\\":";',
            "    write_key(parts, held.key);",
        ]
        for part in table.parts:
            lines += [f'    parts += ",\\"{part.name}\\":";', f"    {_write_part(part)}"]
        lines.append("    parts += '}';")
    return lines + ["  }", ""]


def _read_part(part):
    target = f"made->{identifier(part.name)}"
    return f"read_each(in, {target});" if part.kind == "each" else f"read_json(in, {target});"


def _write_part(part):
    source = f"held.{identifier(part.name)}"
    return (
        f"write_each(parts, {source});" if part.kind == "each" else f"write_json(parts, {source});"
    )


def _fold(table):
    lines = [
        "  void fold(AnyRow& row, std::uint8_t part, const wf::Event& event, const Meta& meta) "
        "const override {",
        "    auto& held = static_cast<Held&>(row);",
    ]
    if not table.simple:
        lines.append("    held.seen.reset();")
    lines.append("    switch (part) {")
    for place, part in enumerate(table.parts):
        lines += [f"      case {place}:", f"        return fold_{part.name}(held, event, meta);"]
    lines += ["    }", "  }", ""]
    return lines


def _fold_part(table, part):
    lines = [
        f"  static void fold_{part.name}(Held& held, const wf::Event& event, const Meta& meta) {{",
        "    switch (event.type().index) {",
    ]
    target = "held.row" if table.simple else f"held.{identifier(part.name)}"
    for event in part.events:
        lines += [
            f"      case {event.index}: {{",
            f"        const auto& body = event.as<{event_name(event)}>();",
            f"        set_key(held, {_key_function(part, event)}(body, meta));",
        ]
        if part.kind == "own":
            lines.append(
                f"        {target} = {table.module.namespace}::fold(std::move({target}), body, "
                "meta);"
            )
            if table.simple:
                lines.append(
                    f"        set_key(held, {_key_function(part, event)}(body, meta));  // if "
                    "fold() made a new row"
                )
        elif part.kind == "each":
            lines += [
                f"        auto& one = {target}[meta.stream];",
                f"        one = {table.module.namespace}::fold(std::move(one), body, meta);",
            ]
        elif part.kind == "count":
            lines.append(f"        {target}.add();")
        else:
            one = next(f for f in event.type.fields if f.name == part.of)
            value = f"body.{identifier(part.of)}"
            more = ", meta" if part.kind == "latest" else ""
            lines.append(
                f"        if ({value}) {target}.add(*{value}{more});"
                if one.optional
                else f"        {target}.add({value}{more});"
            )
        lines += ["        return;", "      }"]
    return lines + ["    }", "  }", ""]


def _set_key(table):
    lines = [
        "  static void set_key(Held& held, const std::optional<Key>& key) {",
        "    if (!key) return;",
    ]
    if table.simple:
        lines += [
            f"    held.row.{identifier(k.name)} = key->{identifier(k.name)};" for k in table.keys
        ]
    else:
        lines.append("    held.key = *key;")
    return lines + ["  }", ""]


def _views(table):
    lines = []
    if table.simple:
        lines += ["  bool shows_parts() const override { return true; }", ""]
    lines += ["  bool view(const AnyRow& row, std::string& json) const override {"]
    if table.simple:
        lines += ["    write_json(json, row_of(row));", "    return true;"]
    else:
        lines += [
            "    const std::optional<Row>& seen = row_of(row);",
            "    if (!seen) return false;",
            "    write_json(json, *seen);",
            "    return true;",
        ]
    lines += [
        "  }",
        "",
        "  void index(const AnyRow& any, std::vector<IndexEntry>& entries) const override {",
    ]
    if table.indexes:
        lines += (
            ["    const Row& row = row_of(any);"]
            if table.simple
            else [
                "    const std::optional<Row>& seen = row_of(any);",
                "    if (!seen) return;",
                "    const Row& row = *seen;",
            ]
        )
        for place, (_, parts) in enumerate(table.indexes):
            lines += _index_entry(place, parts)
    else:
        lines += ["    static_cast<void>(any);", "    static_cast<void>(entries);"]
    lines += [
        "  }",
        "",
        "  std::optional<std::string> answer(const AnyRow& any, const Query& query) const "
        "override {",
    ]
    if not table.parameters:
        lines += [
            "    static_cast<void>(any);",
            "    static_cast<void>(query);",
            "    return std::nullopt;",
        ]
    elif table.simple:
        lines.append(f"    return {table.module.namespace}::answer(row_of(any), query);")
    else:
        parts = "".join(f", held.{identifier(p.name)}" for p in own_parts(table))
        lines += [
            "    const auto& held = static_cast<const Held&>(any);",
            "    const std::optional<Row>& seen = row_of(any);",
            "    if (!seen) return std::nullopt;",
            f"    return {table.module.namespace}::answer(*seen{parts}, query);",
        ]
    lines += [
        "  }",
        "",
        " private:",
        "  static void touch(const std::optional<Key>& key, std::uint8_t part, "
        "std::vector<Touch>& out) {",
        "    if (key) out.push_back({key_bytes(*key), part});",
        "  }",
        "",
    ] + _set_key(table)
    for part in table.parts:
        lines += _fold_part(table, part)
    return lines + ([] if table.simple else _key_codec(table))


def _index_entry(place, parts):
    if not isinstance(parts, list):
        value = f"row.{identifier(parts.name)}"
        if parts.optional:
            return [f"    if ({value}) entries.push_back({{{place}, {{}}, *{value}}});"]
        return [f"    entries.push_back({{{place}, {{}}, {value}}});"]
    lines = [
        "    {",
        f"      std::string& out = entries.emplace_back(IndexEntry{{{place}, {{}}, {{}}}}).key;",
    ]
    for column, descending in parts:
        lines.append(
            f"      {_index_key(column.type, f'row.{identifier(column.name)}', descending)};"
        )
    return lines + ["    }"]


def _key_codec(table):
    lines = ["  static void read_key(JsonCursor& in, Key& key) {", "    in.begin_array();"]
    for one in table.keys:
        lines.append("    if (!in.next_element()) return in.fail();")
        lines += codec.read_value(one.type, f"key.{identifier(one.name)}", 4)
    lines += [
        "    if (in.next_element()) in.fail();",
        "  }",
        "",
        "  static void write_key(std::string& out, const Key& key) {",
        "    out += '[';",
    ]
    for place, one in enumerate(table.keys):
        lines += (["    out += ',';"] if place else []) + codec.write_value(
            one.type, f"key.{identifier(one.name)}", 4
        )
    lines += ["    out += ']';", "  }", ""]
    for part in table.parts:
        if part.kind == "each":
            name = pascal(part.name)
            lines += [
                f"  static void read_each(JsonCursor& in, std::map<Uuid, {name}>& parts) {{",
                "    in.begin_object();",
                "    for (std::string_view id; in.next_key(id);) {",
                "      const std::optional<Uuid> stream = Uuid::parse(id);",
                "      if (!stream) return in.fail();",
                "      read_json(in, parts[*stream]);",
                "    }",
                "  }",
                "",
                f"  static void write_each(std::string& out, const std::map<Uuid, {name}>& "
                f"parts) {{",
                "    out += '{';",
                "    for (const auto& [stream, part] : parts) {",
                "      append_uuid(out, stream);",
                "      out += ':';",
                "      write_json(out, part);",
                "      out += ',';",
                "    }",
                "    close_json(out, '}');",
                "  }",
                "",
            ]
    return lines
