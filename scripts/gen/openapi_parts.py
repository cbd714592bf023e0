"""What OpenAPI documents of every platform have in common: texts, headers, shapes of answers."""

import re

UUID = {"type": "string", "format": "uuid"}
PLAIN = {
    "text": {"type": "string"},
    "integer": {"type": "integer"},
    "boolean": {"type": "boolean"},
    "id": UUID,
    "instant": {"type": "string", "format": "date-time"},
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
        "required": ["type", "title", "status", "code", "detail"],
        "properties": {
            "type": {"type": "string", "const": "about:blank"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "code": {"type": "string", "description": "Stable: what programs look at."},
            "detail": {"type": "string", "description": "For people; may change."},
            "errors": {
                "type": "array",
                "items": {"$ref": "#/components/schemas/Fault"},
                "description": "Of `invalid`: every fault of the body.",
            },
            "parameter": {
                "type": "string",
                "description": "Of `invalid_parameter`: the query parameter or header.",
            },
            "command": dict(UUID, description="The command that was refused."),
        },
    },
    "Outcome": {
        "type": "object",
        "description": "What became of a command.",
        "required": ["id", "command"],
        "properties": {
            "id": dict(UUID, description="Of the thing this command made, or changed."),
            "command": dict(UUID, description="See /commands/{id}."),
            "status": {"type": "string", "const": "pending", "description": "Of a 202."},
            "stream_version": {"type": "integer", "description": "Not of a 202."},
            "events": {
                "type": "array",
                "items": {"type": "string"},
                "description": "Types of the events it made; none: it was so already.",
            },
        },
    },
}


def header(name, description, schema=None, required=False):
    return {
        "name": name,
        "in": "header",
        "required": required,
        "description": description,
        "schema": schema or {"type": "string"},
    }


# Bare, or a string of RFC 9651; spaces around a header's value are not part of it.
KEY = {
    "type": "string",
    "pattern": r'^([!#-\[\]-~]([ !#-\[\]-~]{0,253}[!#-\[\]-~])?|"[ !#-\[\]-~]{1,255}")$',
}
SAME_KEY = "The same key and body again give the first answer."


PARAMETERS = {
    "IdempotencyKey": header("Idempotency-Key", SAME_KEY, KEY),
    "IdempotencyKeyRequired": header("Idempotency-Key", SAME_KEY, KEY, required=True),
    "IfMatch": header("If-Match", "The one ETag the change is meant for; another version is 412."),
    "IfNoneMatch": header("If-None-Match", "The ETag of the row you have: 304 if it is still so."),
    "Prefer": header(
        "Prefer",
        "wait=N: wait N seconds at most; for a command's outcome, then 202; where the position is "
        "not reached, then 503.",
    ),
    "Position": header(
        "Wayfold-Position",
        "From an earlier answer: wait until the read includes it, with `Prefer: wait=N` for N "
        "seconds at most.",
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
        "schema": {"type": "integer", "minimum": 1},
        "description": "Rows per page; how many at most is configured, 200 by default. A page of "
        "large rows, or of few that match, ends earlier: follow `next`.",
    },
}


BAD_COMMAND = (
    "`malformed_json`; `missing_idempotency_key`; `invalid_parameter`: a header is not well-formed"
)
ABSENT = (
    "`not_found`: there is no such thing; what was made a moment ago is there for who sends its "
    "Wayfold-Position"
)
NOBODY = (
    "`unauthenticated`: a token is needed; `invalid_token`: it is not good, or no longer; "
    "`session_ended`: log in again"
)
CONVENTIONS = """Every route also answers under /api; then `Location` and `Link` lead below it too.

Whatever goes wrong is `application/problem+json` (RFC 9457): `code` is stable and for programs,
`detail` is for people. Besides the answers listed at a route, each may say 400 `bad_request` (not
HTTP/1.1), 404 `no_such_route`, 405 `method_not_allowed`, 408, 413, 417 or 501 (what the server
does not take), 429 `rate_limited` and 503, with Retry-After.

A command may be sent again with its Idempotency-Key: it is decided once, and the first answer comes
again, with `Idempotent-Replayed: true`. Answers carry `Wayfold-Position`: send that of the last one
with what you ask next. A read that has it sees what that answer saw, and a command finds what was
made then. A UUID in `X-Request-Id` comes back and stands in the records that a command makes."""


def problem(description, headers=()):
    return {
        "description": description,
        **({"headers": header_objects(headers)} if headers else {}),
        "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
        },
    }


def header_objects(names):
    return {name: {"description": HEADERS[name], "schema": {"type": "string"}} for name in names}


HEADERS = {
    "Wayfold-Position": "Where the answer stands: send it with a read that must see it.",
    "Location": "Of the thing it made; of a 202, of the command.",
    "Wayfold-As-Of": "What the read includes, as a Wayfold-Position.",
    "Age": "Seconds since which the log cannot be read, or is not folded into tables; else absent.",
    "Wayfold-Quarantined-Since": "The row is parked: an event of it failed then.",
    "ETag": "The thing's version: for If-Match and If-None-Match.",
    "Link": "The next page, if there is one.",
}
DECIDED = ("Wayfold-Position", "Location")
PARKED = ("Wayfold-Quarantined-Since",)
READ = ("Wayfold-As-Of", "Age")


def answer(description, schema, headers):
    return {
        "description": description,
        "headers": header_objects(headers),
        "content": {"application/json": {"schema": schema}},
    }


def parameter(name):
    return {"$ref": f"#/components/parameters/{name}"}


WAITED_FOR = [parameter("Position"), parameter("Prefer")]  # of a read


def path_parameters(path, kinds):
    return [
        {"name": name, "in": "path", "required": True, "schema": kinds.get(name, UUID)}
        for name in re.findall(r"{([^}]*)}", path)
    ]
