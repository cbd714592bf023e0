"""Schemathesis, which knows us by /openapi.json alone: whatever it sends, as whoever, the answer is
no 5xx and as documented: status, content type, headers, body.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from client import hours_ahead
from owned import TABLES, Owned, join, routes, table_of

SECONDS_MAX = 150
ALL, RANDOM = "examples,coverage,fuzzing,stateful", "examples,fuzzing,stateful"
# The operator comes last: it suspends the others.
RUNS = {"nobody": RANDOM, "renter": RANDOM, "host": ALL, "importer": RANDOM, "operator": ALL}
TOOL = Path(sys.executable).with_name("schemathesis")


@pytest.fixture(scope="module")
def owned(wayfold):
    return Owned(wayfold)


def known(owned) -> dict[str, str]:
    """What exists, by the name of its dictionary: without it hardly anything would be found."""
    values = owned.ids | {"start": hours_ahead(30), "end": hours_ahead(31),
                          "date": hours_ahead(30)[:10],
                          "Wayfold-Position": owned.people["host"].position}
    for table in TABLES:
        row = owned.rows[table["x-wf-table"]][0]
        values |= {f"{table['x-wf-table']}-{column}": row[column] for column in table["x-wf-key"]}
    return values


def settings(owned) -> str:
    """What is the same for all, and for each operation which of its parameters take what exists."""
    values = known(owned)
    lines = [(Path(__file__).parent / "schemathesis.toml").read_text()]
    lines += [f"[dictionaries.{name}]\nvalues = {json.dumps([value])}"
              for name, value in values.items()]
    for route, operation in routes(owned.document).items():
        method, path = route.split(" ")
        table = table_of(path)
        names = {}
        for one in operation.get("parameters", []):
            where, name = one.get("in"), one.get("name")
            if where == "path" and table:
                column = name if name in table["x-wf-key"] else table["x-wf-key"][0]
                names[f"path.{name}"] = f"{table['x-wf-table']}-{column}"
            elif name in values and one.get("required"):
                names[f"{where}.{name}"] = name
            elif one.get("$ref", "").endswith("/Position"):
                names["header.Wayfold-Position"] = "Wayfold-Position"
        content = operation.get("requestBody", {}).get("content", {})
        body = content.get("application/json", {}).get("schema", {}).get("properties", {})
        names |= {f"body.{name}": name for name in body.keys() & values.keys()}
        if names:
            lines += ["[[operations]]", f'include-name = "{route}"', "[operations.parameters]"]
            lines += [f'"{where}" = {{ dictionary = "{name}", probability = 0.8 }}'
                      for where, name in names.items()]
    return "\n".join(lines)


@pytest.mark.parametrize("role", RUNS)
def test_whatever_it_sends_is_answered_as_documented(wayfold, owned, role, tmp_path):
    config = tmp_path / "schemathesis.toml"
    config.write_text(settings(owned))
    who = owned.people.get(role) or join(wayfold, *({role} - {"nobody"}))
    as_whom = ["--header", f"Authorization: Bearer {who.token}"] if who.token else []
    done = subprocess.run(
        [TOOL, "--config-file", config, "--no-color", "run", wayfold.url + "/openapi.json",
         "--phases", RUNS[role], *as_whom],
        cwd=tmp_path, capture_output=True, text=True, timeout=SECONDS_MAX)
    assert done.returncode == 0, done.stdout[-20_000:]
    assert wayfold.web.alive()
