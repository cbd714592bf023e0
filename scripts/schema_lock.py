#!/usr/bin/env python3
"""Keeps schemas/schema.lock: every field of every event ever released.

schema_lock.py            fails if an event or a field of it was removed, retyped or made required
schema_lock.py --update   adds what is new, and samples to tests/golden/events; never takes away
"""

import json
import sys
from pathlib import Path

from gen import samples
from gen.model import Schemas
from gen.schema import SchemaError

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "schemas" / "schema.lock"
SAMPLES = ROOT / "tests" / "golden" / "events"


def describe(kind):
    """A type in one word; a struct is its fields, so that a change inside one is seen."""
    if kind.kind == "id":
        return f"{kind.tag}Id"
    if kind.kind == "array":
        return [describe(kind.item)]
    if kind.kind == "enumeration":
        return {"enum": sorted(kind.values)}
    if kind.kind == "object":
        return {"fields": fields(kind)}
    return kind.kind


def fields(kind):
    return {
        one.name: {
            "type": describe(one.type),
            "required": one.required,
            "personal": bool(one.personal),
        }
        | ({"nullable": True} if one.nullable else {})
        for one in kind.fields
    }


def events(schemas):
    return {event.full: fields(event.type) for a in schemas.aggregates for event in a.events}


def compare(old, new, place):
    """What the schemas may not do to what is locked."""
    faults = []
    for name, one in old.items():
        here = f"{place}.{name}" if place else name
        if name not in new:
            faults.append(f"{here} was removed: old records still have it")
            continue
        faults += compare_field(one, new[name], here)
    for name, one in new.items():
        if name not in old and one["required"]:
            faults.append(f"{place}.{name} is new and required: old records have none")
    return faults


def compare_field(old, new, here):
    faults = compare_type(old["type"], new["type"], here)
    if new["required"] and not old["required"]:
        faults.append(f"{here} became required: old records may have none")
    if old.get("nullable") and not new.get("nullable"):
        faults.append(f"{here} may no longer be null: old records may have that")
    if new["personal"] != old["personal"]:
        faults.append(f"{here} changed between plain and personal")
    return faults


def compare_type(old, new, here):
    if isinstance(old, list) and isinstance(new, list):
        return compare_type(old[0], new[0], here + "[]")
    if isinstance(old, dict) and isinstance(new, dict) and old.keys() == new.keys():
        if "fields" in old:
            return compare(old["fields"], new["fields"], here)
        gone = sorted(set(old["enum"]) - set(new["enum"]))
        return [f"{here} lost the value {value}" for value in gone]
    return [] if old == new else [f"{here} was {json.dumps(old)}, now {json.dumps(new)}"]


def check(locked, now):
    faults = [
        f"{name} was removed: give the new thing a new name" for name in locked if name not in now
    ]
    for name in locked:
        if name in now:
            faults += compare(locked[name], now[name], name)
    return faults


def unlocked(locked, now):
    """Events whose description is not the locked one, though nothing forbidden was done."""
    return [name for name in now if locked.get(name) != now[name]]


def add_samples(schemas, new):
    """One file per version of an event, never written again: NAME.1.json, NAME.2.json, …"""
    SAMPLES.mkdir(parents=True, exist_ok=True)
    for event in (e for a in schemas.aggregates for e in a.events if e.full in new):
        version = len(list(SAMPLES.glob(f"{event.full}.*.json"))) + 1
        members = samples.members(event.type.fields, ciphertext=True)
        members |= {one.name: None for one in event.type.fields if one.nullable}
        text = samples.compact(members)
        (SAMPLES / f"{event.full}.{version}.json").write_text(text + "\n", encoding="utf-8")


def main():
    try:
        schemas = Schemas(ROOT / "schemas")
        now = events(schemas)
    except SchemaError as error:
        sys.exit(f"schema_lock: {error}")
    locked = json.loads(LOCK.read_text(encoding="utf-8")) if LOCK.exists() else {}
    faults = check(locked, now)
    if faults:
        sys.exit(
            "schema_lock: an event type is for ever; make a new one instead\n  "
            + "\n  ".join(faults)
        )
    new = unlocked(locked, now)
    if "--update" in sys.argv[1:]:
        add_samples(schemas, new)
        LOCK.write_text(json.dumps(now, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    elif missing := [name for name in now if not (SAMPLES / f"{name}.1.json").exists()]:
        sys.exit(f"schema_lock: no sample in tests/golden/events: {', '.join(missing)}")
    elif new:
        sys.exit(
            f"schema_lock: not in schemas/schema.lock yet: {', '.join(new)}\n"
            "  run scripts/schema_lock.py --update"
        )


if __name__ == "__main__":
    main()
