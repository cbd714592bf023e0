"""While the broker is away reads go on and say how old they are, and commands are turned away."""

import pytest

from client import code_of, slot
from process import wait_until


@pytest.fixture
def broker_down(wayfold, renter, charger_id):
    """One acknowledged booking, then no broker; it is back when the test ends."""
    booking = renter.book(charger_id)
    assert renter.get(f"/bookings/{booking}").status_code == 200
    wayfold.broker("kill")
    yield booking
    wayfold.broker("up")
    wait_until(lambda: renter.post("/bookings", slot(charger_id, 7)).status_code in (201, 409), 90,
               "a command accepted again")


def turned_away(renter, charger_id):
    answer = renter.post("/bookings", slot(charger_id, 5), headers={"prefer": "wait=2"})
    return answer if answer.status_code == 503 else None


def test_reads_go_on_and_commands_are_turned_away(wayfold, renter, charger_id, broker_down):
    answer = wait_until(lambda: turned_away(renter, charger_id), 60, "503 for a command")
    assert code_of(answer)
    assert int(answer.headers["retry-after"]) > 0

    renter.position = ""
    first = renter.get(f"/bookings/{broker_down}")
    assert first.status_code == 200

    def age() -> int:
        return int(renter.get(f"/bookings/{broker_down}").headers.get("age", 0))

    before = wait_until(age, 60, "an answer that says how old it is")
    wait_until(lambda: age() > before, 30, "an answer that says it is older")


def test_it_goes_on_where_it_was(wayfold, host, renter, charger_id):
    """After the outage of the test before."""
    assert renter.post("/bookings", slot(charger_id, 9)).status_code == 201
    wait_until(lambda: renter.get("/bookings").status_code == 200, 60, "tables that caught up")
    bookings = renter.pages("/bookings")
    assert len({(row["charger"], row["start"]) for row in bookings}) == len(bookings)
    wayfold.verify()
