"""Everything schemas/ declares, checked across files."""

import json
import re
from dataclasses import dataclass, field

from gen.schema import IDENTIFIER, Module, SchemaError, Type, pascal
from gen.table_model import TableReading

STREAMS = {"created", "path", "principal"}
COMMAND_KEYS = {"x-wf-kind", "x-wf-roles", "x-wf-route", "x-wf-stream", "x-wf-creates"}


@dataclass
class Reason:
    name: str
    status: int
    detail: str


@dataclass
class Event:
    name: str
    type: Type
    aggregate: object
    index: int = 0

    @property
    def full(self):
        return f"{self.aggregate.name}.{self.name}"


@dataclass
class Command:
    name: str
    type: Type
    aggregate: object
    node: object
    roles: list
    method: str = ""
    path: str = ""
    path_field: str = ""
    stream: str = ""  # created, path, principal, body:FIELD, TABLE.COLUMN; empty: internal
    creates: str = ""
    index: int = 0

    @property
    def full(self):
        return f"{self.aggregate.name}.{self.name}"

    @property
    def body(self):
        """The fields a client sends: all but the one its route fills."""
        return [f for f in self.type.fields if f.name != self.path_field]


@dataclass
class Aggregate:
    name: str
    topic: str
    module: Module
    reasons: list
    state: Type = None
    events: list = field(default_factory=list)
    commands: list = field(default_factory=list)
    sees: list = field(default_factory=list)
    reacts: list = field(default_factory=list)
    deadline: bool = False
    followed: bool = False  # another aggregate reacts to it: it has Refused


