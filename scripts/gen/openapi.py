"""OpenAPI 3.1 of every route: commands, tables, and those schemas/routes.json describes by hand."""

import json
import re

from gen import samples

UUID = {"type": "string", "format": "uuid"}
PLAIN = {
    "text": {"type": "string"},
    "integer": {"type": "integer"},
    "boolean": {"type": "boolean"},
    "id": UUID,
    "instant": {"type": "string", "format": "date-time"},
}
FAMILIES = {
    403: "Not allowed",
    404: "Not found",
    409: "Refused",
    412: "Changed in between",
    422: "Not valid",
}
FIXED = {
    "Money": {
        "type": "object",
        "description": "Minor units (cents, paise) of an ISO 4217 currency.",
        "required": ["minor", "currency"],
        "additionalProperties": False,
        "properties": {
            "minor": {"type": "integer"},
            "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
        },
    },
    "Point": {
        "type": "array",
        "description": "GeoJSON order: longitude, latitude.",
        "minItems": 2,
        "maxItems": 2,
        "items": {"type": "number"},
    },
    "Fault": {
        "type": "object",
        "required": ["pointer", "code", "detail"],
        "properties": {
            "pointer": {"type": "string", "description": "JSON Pointer into the body (RFC 6901)."},
            "code": {"type": "string"},
            "detail": {"type": "string"},
        },
    },
    "Problem": {
        "type": "object",
        "description": "RFC 9457, with a stable code and every error.",
        "required": ["title", "status", "code"],
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "code": {"type": "string"},
            "detail": {"type": "string"},
            "instance": {"type": "string"},
            "errors": {"type": "array", "items": {"$ref": "#/components/schemas/Fault"}},
        },
    },
    "Outcome": {
        "type": "object",
        "description": "What became of a command.",
        "properties": {
            "id": dict(UUID, description="Of the thing this command made, or changed."),
            "command": UUID,
            "stream_version": {"type": "integer"},
        },
    },
}


def header(name, description, schema=None, required=False):
    return {
        "name": name,
        "in": "header",
        "required": required,
        "description": description,
        "schema": schema or {"type": "string", "maxLength": 200},
    }


PARAMETERS = {
    "IdempotencyKey": header(
        "Idempotency-Key", "The same key and body again give the first answer."
    ),
    "IdempotencyKeyRequired": header(
        "Idempotency-Key", "The same key and body again give the first answer.", required=True
    ),
    "IfMatch": header("If-Match", "The ETag the change is meant for; another version is 412."),
    "Prefer": header("Prefer", "wait=N: wait N seconds at most for the outcome, then 202."),
    "Position": header(
        "Wayfold-Position",
        "From an earlier answer: wait until the read includes it.",
        {"type": "string", "maxLength": 4096},
    ),
    "As": header("Wayfold-As", "Importers: the account this command counts for.", UUID),
    "OccurredAt": header("Wayfold-Occurred-At", "Importers: when it happened.", PLAIN["instant"]),
    "Cursor": {
        "name": "cursor",
        "in": "query",
        "schema": {"type": "string", "maxLength": 4096},
        "description": "From the Link header of the page before.",
    },
    "Limit": {
        "name": "limit",
        "in": "query",
        "schema": {"type": "integer", "minimum": 1, "maximum": 200},
        "description": "Rows per page.",
    },
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

    def object(self, fields, closed, description="", example=None):
        out = {"type": "object"} | ({"description": description} if description else {})
        if any(f.required for f in fields):
            out["required"] = [f.name for f in fields if f.required]
        out["properties"] = {
            f.name: self.schema(f.type)
            | ({"description": f.description} if f.description else {})
            | ({"default": f.default} if f.default is not None else {})
            for f in fields
        }
        out |= {"additionalProperties": False} if closed else {}
        return out | ({"examples": [example]} if example is not None else {})


def problem(description):
    return {
        "description": description,
        "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
        },
    }


def answer(description, schema):
    return {
        "description": description,
        "headers": {"Wayfold-Position": {"schema": {"type": "string"}}},
        "content": {"application/json": {"schema": schema}},
    }


def parameter(name):
    return {"$ref": f"#/components/parameters/{name}"}


def path_parameters(path, kinds):
    return [
        {"name": name, "in": "path", "required": True, "schema": kinds.get(name, UUID)}
        for name in re.findall(r"{([^}]*)}", path)
    ]


