"""What the load must not believe: the checker of the other tests, given wrong histories."""

from types import SimpleNamespace

import pytest

from client import slot
from load import Load


class Listing:
    """An operator who is shown these bookings."""

    position = ""

    def __init__(self, *bookings: dict):
        self.bookings = list(bookings)

    def get(self, path: str, **over):
        return SimpleNamespace(status_code=200)

    def pages(self, path: str, **over) -> list[dict]:
        return self.bookings


@pytest.fixture
def history() -> Load:
    """Nobody has asked for anything yet."""
    return Load(lambda: ["http://127.0.0.1:9"], "", ["charger"])


def test_a_refusal_is_believed_where_the_slot_was_sold(history):
    body = slot("charger")
    history.acknowledged["first"] = ("booking", body)
    history.refused["second"] = ("slot_taken", body)
    history.check(Listing({"id": "booking"} | body))


def test_two_rivals_are_not_both_refused(history):
    history.refused |= {key: ("slot_taken", slot("charger")) for key in ("first", "second")}
    with pytest.raises(AssertionError, match="what nobody has"):
        history.check(Listing())


def test_one_is_not_refused_for_another_slot(history):
    history.acknowledged["first"] = ("booking", slot("charger"))
    history.refused["second"] = ("slot_taken", slot("charger", connector=2))
    with pytest.raises(AssertionError, match="what nobody has"):
        history.check(Listing({"id": "booking"} | slot("charger")))


def test_no_slot_is_sold_twice(history):
    body = slot("charger")
    history.acknowledged |= {key: (key, body) for key in ("first", "second")}
    with pytest.raises(AssertionError, match="sold twice"):
        history.check(Listing(*({"id": key} | body for key in ("first", "second"))))
