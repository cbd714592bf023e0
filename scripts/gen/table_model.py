"""A table's schema, read and checked against the events its parts fold."""

from dataclasses import dataclass

from gen.schema import Module, Type, pascal

ACCUMULATORS = {"sum", "count", "max", "min", "set", "latest"}


@dataclass
class Part:
    name: str
    kind: str
    keys: list  # per column of the table's key: FIELD, stream, by, day:FIELD
    events: list
    of: str = ""
    type: Type = None  # own, each: its struct; an accumulator: the type of its values
    node: object = None


@dataclass
class Parameter:
    name: str
    kind: str
    path: str
    required: bool
    description: str
    before: str = ""  # the parameter it belongs with, and is less than
    values: tuple = ()  # of an enumeration


@dataclass
class Table:
    name: str
    module: Module
    row: Type
    keys: list  # Fields of the row
    parts: list
    path: str
    indexes: list  # (name, [(field, descending)]) or (name, field) of a geo index
    readers: list  # ([roles], column or "")
    parameters: list  # Parameters
    channel: bool
    default: tuple  # (field, value, name of the field that lifts it) of lists; empty: none
    simple: bool  # a single own part that is the row


class TableReading:
    """The part of Schemas that reads tables."""

    def _table(self, module):
        node = module.node
        node.only(
            {
                "$schema",
                "x-wf-table",
                "x-wf-path",
                "x-wf-key",
                "description",
                "x-wf-readers",
                "x-wf-indexes",
                "x-wf-parts",
                "x-wf-parameters",
                "x-wf-channel",
                "x-wf-default",
                "properties",
                "required",
                "$defs",
            }
        )
        if node["x-wf-table"].data != module.path.stem:
            node["x-wf-table"].fail(f"must be the file's name, {module.path.stem}")
        if any(a.name == module.path.stem for a in self.aggregates):
            node["x-wf-table"].fail("an aggregate has that name: their namespaces would be one")
        for name in list(node.get("$defs", {})):
            module.define(name)
        row = Type("object")
        module._read_object(node, "Row", row)
        columns = {f.name: f for f in row.fields}
        for one in row.fields:
            self._check_personal(row, one)
        keys = [
            self._column(columns, name, node["x-wf-key"])
            for name in node["x-wf-key"].is_a(list, "an array")
        ]
        parts = [self._part(module, name, inner, keys) for name, inner in node.items("x-wf-parts")]
        if not parts:
            node.fail("a table has parts")
        simple = len(parts) == 1 and parts[0].kind == "own" and parts[0].type is None
        for part in parts:
            if part.type is None and part.kind in ("own", "each") and not simple:
                part.node.fail(
                    "declares its properties (only a table's single own part may be the row)"
                )
        self.tables.append(
            Table(
                module.path.stem,
                module,
                row,
                keys,
                parts,
                node.get("x-wf-path", ""),
                self._indexes(node, columns),
                self._readers(node, columns),
                self._parameters(module, node),
                bool(node.get("x-wf-channel")),
                self._default(node, columns),
                simple,
            )
        )

    def _default(self, node, columns):
        if not node.get("x-wf-default"):
            return ()
        given = node["x-wf-default"]
        given.only({"column", "value", "unless"})
        column = self._column(columns, given["column"].data, given["column"])
        if column.type.kind != "enumeration" or given["value"].data not in column.type.values:
            given["value"].fail("must be a value of a column that is an enumeration")
        unless = self._column(columns, given["unless"].data, given["unless"])
        return column, given["value"].data, unless.name

    def _column(self, columns, name, node):
        if name not in columns:
            node.fail(f"there is no column {name}")
        return columns[name]

    def _part(self, module, name, node, keys):
        node.only({"kind", "of", "key", "events", "properties", "required", "description"})
        kind = node["kind"].data
        if kind not in ACCUMULATORS | {"own", "each"}:
            node["kind"].fail("one of own, each, sum, count, max, min, set, latest")
        given = node["key"].data
        part = Part(
            name,
            kind,
            given if isinstance(given, list) else [given],
            [self.event(e, node["events"]) for e in node["events"].data],
            node.get("of", ""),
            node=node,
        )
        if len(part.keys) != len(keys):
            node["key"].fail(f"the table's key has {len(keys)} columns")
        if kind in ("own", "each"):
            if "properties" in node.data:
                part.type = Type("object")
                module._read_object(node, pascal(name), part.type)
            if len({e.aggregate.topic for e in part.events}) > 1:
                node["events"].fail("events of one stream: these are on several topics")
        elif kind != "count":
            part.type = self._value(part)
        for event in part.events:
            for place, key in enumerate(part.keys):
                self._check_key(event, key, keys[place], node["key"])
        return part

    def _value(self, part):
        kinds = []
        for event in part.events:
            one = next((f for f in event.type.fields if f.name == part.of), None)
            if one is None:
                part.node["of" if part.of else "kind"].fail(
                    f"{event.full} has no field {part.of or '(no of)'}"
                )
            kinds.append(one.type)
        allowed = {
            "set": ("integer", "instant", "id", "text", "enumeration"),
            "sum": ("integer", "money"),
            "max": ("integer", "instant"),
            "min": ("integer", "instant"),
        }
        if any(k.kind != kinds[0].kind or k.tag != kinds[0].tag for k in kinds):
            part.node["of"].fail("the events' fields differ in type")
        if kinds[0].kind not in allowed.get(
            part.kind,
            ("integer", "instant", "id", "text", "money", "point", "boolean", "enumeration"),
        ):
            part.node["of"].fail(f"a {part.kind} of {kinds[0].kind} is not possible")
        return kinds[0]

    def _check_key(self, event, key, column, node):
        if key == "stream" or key == "by":
            kind = "id"
        else:
            name = key.removeprefix("day:")
            one = next((f for f in event.type.fields if f.name == name), None)
            if one is None:
                node.fail(f"{event.full} has no field {name}")
            kind = one.type.kind
            if key.startswith("day:"):
                if kind != "instant":
                    node.fail(f"{event.full}.{name} is no instant")
                kind = "text"
        if kind != column.type.kind or kind not in (
            "id",
            "integer",
            "text",
            "instant",
            "enumeration",
            "boolean",
        ):
            node.fail(f"{key} of {event.full} does not fit the key's column {column.name}")

    def _indexes(self, node, columns):
        found = []
        for name, inner in node.items("x-wf-indexes"):
            if isinstance(inner.data, dict):
                inner.only({"geo"})
                column = self._column(columns, inner["geo"].data, inner["geo"])
                if column.type.kind != "point":
                    inner["geo"].fail(f"{column.name} is no point")
                found.append((name, column))
                continue
            parts = [
                (self._column(columns, c.lstrip("-"), inner), c.startswith("-"))
                for c in inner.is_a(list, "an array")
            ]
            for column, _ in parts:
                if (
                    column.type.kind
                    not in ("id", "integer", "text", "instant", "enumeration", "boolean")
                    or column.personal
                ):
                    inner.fail(f"{column.name} cannot be ordered")
                if column.optional:
                    inner.fail(
                        f"{column.name} must be required: a row without it would be in no list"
                    )
            found.append((name, parts))
        return found

    def _readers(self, node, columns):
        found = []
        for role, inner in node.items("x-wf-readers"):
            if role not in self.roles:
                inner.fail(f"there is no role {role}")
            if inner.data != "*" and self._column(columns, inner.data, inner).type.kind != "id":
                inner.fail(f"{inner.data} is no account")
            found.append((role, "" if inner.data == "*" else inner.data))
        return found

    def _parameters(self, module, node):
        found = []
        for name, inner in node.items("x-wf-parameters"):
            inner.only({"$ref", "path", "type", "required", "description", "before"})
            kind, values = self._parameter_type(module, inner)
            found.append(
                Parameter(
                    name,
                    kind,
                    inner.get("path", ""),
                    bool(inner.get("required")),
                    inner["description"].is_a(str, "a text"),
                    inner.get("before", ""),
                    values,
                )
            )
        for one in found:
            if one.before:
                self._check_pair(found, one, node["x-wf-parameters"][one.name]["before"])
        return found

    def _parameter_type(self, module, node):
        if "$ref" not in node.data:
            if node["type"].data not in ("text", "integer", "boolean", "id", "instant"):
                node["type"].fail("one of text, integer, boolean, id, instant")
            return node["type"].data, ()
        kind = module.reference(node)
        if kind.kind != "enumeration":
            node["$ref"].fail("no enumeration")
        return kind.kind, kind.values

    def _check_pair(self, parameters, first, node):
        second = next((p for p in parameters if p.name == first.before), None)
        if second is None or second is first or second.path != first.path:
            node.fail(f"there is no parameter {first.before} beside it")
        if second.kind != first.kind or first.kind not in ("integer", "instant"):
            node.fail("two integers or two instants have an order")
