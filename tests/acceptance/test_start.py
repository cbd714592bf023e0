"""What `wayfold run` says when it has started."""

import json

import httpx


def started(wayfold, *arguments) -> str:
    process = wayfold.launch("run", "--config", wayfold.config, *arguments, log="said")
    process.wait_for(r"docs", 60)
    try:
        return process.output()
    finally:
        assert process.stop() == 0


def test_json_is_one_object(deploy):
    wayfold = deploy(start=False)
    process = wayfold.launch("run", "--json", "--config", wayfold.config, log="run")
    said = json.loads(process.wait_for(r"^{.*}$", 60).group(0))
    assert httpx.get(said["url"] + "/healthz").status_code == 200
    assert said["docs"] == said["url"] + "/docs"
    assert said["var"] == str(wayfold.var) and said["tables"] is None
    assert process.stop() == 0
    assert [json.loads(line) for line in process.output().splitlines()] == [said]
    log = wayfold.cli("inspect", "log").stdout.split()[1]
    assert said["log"] == log and said["new_log"] is True


def test_a_new_log_is_named(deploy):
    wayfold = deploy(start=False)
    first, again = started(wayfold), started(wayfold)
    log = wayfold.cli("inspect", "log").stdout.split()[1]
    assert f"new log {log} in {wayfold.var}\n" in first
    assert "new log" not in again and f"log {log} in {wayfold.var}\n" in again