def command_route(document, command):
    path, item = document.path(command.path)
    status = "201" if command.creates else "200"
    outcome = {"$ref": "#/components/schemas/Outcome"}
    responses = {
        status: answer("Done.", outcome),
        "202": answer("Not decided yet: ask the Location again.", outcome),
        "400": problem("malformed_json, missing_idempotency_key, …"),
        "401": problem("unauthenticated"),
        "403": problem("forbidden"),
        "422": problem("invalid: every fault is listed; key_reused"),
        "429": problem("rate_limited, with Retry-After"),
        "503": problem("Try again later."),
        "504": problem("The fate is unknown: ask the Location."),
    }
    for code, text in FAMILIES.items():
        reasons = [name for name, one in command.aggregate.reasons.items() if one == code]
        if reasons:
            before = responses.get(str(code), {}).get("description", "")
            responses[str(code)] = problem(
                ", ".join(([before] if before else [text + ":"]) + reasons).replace(":,", ":")
            )
    parameters = [
        parameter("IdempotencyKeyRequired" if command.creates else "IdempotencyKey"),
        parameter("IfMatch"),
        parameter("Prefer"),
        parameter("Position"),
    ]
    if "importer" in command.roles:
        parameters += [parameter("As"), parameter("OccurredAt")]
    operation = {
        "operationId": command.full,
        "tags": [command.path.split("/")[1]],
        "summary": command.type.description,
        "description": f"Roles: {', '.join(command.roles)}.",
        "parameters": path_parameters(path, {}) + parameters,
        "responses": dict(sorted(responses.items())),
        "security": [{"bearer": []}],
    }
    if command.body:
        responses["413"] = problem("body_too_large")
        responses["415"] = problem("unsupported_media_type")
        operation["responses"] = dict(sorted(responses.items()))
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


def row_filters(document, table):
    """The query parameters of a list."""
    filters = [
        {
            "name": f.name,
            "in": "query",
            "schema": document.schema(f.type),
            "description": f"Only rows with this {f.name}.",
        }
        for f in table.row.fields
        if f.type.kind in PLAIN | {"enumeration": 0} and not f.personal
    ]
    names = {f["name"] for f in filters}
    for parameter_name, kind, path, required, description in table.parameters:
        if not path and parameter_name not in names:
            filters.append(
                {
                    "name": parameter_name,
                    "in": "query",
                    "required": required,
                    "schema": PLAIN[kind],
                    "description": description,
                }
            )
    if any(not isinstance(parts, list) for _, parts in table.indexes):
        filters += [
            {
                "name": "near",
                "in": "query",
                "schema": {"type": "string"},
                "description": "LON,LAT: sorted by distance from there.",
            },
            {
                "name": "radius_m",
                "in": "query",
                "schema": {"type": "integer", "minimum": 1},
                "description": "With near.",
            },
        ]
    return filters


def table_routes(document, table):
    row = document.schema(table.row)
    name = row["$ref"].rsplit("/", 1)[1]
    document.components[name]["examples"] = [samples.members(table.row.fields)]
    security = [{"bearer": []}] + (
        [{}] if any(role == "guest" for role, _ in table.readers) else []
    )
    base = {"tags": [table.path.strip("/")], "security": security}
    refused = {
        "401": problem("unauthenticated"),
        "403": problem("forbidden"),
        "429": problem("rate_limited, with Retry-After"),
        "503": problem("not_yet, with Retry-After"),
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
        "parameters": filters + [parameter("Cursor"), parameter("Limit"), parameter("Position")],
        "responses": {"200": answer("A page of rows.", page), "400": problem("invalid_parameter")}
        | refused,
    }
    if len(table.keys) == 1:
        row_routes(document, table, base, refused | {"404": problem("not_found")}, row)


def row_routes(document, table, base, refused, row):
    """GET of one row, and of what answer() makes of it."""
    kinds = {"id": document.schema(table.keys[0].type)}
    path, item = document.path(table.path + "/{id}")
    item["get"] = base | {
        "operationId": f"{table.name}.get",
        "summary": table.module.node.get("description", ""),
        "parameters": path_parameters(path, {re.findall("{(.*?)}", path)[0]: kinds["id"]})
        + [parameter("Position")],
        "responses": {
            "200": answer("The row.", row),
            "304": {"description": "It still has the ETag of If-None-Match."},
            "400": problem("invalid_parameter"),
        }
        | refused,
    }
    for sub in sorted({p[2] for p in table.parameters if p[2]}):
        path, item = document.path(f"{table.path}/{{id}}/{sub}")
        queries = [
            {"name": n, "in": "query", "required": r, "schema": PLAIN[k], "description": d}
            for n, k, p, r, d in table.parameters
            if p == sub
        ]
        item["get"] = base | {
            "operationId": f"{table.name}.{sub}",
            "summary": f"{sub.capitalize()} of one row.",
            "parameters": path_parameters(path, kinds) + queries + [parameter("Position")],
            "responses": {
                "200": answer("Computed from the row.", {}),
                "400": problem("invalid_parameter"),
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
    document.components.update(by_hand.get("components", {}).get("schemas", {}))
    return json.dumps(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "Wayfold",
                "version": "1",
                "description": "Every route also answers under /api.",
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
