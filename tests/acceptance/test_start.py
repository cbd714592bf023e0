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
    pages = httpx.get(said["url"] + "/docs").status_code == 200
    assert said["docs"] == (said["url"] + "/docs" if pages else None)
    assert said["var"] == str(wayfold.var) and said["tables"] is None
    assert process.stop() == 0
    alarms = [line for line in process.output().splitlines() if " warning " in line]
    assert [json.loads(line) for line in process.output().splitlines()
            if line not in alarms] == [said]
    log = wayfold.cli("inspect", "log").stdout.split()[1]
    assert said["log"] == log and said["new_log"] is True


def test_a_new_log_is_named(deploy):
    wayfold = deploy(start=False)
    first, again = started(wayfold), started(wayfold)
    log = wayfold.cli("inspect", "log").stdout.split()[1]
    assert f"new log {log} in {wayfold.var}\n" in first
    assert "new log" not in again and f"log {log} in {wayfold.var}\n" in again


def test_the_docs_are_named_where_they_are(deploy):
    wayfold = deploy(start=False)
    process = wayfold.launch("run", "--config", wayfold.config, log="said")
    named = process.wait_for(r"docs  (\S+)", 60).group(1)
    assert httpx.get(named).status_code == 200
    assert process.stop() == 0


def test_pages_where_the_process_stands_are_served(deploy):
    wayfold = deploy(start=False)
    pages = wayfold.dir / "build/cache/swagger-ui"
    pages.mkdir(parents=True)
    for name in ("swagger-ui.css", "swagger-ui-bundle.js"):
        (pages / name).write_text("")
    process = wayfold.launch("run", "--config", wayfold.config, log="said")
    named = process.wait_for(r"docs  (\S+)$", 60).group(1)
    assert named.endswith("/docs") and httpx.get(named).status_code == 200
    assert process.stop() == 0


def test_help_says_what_is_needed_and_what_is_found(deploy):
    wayfold = deploy(start=False)
    lag, admin = wayfold.cli("lag", "--help").stdout, wayfold.cli("admin", "--help").stdout
    assert "a forwarder, the projector or a table failed" in lag
    assert "`account`, `token`, `forget` and `rotate-key` need the deployment's secrets" in admin
