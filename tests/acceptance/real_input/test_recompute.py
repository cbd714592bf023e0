"""The converter and the independent recomputation agree before any server is asked."""

import calendar
import time
from collections import Counter
from urllib.parse import unquote

import pytest

from deployment import DATA
from real_input import convert, recompute


@pytest.fixture(scope="module")
def lines():
    return convert.lines(DATA)


@pytest.fixture(scope="module")
def expected():
    return recompute.Expected(DATA)


def test_every_session_is_there(lines, expected):
    kinds = Counter(line["key"].rsplit("/", 1)[1] for line in lines if "id:" in str(line))
    open_ones = Counter(expected.refused.values())["open"]
    assert expected.sessions == kinds["reserve"] == 19227 + 3387 + 1481
    assert kinds["check-in"] == kinds["complete"] == expected.sessions - open_ones
    assert len(lines) == sum(kinds.values()) + len(expected.titles)


def test_what_the_files_hold(expected):
    assert Counter(expected.refused.values()) == {"open": 72, "empty_interval": 129,
                                                  "slot_taken": 40}
    assert len(expected.accepted) + len(expected.refused) == expected.sessions
    assert len(expected.titles) == 105


def test_lines_stand_in_the_order_of_time_and_name_what_stands_before(lines):
    seen, last = set(), ""
    for line in lines:
        assert line["key"] not in seen
        if "bookings" in line["route"]:
            assert line["occurred_at"] >= last
            last = line["occurred_at"]
        for text in (line["route"], line["body"].get("charger", "")):
            if "{id:" in text:
                assert text.split("{id:")[1].split("}")[0] in seen
        seen.add(line["key"])


def test_both_read_the_same_times(lines, expected):
    """Converted intervals, taken in order, leave the same bookings."""
    taken = {}
    for line in lines:
        body = line["body"]
        if line["route"] != "POST /bookings" or body["start"] >= body.get("end", ""):
            continue
        others = taken.setdefault((body["charger"], body["connector"]), [])
        if all(body["end"] <= start or end <= body["start"] for start, end in others):
            others.append((body["start"], body["end"]))
    assert sum(map(len, taken.values())) == len(expected.accepted)
    in_seconds = {(unquote(key[0][len("{id:"):-1]).replace("/charger/", " "), key[1],
                   seconds(start), seconds(end))
                  for key, intervals in taken.items() for start, end in intervals}
    assert in_seconds == expected.accepted


def seconds(text: str) -> int:
    return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))
