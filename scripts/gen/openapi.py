"""OpenAPI 3.1 of every route: commands, tables, and those schemas/routes.json describes by hand."""

import json
import re

from gen import samples
from gen.openapi_parts import (
    ABSENT,
    BAD_COMMAND,
    CONVENTIONS,
    DECIDED,
    FIXED,
    NOBODY,
    PARAMETERS,
    PARKED,
    PLAIN,
    READ,
    UUID,
    WAITED_FOR,
    answer,
    parameter,
    path_parameters,
    problem,
)

FAMILIES = {
    403: "Not allowed",
    404: "Not found",
    409: "Refused",
    412: "Another version",
    422: "Not valid",
}
class Document:
    """Collects paths and the schemas they name."""

    def __init__(self, schemas):
        self.schemas = schemas
        self.paths, self.shapes, self.components = {}, {}, dict(FIXED)

    def path(self, path):
        """The path item for `path`; parameters of one place have one name, as OpenAPI wants it."""
        path = self.shapes.setdefault(re.sub(r"{[^}]*}", "{}", path), path)
        return path, self.paths.setdefault(path, {})

    def schema(self, kind):
        if kind.kind in PLAIN:
            out = dict(PLAIN[kind.kind])
            low, high = (
                ("minimum", "maximum") if kind.kind == "integer" else ("minLength", "maxLength")
            )
            out |= {low: kind.low} if kind.low is not None else {}
            out |= {high: kind.high} if kind.high is not None else {}
            return out | ({"pattern": kind.pattern} if kind.pattern else {})
        if kind.kind in ("money", "point"):
            return {"$ref": f"#/components/schemas/{kind.kind.capitalize()}"}
        if kind.kind == "enumeration":
            return {"type": "string", "enum": list(kind.values)}
        if kind.kind == "array":
            out = {"type": "array", "items": self.schema(kind.item)}
            out |= {"minItems": kind.low} if kind.low is not None else {}
            return out | ({"maxItems": kind.high} if kind.high is not None else {})
        module = kind.module.namespace.removeprefix("wf").removeprefix("::")
        name = f"{module}.{kind.name}" if module else kind.name
        if name not in self.components:
            self.components[name] = {}
            self.components[name] = self.object(kind.fields, kind.closed, kind.description)
        return {"$ref": f"#/components/schemas/{name}"}

    def member(self, one):
        found = self.schema(one.type)
        return {"anyOf": [found, {"type": "null"}]} if one.nullable else found

    def object(self, fields, closed, description="", example=None):
        out = {"type": "object"} | ({"description": description} if description else {})
        if any(f.required for f in fields):
            out["required"] = [f.name for f in fields if f.required]
        out["properties"] = {
            f.name: self.member(f)
            | ({"description": f.description} if f.description else {})
            | ({"default": f.default} if f.default is not None else {})
            for f in fields
        }
        out |= {"additionalProperties": False} if closed else {}
        return out | ({"examples": [example]} if example is not None else {})


def compares_versions(command):
    """Whether If-Match says anything to it."""
    reasons = [one.name for one in command.aggregate.reasons]
    return "version_changed" in reasons and "{" in command.path