class Schemas(TableReading):
    """schemas/ as one model, read in alphabetical order, so that indexes are stable."""

    def __init__(self, root):
        self.root = root.resolve()
        self.modules, self.tags = {}, {"Account": None}
        self.aggregates, self.tables, self.configs = [], [], []
        self.common = self._module(self.root / "common.json", "wf", "gen/common.h")
        aggregates = [
            p
            for p in sorted(self.root.glob("*.json"))
            if p.name not in ("common.json", "routes.json")
        ]
        for path in aggregates:
            self._module(path, f"wf::{path.stem}", f"gen/{path.stem}.h")
        for path in sorted((self.root / "tables").glob("*.json")):
            self._module(path, f"wf::{path.stem}", f"gen/tables/{path.stem}.h")
        for name in list(self.common.node.get("$defs", {})):
            self.common.define(name)
        if "Role" not in self.common.types:
            self.common.node.fail("$defs/Role, an enumeration, is missing")
        self.roles = list(self.common.types["Role"].values)
        for path in aggregates:
            self._aggregate(self.modules[path])
        self._number()
        for aggregate in self.aggregates:
            self._follow(aggregate)
        for path in sorted((self.root / "tables").glob("*.json")):
            self._table(self.modules[path])
        for path in sorted((self.root / "config").glob("*.json")):
            module = self._module(path, "wf", f"gen/{path.stem}.h")
            for name in list(module.node.get("$defs", {})):
                module.define(name)
            module.config = Type("object")
            module._read_object(module.node, pascal(path.stem) + "Config", module.config)
            self.configs.append(module)
        self._check_routes()
        self._check_families()

    def _module(self, path, namespace, header):
        if not path.exists():
            raise SchemaError(f"{path}: is missing")
        self.modules[path] = Module(self, path, namespace, header)
        return self.modules[path]

    def module_at(self, path, node):
        if path not in self.modules:
            node.fail(f"there is no {path.name}")
        return self.modules[path]

    def nested(self, module):
        """Whether objects may stand inside objects: in configuration only."""
        return module.path.parent.name == "config"

    def routes(self):
        """schemas/routes.json: OpenAPI of the routes no schema describes."""
        path = self.root / "routes.json"
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}

    def event(self, name, node):
        for aggregate in self.aggregates:
            for event in aggregate.events:
                if event.full == name:
                    return event
        return node.fail(f"there is no event {name}")

    def table(self, name):
        return next((t for t in self.tables if t.name == name), None)

    # ---- aggregates ----

    def _aggregate(self, module):
        node = module.node
        node.only(
            {
                "$schema",
                "x-wf-aggregate",
                "x-wf-topic",
                "description",
                "x-wf-reasons",
                "x-wf-sees",
                "x-wf-reacts",
                "x-wf-deadline",
                "$defs",
            }
        )
        name = node["x-wf-aggregate"].data
        if name != module.path.stem:
            node["x-wf-aggregate"].fail(f"must be the file's name, {module.path.stem}")
        found = Aggregate(
            name,
            node["x-wf-topic"].is_a(str, "a text"),
            module,
            [],
            deadline=bool(node.get("x-wf-deadline")),
        )
        for reason, inner in node.items("x-wf-reasons"):
            found.reasons.append(self._reason(reason, inner))
        for kind, inner in node.items("$defs"):
            module.define(kind)
            self._definition(found, kind, inner, module.types[kind])
        if found.state is None:
            node["$defs"].fail("an aggregate has a State")
        self.aggregates.append(found)

    def _reason(self, name, node):
        node.only({"status", "detail"})
        status = node["status"]
        if status.data not in (403, 404, 409, 412, 422) or not IDENTIFIER.match(name):
            status.fail("a reason is snake_case, its status 403, 404, 409, 412 or 422")
        detail = node["detail"].is_a(str, "a text")
        if not detail.strip() or re.search(r'["\\\x00-\x1f]', detail):
            node["detail"].fail("says to people what was wrong, without quotes or backslashes")
        return Reason(name, status.data, detail)

    def _definition(self, found, name, node, kind):
        role = node.get("x-wf-kind", "type")
        if role not in ("state", "command", "event", "type"):
            node["x-wf-kind"].fail("one of state, command, event, type")
        if role != "type" and kind.kind != "object":
            node.fail(f"a {role} is an object")
        if role == "state":
            if name != "State":
                node.fail("the state's name is State")
            found.state = kind
        elif role == "event":
            if kind.closed:
                node["additionalProperties"].fail(
                    "events stay open: an older reader skips what it does not know"
                )
            found.events.append(Event(name, kind, found))
        elif role == "command":
            found.commands.append(self._command(found, name, node, kind))
        if role in ("event", "command") and name in (
            "Event",
            "Command",
            "Reason",
            "Due",
            "Decision",
            "Commands",
            "State",
        ):
            node.fail(f"{name} is a name of the generator's own")
        for one in kind.fields:
            self._check_personal(kind, one)

    def _check_personal(self, kind, one):
        if (
            one.personal
            and one.personal not in ("principal", "stream")
            and one.personal not in [f.name for f in kind.fields]
        ):
            one.node["x-wf-personal"].fail(
                f'"{one.personal}" is no property beside it, nor principal or stream'
            )

    def _command(self, found, name, node, kind):
        for key in node.data:
            if key.startswith("x-wf-") and key not in COMMAND_KEYS:
                node[key].fail(f'"{key}" is not part of the dialect here')
        command = Command(name, kind, found, node, node["x-wf-roles"].is_a(list, "an array"))
        for role in command.roles:
            if role not in self.roles:
                node["x-wf-roles"].fail(f"there is no role {role}")
        kind.closed = True
        for one in kind.fields:
            self._check_limits(one.type, one.node)
        if "x-wf-route" not in node.data:
            return command
        match = re.fullmatch(
            r"(POST|PUT|PATCH|DELETE) (/[a-z0-9_/{}-]*)", node["x-wf-route"].is_a(str, "a text")
        )
        if not match:
            node["x-wf-route"].fail('"POST /things/{id}/verb"')
        command.method, command.path = match.groups()
        parameters = re.findall(r"{([a-z0-9_]+)}", command.path)
        if len(parameters) > 1:
            node["x-wf-route"].fail("one parameter at most")
        names = {f.name for f in kind.fields}
        command.path_field = parameters[0] if parameters and parameters[0] in names else ""
        command.stream = node["x-wf-stream"].is_a(str, "a text")
        command.creates = node.get("x-wf-creates", "")
        self._check_stream(command, parameters, names)
        return command

    def _check_stream(self, command, parameters, names):
        node, stream = command.node["x-wf-stream"], command.stream
        if stream.startswith("body:"):
            if stream[5:] not in names:
                node.fail(f'"{stream[5:]}" is no property of {command.name}')
        elif stream not in STREAMS and not re.fullmatch(r"[a-z_]+\.[a-z_]+", stream):
            node.fail("one of created, path, principal, body:FIELD, TABLE.COLUMN")
        if (stream == "path" or "." in stream) and not parameters:
            node.fail("the route has no parameter")

    def _check_limits(self, kind, node):
        if kind.kind in ("text", "array") and kind.high is None:
            node.fail("every text and array of a command has a limit (maxLength, maxItems)")
        if kind.item:
            self._check_limits(kind.item, node)
        for one in kind.fields:
            self._check_limits(one.type, one.node)

    def _number(self):
        events = [e for a in self.aggregates for e in a.events]
        for index, event in enumerate(events):
            event.index = index

    def _follow(self, aggregate):
        node = aggregate.module.node
        for key, target in (("x-wf-sees", aggregate.sees), ("x-wf-reacts", aggregate.reacts)):
            for position, name in enumerate(node.get(key, [])):
                event = self.event(name, node[key])
                if event.aggregate is aggregate:
                    node[key].fail(f"{name} is its own event")
                if key == "x-wf-sees" and event.aggregate.topic != aggregate.topic:
                    node[key].fail(f"{name} is on another topic, so never on the same stream")
                target.append(event)
                event.aggregate.followed |= key == "x-wf-reacts"

    # ---- across ----

    def _check_routes(self):
        seen = {}
        for aggregate in self.aggregates:
            for command in aggregate.commands:
                if not command.method:
                    continue
                route = command.node["x-wf-route"]
                shape = re.sub(r"{[^}]*}", "{}", f"{command.method} {command.path}")
                if shape in seen:
                    route.fail(f"{seen[shape]} has that route too")
                seen[shape] = command.full
                if not self.tables:
                    continue
                resource = "/" + command.path.split("/")[1]
                table = next((t for t in self.tables if t.path == resource), None)
                if table is None:
                    route.fail(f"no table serves {resource}")
                if not any(e.aggregate is aggregate for p in table.parts for e in p.events):
                    route.fail(
                        f"table {table.name} serves {resource} but folds no event of "
                        f"{aggregate.name}, "
                        "so its answer could never be read back"
                    )
                if "." in command.stream:
                    name, column = command.stream.split(".")
                    looked_up = self.table(name)
                    if looked_up is None or column not in [f.name for f in looked_up.row.fields]:
                        command.node["x-wf-stream"].fail(f"there is no column {command.stream}")

    def _check_families(self):
        self.families = sorted({a.topic for a in self.aggregates})
        commands = []
        for aggregate in self.aggregates:
            if aggregate.followed and "Refused" not in [c.name for c in aggregate.commands]:
                aggregate.commands.append(
                    Command("Refused", None, aggregate, aggregate.module.node, ["system"])
                )
            commands += aggregate.commands
        for index, command in enumerate(commands):
            command.index = index
