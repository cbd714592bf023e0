"""A log that was deleted, cut short or exchanged under a store is noticed and named."""

import json
import shutil

import pytest

from process import Process

from deployment import BINARY


NOTICED = r"folded again|lost|corrupt|damaged|truncated|mismatch"


@pytest.fixture
def stopped(deploy):
    """A deployment with a few bookings, stopped, and its bookings."""
    wayfold = deploy()
    host, renter = wayfold.guest().register("host"), wayfold.guest().register("renter")
    charger_id = host.list_charger()
    wayfold.bookings = {renter.book(charger_id, hour) for hour in range(5)}
    wayfold.stop()
    return wayfold


def rows(wayfold) -> list[dict]:
    operator = wayfold.staff("operator")
    return operator.pages("/bookings")


def test_stores_are_folded_again_from_the_log(stopped):
    stopped.start()
    before = stopped.digests()
    stopped.stop()
    stopped.delete_stores()
    stopped.start()
    assert stopped.digests() == before
    assert {row["id"] for row in rows(stopped)} == stopped.bookings


def refused(wayfold, lost: str) -> int:
    """How a start without `lost` ends. It touches nothing: put back, everything is there."""
    shutil.move(wayfold.var / lost, wayfold.dir / "kept")
    before = sorted(wayfold.var.rglob("*"))
    process = Process([BINARY, "run", "--config", wayfold.config], wayfold.dir / "refused.log")
    code = process.ended(60)
    assert sorted(wayfold.var.rglob("*")) == before
    assert "restore" in process.output()
    shutil.move(wayfold.dir / "kept", wayfold.var / lost)
    wayfold.start()
    assert {row["id"] for row in rows(wayfold)} == wayfold.bookings
    wayfold.stop()
    return code


def test_a_deployment_without_its_log_is_not_begun_anew(stopped):
    assert refused(stopped, "log") == 4


def test_a_log_without_its_current_file_is_not_begun_anew(stopped):
    assert refused(stopped, "log/CURRENT") == 5


def test_a_log_without_its_newest_records_is_not_opened(stopped):
    [newest] = (stopped.var / "log").glob("*.log")
    assert refused(stopped, f"log/{newest.name}") == 5


def test_who_deletes_everything_begins_anew(stopped):
    for lost in ("log", "tables", "stores"):
        shutil.rmtree(stopped.var / lost)
    (stopped.var / "secrets.json").unlink()
    stopped.start()
    assert rows(stopped) == []


def test_a_foreign_log_is_noticed(stopped, deploy):
    other = deploy("other")
    other.guest().register("host").list_charger()
    other.stop()
    shutil.rmtree(stopped.var / "log")
    shutil.copytree(other.var / "log", stopped.var / "log")
    process = Process([BINARY, "run", "--config", stopped.config], stopped.dir / "foreign.log")
    assert process.ended(60) == 4  # its keys are wrapped by a master of the other's
    assert "secrets file" in process.output()
    assert "folded again" not in process.output()  # the tables are there still, for the right log
    shutil.copy(other.var / "secrets.json", stopped.var / "secrets.json")
    stopped.start()
    assert "folded again" in stopped.web.output()
    assert rows(stopped) == []
    stopped.verify()


def test_secrets_of_another_deployment_are_named(deploy):
    """Not refused: after a copy they are another log's, too."""
    one, other = deploy(), deploy("other")
    ids = []
    for wayfold in (one, other):
        wayfold.stop()
        assert "was made with log" not in wayfold.web.output()
        ids.append(json.loads((wayfold.var / "secrets.json").read_text())["log"])
    shutil.copy(other.var / "secrets.json", one.var / "secrets.json")
    one.start()
    [warning] = [line for line in one.web.output().splitlines() if "was made with log" in line]
    assert all(known in warning for known in ids)


def test_a_log_cut_short_is_noticed(stopped):
    """What the newest file held is gone: stores that knew it say so and are folded again."""
    files = [path for path in (stopped.var / "log").iterdir() if path.suffix in (".log", ".sst")]
    newest = max((path for path in files if path.stat().st_size), key=lambda p: p.stat().st_mtime)
    with open(newest, "r+b") as file:
        file.truncate(newest.stat().st_size // 2)
    process = Process([BINARY, "run", "--config", stopped.config], stopped.dir / "cut.log")
    try:
        process.wait_for(NOTICED, 60)
    finally:
        process.kill()