def command_route(document, command):
    path, item = document.path(command.path)
    status = "201" if command.creates else "200"
    outcome = {"$ref": "#/components/schemas/Outcome"}
    responses = {
        status: answer("Done.", outcome, DECIDED),
        "202": answer("Not decided yet: ask the Location again.", outcome, DECIDED),
        "400": problem(BAD_COMMAND),
        "401": problem(NOBODY),
        "403": problem("`forbidden`: not with your roles; `importer_only`"),
        "413": problem("`body_too_large`; `too_large`: too much would come of it"),
        "415": problem("`unsupported_media_type`: the body is not JSON, or it is compressed"),
        "422": problem("`invalid`: every fault is listed; `key_reused`: see Idempotency-Key"),
        "429": problem("`rate_limited`, with Retry-After"),
        "500": problem("`internal`, `undecidable`, `hops`, `clock`: the server's fault"),
        "503": problem(
            "`unavailable`, `overloaded`, `not_yet`, …, with Retry-After; "
            "`overdue`, without: with another key",
            PARKED,
        ),
        "504": problem(
            "`unknown_fate`: ask the Location, or send it again; "
            "`expired`: it never will be decided"
        ),
    }
    if any(f.personal for f in command.type.fields):
        responses["410"] = problem("`forgotten`: the person asked to be forgotten")
    for code, text in FAMILIES.items():
        reasons = [one for one in command.aggregate.reasons if one.status == code]
        if reasons:
            other = responses.get(str(code))
            first = other["description"] + "; or" if other else text + ":"
            listed = [f"- `{one.name}`: {one.detail}" for one in reasons]
            responses[str(code)] = problem("\n".join([first, ""] + listed))
    if "{" in command.path:
        responses.setdefault("404", problem(ABSENT))
    parameters = [
        parameter("IdempotencyKeyRequired" if command.creates else "IdempotencyKey"),
        parameter("Prefer"),
        parameter("Position"),
    ]
    if compares_versions(command):
        parameters.append(parameter("IfMatch"))
    if "importer" in command.roles:
        parameters += [parameter("As"), parameter("OccurredAt")]
    operation = {
        "operationId": command.full,
        "tags": [command.path.split("/")[1]],
        "summary": command.type.description,
        "description": f"Roles: {', '.join(command.roles)}. Refusals are those of all commands of "
        f"`{command.aggregate.name}`; not each can come of this one.",
        "parameters": path_parameters(path, {}) + parameters,
        "responses": responses,
        "security": [{"bearer": []}],
    }
    if command.body:
        operation["requestBody"] = {
            "required": True,
            "content": {
                "application/json": {
                    "schema": document.object(
                        command.body, True, example=samples.members(command.body)
                    )
                }
            },
        }
    if "guest" in command.roles:
        operation["security"].append({})
    item[command.method.lower()] = operation


def declared(table, one):
    """A parameter of x-wf-parameters."""
    description = one.description
    if one.before:
        description += f" Before `{one.before}`, and only together with it."
    for other in table.parameters:
        if other.before == one.name and other.path == one.path:
            description += f" After `{other.name}`, and only together with it."
    return {
        "name": one.name,
        "in": "query",
        "required": one.required,
        "schema": {"type": "string", "enum": list(one.values)} if one.values else PLAIN[one.kind],
        "description": description,
    }


def default_of(table, field):
    if not table.default or table.default[0] is not field:
        return ""
    _, value, unless = table.default
    return f" Without it, and without `{unless}`: {value}."


def row_filters(document, table):
    """The query parameters of a list."""
    filters = [
        {
            "name": f.name,
            "in": "query",
            "schema": document.schema(f.type),
            "description": f"Only rows with this {f.name}.{default_of(table, f)}",
        }
        for f in table.row.fields
        if f.type.kind in PLAIN | {"enumeration": 0} and not f.personal
    ]
    names = {f["name"] for f in filters}
    filters += [
        declared(table, one) for one in table.parameters if not one.path and one.name not in names
    ]
    if any(not isinstance(parts, list) for _, parts in table.indexes):
        filters += [
            {
                "name": "near",
                "in": "query",
                "schema": {"type": "string"},
                "description": "LON,LAT in degrees: sorted by distance from there.",
            },
            {
                "name": "lat",
                "in": "query",
                "schema": {"type": "number", "minimum": -90, "maximum": 90},
                "description": "With `lon`: the same as `near`.",
            },
            {
                "name": "lon",
                "in": "query",
                "schema": {"type": "number", "minimum": -180, "maximum": 180},
                "description": "With `lat`: the same as `near`.",
            },
            {
                "name": "radius_m",
                "in": "query",
                "schema": {"type": "integer", "minimum": 1},
                "description": "With `near`, or `lat` and `lon`; the most is configured, and is "
                "meant when absent.",
            },
        ]
    return filters + sort_parameter(table)


