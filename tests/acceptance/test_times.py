"""Intervals that are none, that are past, and opening hours on the days clocks change."""

import json
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from client import ALWAYS, hours_ahead, refused, rfc3339, slot

BAD = {
    "empty": ({"start": hours_ahead(1), "end": hours_ahead(1)}, "empty_interval"),
    "reversed": ({"start": hours_ahead(2), "end": hours_ahead(1)}, "reversed_interval"),
    "past": ({"start": hours_ahead(-4), "end": hours_ahead(-3)}, "in_the_past"),
    "far": ({"start": hours_ahead(2400), "end": hours_ahead(2401)}, "too_far_ahead"),
}


@pytest.mark.parametrize(("interval", "reason"), BAD.values(), ids=BAD.keys())
def test_an_interval_that_cannot_be_booked(renter, charger_id, interval, reason):
    refused(renter.post("/bookings", slot(charger_id) | interval), 422, reason)


def test_intervals_are_half_open_BK1(renter, charger_id):
    renter.book(charger_id, 10)
    renter.book(charger_id, 11)
    renter.book(charger_id, 9)
    refused(renter.post("/bookings", slot(charger_id, 10)), 409, "slot_taken")


def test_an_offset_is_the_same_instant(renter, charger_id):
    utc = slot(charger_id, 20)
    start = datetime.fromisoformat(utc["start"])
    ist = start.astimezone(timezone(timedelta(hours=5, minutes=30))).isoformat()
    answer = renter.post("/bookings", utc | {"start": ist})
    if answer.status_code == 422:  # UTC only is a rule a client can follow; then it is told so
        assert "/start" in [error["pointer"] for error in answer.json()["errors"]]
    else:
        assert renter.get(f"/bookings/{answer.json()['id']}").json()["start"] == utc["start"]


def next_change(zone: ZoneInfo) -> date:
    """The next local day that has not 24 hours and has not begun: far east it is a day ahead."""
    day = datetime.now(timezone.utc).date() + timedelta(days=2)
    while (datetime(day.year, day.month, day.day, tzinfo=zone).utcoffset()
           == datetime(*(day + timedelta(days=1)).timetuple()[:3], tzinfo=zone).utcoffset()):
        day += timedelta(days=1)
    return day


@pytest.fixture(scope="module")
def host_of_a_year(deploy, tmp_path_factory):
    """A host where a booking may start within a year, not within 90 days."""
    wayfold = deploy("year", start=False)
    rules = json.loads(Path(wayfold.settings["platform"]).read_text())
    platform = tmp_path_factory.mktemp("platform") / "charge_mitra.json"
    platform.write_text(json.dumps(rules | {"booking_window_days": 366}))
    wayfold.settings["platform"] = str(platform)
    wayfold.start()
    return wayfold.guest().register("host")


@pytest.mark.parametrize("name", ["Europe/London", "America/New_York", "Australia/Lord_Howe"])
def test_a_day_on_which_clocks_change_AS3(host_of_a_year, name):
    """Open from one to four, local time: the day's slots are what that really is."""
    zone, hours = ZoneInfo(name), [window | {"from": 60, "to": 240} for window in ALWAYS]
    charger_id = host_of_a_year.list_charger(time_zone=name, schedule=hours)
    for day in (next_change(zone), next_change(zone) + timedelta(days=1)):
        local = [datetime(day.year, day.month, day.day, hour, tzinfo=zone) for hour in (1, 4)]
        answer = host_of_a_year.get(f"/chargers/{charger_id}/slots",
                                    params={"date": day.isoformat()})
        assert answer.status_code == 200, answer.text
        [connector] = answer.json()["connectors"]
        assert connector["free"] == [{"start": rfc3339(local[0]), "end": rfc3339(local[1])}]


def test_outside_opening_hours(host, renter):
    closed = host.list_charger(schedule=[])
    refused(renter.post("/bookings", slot(closed)), 409, "outside_schedule")
