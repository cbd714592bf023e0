"""A valid value of every type, the same in every run: for examples, golden events and tests."""

import json
import re
import uuid

SPACE = uuid.UUID("6ba7b812-9dad-11d1-80b4-00c04fd430c8")
CIPHER = "a2V5.c2VhbGVk"  # KEY_ID.ciphertext, as base/personal.h says


def sample(kind, name, node=None):
    """A value of `kind` for a member called `name`."""
    if kind.examples:
        return kind.examples[0]
    return globals()["_" + kind.kind](kind, name, node)


def members(fields, ciphertext=False):
    """An object with every member: later readers must cope with all of them."""
    return {f.name: CIPHER if ciphertext and f.personal else _default(f) for f in fields}


def _default(one):
    if one.node is not None and one.node.get("examples"):
        return one.node.get("examples")[0]
    return one.default if one.default is not None else sample(one.type, one.name, one.node)


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _text(kind, name, node):
    if kind.pattern:
        value = _matching(kind.pattern)
        if value is None or not re.search(kind.pattern, value):
            if node is None:
                raise AssertionError(kind.pattern)
            node.fail('give a text with a pattern an example (examples: ["…"])')
        return value
    value = name.replace("_", " ")
    value += (
        " " + "x" * ((kind.low or 0) - len(value) - 1) if kind.low and len(value) < kind.low else ""
    )
    return value[: kind.high] if kind.high is not None else value


def _matching(pattern):
    """A text for patterns like ^[A-Z]{3}$; None for others."""
    out, rest = "", pattern.removeprefix("^").removesuffix("$")
    while rest:
        match = re.match(
            r"(\[([^\]^\\])[^\]]*\]|\\d|[A-Za-z0-9 :_@+-])(\{(\d+)(?:,\d*)?\}|\+|\*|\?)?", rest
        )
        if not match:
            return None
        one = match.group(2) or ("1" if match.group(1) == "\\d" else match.group(1))
        count = match.group(3) or ""
        out += one * (int(match.group(4)) if match.group(4) else 0 if count in ("*", "?") else 1)
        rest = rest[match.end() :]
    return out


def _integer(kind, _name, _node):
    value = max(kind.low if kind.low is not None else 1, 1)
    return min(value, kind.high) if kind.high is not None else value


def _boolean(_kind, _name, _node):
    return True


def _enumeration(kind, _name, _node):
    return kind.values[0]


def _id(kind, name, _node):
    return str(uuid.uuid5(SPACE, f"{kind.tag}/{name}"))


def _instant(_kind, name, _node):
    return {
        "start": "2026-11-21T09:00:00Z",
        "from": "2026-11-21T09:00:00Z",
        "end": "2026-11-21T10:30:00Z",
        "to": "2026-11-21T10:30:00Z",
    }.get(name, "2026-11-21T08:15:30.5Z")


def _money(_kind, _name, _node):
    return {"minor": 1250, "currency": "INR"}


def _point(_kind, _name, _node):
    return [77.5945627, 12.9715987]


def _array(kind, name, node):
    return [sample(kind.item, name, node)] * max(kind.low or 1, 1)


def _map(kind, name, node):
    return {_id(kind.key, name, node): sample(kind.item, name, node)}


def _object(kind, _name, _node):
    return members(kind.fields)
