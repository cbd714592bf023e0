"""Real sessions through `wayfold import`, and what it reports."""

import json
from pathlib import Path

IMPORT_S = 450


def run_import(wayfold, lines: list[dict], folder: Path) -> dict:
    """Its summary, with the refused lines beside. Some are refused, which its exit code says."""
    path, refused = folder / "lines.ndjson", folder / "refused.ndjson"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    done = wayfold.cli("import", path, "--url", wayfold.url, "--token", wayfold.token("importer"),
                       "--refused", refused, "--json", check=False, seconds=IMPORT_S)
    assert done.returncode == 1, done.stdout[-2000:] + done.stderr[-2000:]
    summary = json.loads(done.stdout.splitlines()[-1])
    summary["refused_lines"] = [json.loads(line) for line in refused.read_text().splitlines()]
    return summary