def sort_parameter(table):
    """The orders that an index has."""
    orders = {
        ("-" if descending else "") + column.name
        for _, parts in table.indexes
        if isinstance(parts, list)
        for column, descending in parts
    }
    if not orders:
        return []
    return [
        {
            "name": "sort",
            "in": "query",
            "schema": {"type": "string", "enum": sorted(orders)},
            "description": "In the order of this column, `-`: descending. An index must have it "
            "right after columns that filters (or your own account) fix; at least one of them "
            "unless you may read every row.",
        }
    ]


def once_forgotten(shown):
    """A row's personal field, of which a forgotten person leaves null."""
    text = {key: value for key, value in shown.items() if key != "description"}
    said = [shown["description"]] if "description" in shown else []
    said.append("Null once the person was forgotten.")
    return {"anyOf": [text, {"type": "null"}], "description": " ".join(said)}


def whose_rows(table):
    """Which rows a list shows to whom."""
    roles = {}
    for role, column in table.readers:
        roles.setdefault(column, []).append(role)
    said = [
        f"{', '.join(some)}: {f'rows whose `{column}` is the caller' if column else 'all rows'}."
        for column, some in roles.items()
    ]
    columns = [column for column in roles if column]
    if len(columns) > 1:
        others = " or ".join(f"`{column}=`" for column in columns[1:])
        said.append(
            "Who has several roles of one side each gets one side at a time: rows whose "
            f"`{columns[0]}` is the caller or, with {others} the own account, the other's."
        )
        firsts = {parts[0][0].name for _, parts in table.indexes if isinstance(parts, list)}
        if finding := sorted(firsts - set(columns)):
            named = " or ".join(f"`{column}=`" for column in finding)
            said.append(f"With {named}, of all sides together.")
    return " ".join(said)


def table_routes(document, table):
    row = document.schema(table.row)
    name = row["$ref"].rsplit("/", 1)[1]
    shown = document.components[name]
    shown["examples"] = [samples.members(table.row.fields)]
    for one in table.row.fields:
        if one.personal:
            shown["properties"][one.name] = once_forgotten(shown["properties"][one.name])
    security = [{"bearer": []}] + (
        [{}] if any(role == "guest" for role, _ in table.readers) else []
    )
    base = {"tags": [table.path.strip("/")], "security": security}
    refused = {
        "401": problem(NOBODY),
        "403": problem("`forbidden`: not with your roles"),
        "429": problem("`rate_limited`, with Retry-After"),
        "503": problem("`not_yet`, `unavailable`, …, with Retry-After", READ),
    }
    summary = table.module.node.get("description", "")
    filters = row_filters(document, table)
    page = {
        "type": "object",
        "required": ["items"],
        "properties": {"items": {"type": "array", "items": row}, "next": {"type": "string"}},
    }
    _, item = document.path(table.path)
    item["get"] = base | {
        "operationId": f"{table.name}.list",
        "summary": summary,
        "description": whose_rows(table),
        "parameters": filters + [parameter("Cursor"), parameter("Limit")]
        + WAITED_FOR,
        "responses": {"200": answer("A page of rows.", page, READ + ("Link",))}
        | {"400": problem("`invalid_parameter`")}
        | refused,
    }
    refused |= {
        "404": problem(ABSENT),
        "503": problem("`not_yet`, `unavailable`, …, with Retry-After", PARKED + READ),
    }
    row_routes(document, table, base, refused, row)
    if table.channel:
        channel_route(document, table, base)


