#!/usr/bin/env python3
"""The generator's golden test: what it makes of small schemas, and says of wrong ones."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
GEN = HERE.parents[2] / "scripts" / "gen.py"
VOLATILE = "gen/catalogue.cpp"  # holds a hash of the generator itself

# file (made if it is not there), path to a place in it, value put there (None: taken away), what
# the message must contain
WRONG = [
    (
        "lamp.json",
        ["$defs", "Lit", "properties", "at"],
        {"type": "number"},
        "lamp.json#/$defs/Lit/properties/at: type 'number'",
    ),
    (
        "lamp.json",
        ["$defs", "Install", "properties", "name", "maxLength"],
        None,
        "lamp.json#/$defs/Install/properties/name: every text",
    ),
    (
        "lamp.json",
        ["$defs", "Light", "x-wf-roles"],
        ["king"],
        "lamp.json#/$defs/Light/x-wf-roles: there is no role king",
    ),
    ("lamp.json", ["$defs", "Light", "x-wf-stream"], "lamps.nope", "there is no column lamps.nope"),
    (
        "tables/lamps.json",
        ["x-wf-default"],
        {"column": "id", "value": "x", "unless": "id"},
        "tables/lamps.json#/x-wf-default/value: must be a value of a column that is an enumeration",
    ),
    ("lamp.json", ["$defs", "Lit", "additionalProperties"], False, "events stay open"),
    ("lamp.json", ["$defs", "Lit", "oneOf"], [], '"oneOf" is not part of the dialect'),
    (
        "lamp.json",
        ["$defs", "Lit", "properties", "cost", "x-wf-nullable"],
        True,
        "lamp.json#/$defs/Lit/properties/cost/x-wf-nullable: only an optional, plain property",
    ),
    (
        "lamp.json",
        ["$defs", "State", "properties", "note"],
        {"type": "integer", "x-wf-nullable": True},
        "lamp.json#/$defs/State/properties/note/x-wf-nullable: only of a command or an event",
    ),
    (
        "lamp.json",
        ["$defs", "Install", "properties", "spans", "items", "x-wf-nullable"],
        True,
        "lamp.json#/$defs/Install/properties/spans/items/x-wf-nullable: only of a property",
    ),
    (
        "lamp.json",
        ["x-wf-reasons", "not_found", "status"],
        500,
        "lamp.json#/x-wf-reasons/not_found/status: a reason",
    ),
    (
        "lamp.json",
        ["x-wf-reasons", "not_found", "detail"],
        None,
        'lamp.json#/x-wf-reasons/not_found: "detail" is missing',
    ),
    (
        "lamp.json",
        ["x-wf-reasons", "not_found", "detail"],
        'the "lamp"',
        "lamp.json#/x-wf-reasons/not_found/detail: says to people",
    ),
    (
        "meter.json",
        ["x-wf-reacts"],
        ["lamp.Nope"],
        "meter.json#/x-wf-reacts: there is no event lamp.Nope",
    ),
    (
        "meter.json",
        ["$defs", "Tick", "x-wf-route"],
        "POST /lamps/tick",
        'meter.json#/$defs/Tick: "x-wf-stream" is missing',
    ),
    ("tables/lamps.json", ["x-wf-path"], "/lights", "no table serves /lamps"),
    ("tables/lamp.json", ["x-wf-table"], "lamp", "an aggregate has that name"),
    (
        "tables/lamps.json",
        ["x-wf-indexes", "by_owner"],
        ["owner", "spent"],
        "spent cannot be ordered",
    ),
    (
        "tables/lamps.json",
        ["x-wf-parameters", "watts_from", "before"],
        "day",
        "there is no parameter day beside it",
    ),
    (
        "tables/lamps.json",
        ["x-wf-parameters", "bright", "before"],
        "watts_below",
        "two integers or two instants have an order",
    ),
    ("tables/lamps.json", ["x-wf-parts", "spent", "of"], "owner", "a sum of id is not possible"),
    (
        "tables/nights.json",
        ["x-wf-parts", "lit", "key"],
        ["owner", "day:cost"],
        "lamp.Lit.cost is no instant",
    ),
]


def generate(schemas, out):
    return subprocess.run(
        [
            sys.executable,
            str(GEN),
            "--schemas",
            str(schemas),
            "--out",
            str(out),
            "--source",
            str(HERE),
        ],
        capture_output=True,
        text=True,
        check=False,
    )


def texts(folder):
    return {
        str(p.relative_to(folder)): p.read_text(encoding="utf-8")
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


def golden(work):
    made = generate(HERE / "schemas", work / "out")
    if made.returncode:
        return [made.stderr]
    now = texts(work / "out")
    now.pop(VOLATILE)
    expected = HERE / "expected"
    if os.environ.get("WF_UPDATE_GOLDEN"):
        shutil.rmtree(expected, ignore_errors=True)
        shutil.copytree(work / "out", expected)
        (expected / VOLATILE).unlink()
    old = texts(expected)
    return [
        f"{name} differs from tests/golden/gen/expected (WF_UPDATE_GOLDEN=1 rewrites)"
        for name in sorted(old.keys() | now.keys())
        if old.get(name) != now.get(name)
    ]


def untouched(work):
    """A second run rewrites nothing, so that builds stay incremental."""
    before = {p: p.stat().st_mtime_ns for p in (work / "out").rglob("*") if p.is_file()}
    generate(HERE / "schemas", work / "out")
    return [f"{p} was written again" for p, time in before.items() if p.stat().st_mtime_ns != time]


def wrong(work):
    faults = []
    for number, (file, path, value, message) in enumerate(WRONG):
        folder = work / f"wrong{number}"
        shutil.copytree(HERE / "schemas", folder)
        there = (folder / file).exists()
        data = json.loads((folder / file).read_text(encoding="utf-8")) if there else {}
        place = data
        for key in path[:-1]:
            place = place[key]
        if value is None:
            del place[path[-1]]
        else:
            place[path[-1]] = value
        (folder / file).write_text(json.dumps(data), encoding="utf-8")
        made = generate(folder, work / "none")
        if not made.returncode or message not in made.stderr:
            faults.append(
                f"{file} {'/'.join(path)}: expected '{message}', got '{made.stderr.strip()}'"
            )
    return faults


def main():
    with tempfile.TemporaryDirectory() as work:
        faults = golden(Path(work)) + untouched(Path(work)) + wrong(Path(work))
    print("\n".join(faults) or f"gen_golden: all as expected, {len(WRONG)} wrong schemas refused")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
