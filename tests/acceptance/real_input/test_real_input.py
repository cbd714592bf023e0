"""Real sites and 24,095 real charging sessions, in through HTTP and out of the read models."""

from collections import Counter
from datetime import datetime

import pytest

from deployment import DATA
from process import wait_until
from real_input import convert, recompute
from real_input.run_import import run_import


@pytest.fixture(scope="module")
def expected():
    return recompute.Expected(DATA)


@pytest.fixture(scope="module")
def imported(wayfold, tmp_path_factory):
    """The report of `wayfold import` over every session."""
    return run_import(wayfold, convert.lines(DATA), tmp_path_factory.mktemp("lines"))


@pytest.fixture(scope="module")
def chargers(wayfold, imported):
    """Charger's title by id."""
    rows = wayfold.staff().pages("/chargers", limit=200)
    return {row["id"]: row["title"] for row in rows}


@pytest.fixture(scope="module")
def bookings(wayfold, chargers):
    operator = wayfold.staff()
    return [row for charger_id in chargers
            for row in operator.pages("/bookings", charger=charger_id, limit=200)]


def seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def test_every_line_was_answered(imported, expected):
    assert imported["lines"] == len(convert.lines(DATA))
    assert imported["refused"] == len(imported["refused_lines"])
    assert imported["accepted"] == len(expected.titles) + 3 * len(expected.accepted)


def test_what_was_refused_is_listed_with_its_reason_BK1(imported, expected):
    codes = {"open": "invalid"}
    wanted = {key: codes.get(why, why) for key, why in expected.refused.items()}
    reserves, followers = {}, Counter()
    for line in imported["refused_lines"]:
        source, number, step = line["key"].split("/")
        if step == "reserve":
            reserves[source, number.lstrip("0") if source != "acn" else number] = line["code"]
        else:
            followers[line["code"]] += 1
    numbered = {(source, str(int(number) + 1) if source == "paris" else number): why
                for (source, number), why in wanted.items()}
    assert reserves == numbered
    opens = Counter(expected.refused.values())["open"]
    assert followers == {"refers_to_refused": 2 * (len(expected.refused) - opens)}


def test_bookings_are_those_recomputed_BK10(bookings, chargers, expected):
    assert all(row["status"] == "completed" for row in bookings)
    found = [(chargers[row["charger"]], row["connector"], seconds(row["start"]),
              seconds(row["end"])) for row in bookings]
    assert len(set(found)) == len(found)
    assert set(found) == expected.accepted


def test_bookings_and_minutes_per_charger_and_month_AN1(bookings, chargers, expected):
    count, minutes = Counter(), Counter()
    for row in bookings:
        where = chargers[row["charger"]], row["start"][:7]
        count[where] += 1
        minutes[where] += row["minutes"]
    assert count == expected.bookings
    assert minutes == expected.minutes


def test_daily_sums_per_host_G4(wayfold, imported, expected):
    days = wayfold.staff().pages("/daily-bookings", limit=200)
    assert sum(day["reserved"] for day in days) == len(expected.accepted)
    assert sum(day["completed"] for day in days) == len(expected.accepted)
    found, wanted = Counter(), Counter()
    hosts = {convert.account("host", source.name): source.name for source in convert.SOURCES}
    for day in days:
        found[hosts[day["host"]], day["day"][:7]] += day["booked_minutes"]
    for (charger, month), minutes in expected.minutes.items():
        wanted[charger.split()[0], month] += minutes
    assert found == wanted


def test_nearest_chargers_are_those_of_brute_force_SE1(wayfold, chargers, expected):
    where = recompute.places(DATA, expected.titles)
    points = [(-0.1276, 51.5072), (-0.031043, 51.519634), (-0.2, 51.45), (0.0, 51.55),
              (2.35, 48.86)]
    for point in points:
        for radius in (500, 3_000, 15_000):
            rows = wayfold.staff().pages("/chargers", near=f"{point[0]},{point[1]}",
                                         radius_m=radius, limit=200)
            brute = recompute.nearest(where, point, radius)
            assert {row["title"] for row in rows} == {title for _, title in brute}
            found = [recompute.metres(point, where[row["title"]]) for row in rows]
            assert all(b - a > -0.5 for a, b in zip(found, found[1:])), "nearest first"


def test_tables_agree_with_the_log(wayfold, imported):
    wayfold.verify()


def test_deleted_stores_come_back_the_same(wayfold, bookings):
    before = wayfold.digests()
    wayfold.stop()
    wayfold.delete_stores()
    wayfold.start()
    wait_until(lambda: wayfold.guest().get("/chargers").status_code == 200, 120, "tables again")
    assert wayfold.digests() == before