def channel_route(document, table, base):
    """Not a request and its answer, so in words."""
    path, item = document.path(f"/ws/{table.name}/{{id}}")
    since = {
        "name": "since",
        "in": "query",
        "schema": {"type": "integer", "minimum": 0},
        "description": "The last sequence seen: what is not newer is not sent. Only the first "
        "message may have a lower one: the log was restored from before, or this node is a moment "
        "behind the one that was read.",
    }
    last_event = {
        "name": "Last-Event-ID",
        "in": "header",
        "schema": {"type": "integer", "minimum": 0},
        "description": "Like since, as an EventSource says it that comes again. Of both, this one "
        "counts.",
    }
    position = {
        "name": "position",
        "in": "query",
        "schema": {"type": "string", "maxLength": 4096},
        "description": "Like the Wayfold-Position header, which browsers cannot set: wait until "
        "the row includes it. Of both, this one counts.",
    }
    item["get"] = base | {
        "operationId": f"{table.name}.channel",
        "summary": "Sends the row, and again whenever it changes, over WebSocket or as events.",
        "description": 'Messages are `{"sequence": N, "row": {…}}`; `row` is null when there '
        "is none one may see; that counts whatever its sequence, which is the last row's. A "
        "WebSocket's upgrade opens one, where browsers offer the token as subprotocol "
        "`bearer.TOKEN`, beside `wayfold`; so does `Accept: text/event-stream` "
        "(server-sent events, EventSource), which sends each as the data of an event whose id is "
        "the sequence. A deploy may show the same events in another row: then an open channel "
        "sends its sequence again with that row, and who comes again with `since` is not told.",
        "parameters": path_parameters(path, {"id": document.schema(table.keys[0].type)})
        + [since, last_event, position]
        + WAITED_FOR,
        "responses": {
            "101": {"description": "The channel is open."},
            "200": {
                "description": "The channel is open, and this answer does not end.",
                "content": {"text/event-stream": {"schema": {"type": "string"}}},
            },
            "400": problem("`invalid_parameter`; `bad_request`: no WebSocket handshake"),
            "401": problem(NOBODY),
            "403": problem("`forbidden`: not with your roles"),
            "404": problem(ABSENT),
            "426": problem("`upgrade_required`: neither an upgrade nor `text/event-stream`"),
            "429": problem("`rate_limited`, with Retry-After"),
            "503": problem("`not_yet`, `unavailable`, with Retry-After", PARKED),
        },
    }


def row_routes(document, table, base, refused, row):
    """GET of one row, and of what answer() makes of it."""
    kinds = {key.name: document.schema(key.type) for key in table.keys}
    one = table.path + "".join(f"/{{{name}}}" for name in kinds)
    path, item = document.path(one)
    if len(kinds) == 1:  # another route may have named it first
        kinds = {name: kind for kind in kinds.values() for name in re.findall("{(.*?)}", path)}
    item["get"] = base | {
        "operationId": f"{table.name}.get",
        "summary": table.module.node.get("description", ""),
        "parameters": path_parameters(path, kinds)
        + [parameter("IfNoneMatch")]
        + WAITED_FOR,
        "responses": {
            "200": answer("The row.", row, READ + ("ETag",)),
            "304": {"description": "It still has the ETag of If-None-Match."},
            "400": problem("`invalid_parameter`"),
        }
        | refused,
    }
    for sub in sorted({p.path for p in table.parameters if p.path}):
        path, item = document.path(f"{one}/{sub}")
        queries = [declared(table, one) for one in table.parameters if one.path == sub]
        item["get"] = base | {
            "operationId": f"{table.name}.{sub}",
            "summary": f"{sub.capitalize()} of one row.",
            "parameters": path_parameters(path, kinds) + queries + WAITED_FOR,
            "responses": {
                "200": answer("Computed from the row.", {}, READ),
                "400": problem("`invalid_parameter`"),
            }
            | refused,
        }


def text(schemas):
    document = Document(schemas)
    for table in schemas.tables:
        if table.path:
            table_routes(document, table)
    for aggregate in schemas.aggregates:
        for command in aggregate.commands:
            if command.method:
                command_route(document, command)
    by_hand = schemas.routes()
    for path, item in by_hand.get("paths", {}).items():
        document.path(path)[1].update(item)
    for item in document.paths.values():
        for operation in item.values():
            operation["responses"] |= {"431": problem("`headers_too_large`")}
            operation["responses"] = dict(sorted(operation["responses"].items()))
    document.components.update(by_hand.get("components", {}).get("schemas", {}))
    return json.dumps(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "Wayfold",
                "version": "1",
                "description": CONVENTIONS,
            },
            "servers": [{"url": "/"}, {"url": "/api"}],
            "paths": dict(sorted(document.paths.items())),
            "components": {
                "schemas": dict(sorted(document.components.items())),
                "parameters": PARAMETERS,
                "responses": by_hand.get("components", {}).get("responses", {}),
                "securitySchemes": {
                    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
                },
            },
        },
        ensure_ascii=False,
        indent=1,
    )
