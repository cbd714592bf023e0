"""The tour of the README, step by step, and what a newcomer would try next."""

from client import ALWAYS, DELHI, code_of, hours_ahead, slot
from process import wait_until


def test_from_host_to_booking_BK1(wayfold):
    host = wayfold.guest().register("host", name="Meera")
    charger_id = host.list_charger(price_per_hour={"minor": 12_000, "currency": "INR"})

    renter = wayfold.guest().register("renter", name="Asha")
    made = renter.post("/bookings", slot(charger_id, hours=2))
    assert made.status_code == 201, made.text
    assert made.headers["location"] == f"/bookings/{made.json()['id']}"

    for reader in (renter, host):
        reader.position = made.headers["wayfold-position"]
        row = reader.get(made.headers["location"]).json()
        assert row["charger"] == charger_id
        assert (row["host"], row["renter"]) == (host.account, renter.account)
        assert (row["status"], row["minutes"]) == ("confirmed", 120)
        assert row["amount"] == {"minor": 24_000, "currency": "INR"}
    assert [row["id"] for row in renter.pages("/bookings")] == [made.json()["id"]]


def test_a_charger_is_found_by_place_and_plug_SE1(wayfold, host, charger_id):
    query = {"near": f"{DELHI[0]},{DELHI[1]}", "radius_m": 1000, "connector": "ccs2"}
    guest = wayfold.guest()
    guest.position = host.position
    assert charger_id in [row["id"] for row in guest.pages("/chargers", **query)]
    assert guest.pages("/chargers", **query | {"connector": "chademo"}) == []
    assert guest.pages("/chargers", **query | {"near": "0,0"}) == []


def test_free_slots_leave_out_what_is_booked_BK3(renter, charger_id):
    booked = slot(charger_id, hour=30, hours=2)
    assert renter.post("/bookings", booked).status_code == 201
    day = booked["start"][:10]
    answer = renter.get(f"/chargers/{charger_id}/slots", params={"date": day})
    assert answer.status_code == 200, answer.text
    free = answer.json()["connectors"][0]["free"]
    assert not [one for one in free
                if one["start"] < booked["end"] and booked["start"] < one["end"]]


def test_a_host_approves_or_declines_BK2(host, renter):
    charger_id = host.list_charger(instant=False)
    first, second = (renter.book(charger_id, hour) for hour in (1, 3))
    host.position = renter.position
    assert host.get(f"/bookings/{first}").json()["status"] == "requested"
    assert host.post(f"/bookings/{first}/approve").status_code == 200
    assert host.post(f"/bookings/{second}/decline", {"reason": "away"}).status_code == 200
    assert host.get(f"/bookings/{first}").json()["status"] == "confirmed"
    assert host.get(f"/bookings/{second}").json()["status"] == "declined"


def test_a_booking_is_moved_and_given_back_BK9(host, renter, charger_id):
    host_view = host.get(f"/chargers/{charger_id}").json()
    assert host_view["schedule"] == ALWAYS
    booking = renter.book(charger_id, 5)
    moved = {"start": hours_ahead(8), "end": hours_ahead(9)}
    assert renter.post(f"/bookings/{booking}/change", moved).status_code == 200
    assert renter.post("/bookings", slot(charger_id, 5)).status_code == 201
    taken = renter.post("/bookings", slot(charger_id, 8))
    assert (taken.status_code, code_of(taken)) == (409, "slot_taken")
    assert renter.post(f"/bookings/{booking}/cancel").status_code == 200
    assert renter.post("/bookings", slot(charger_id, 8)).status_code == 201


def test_the_host_is_told_NO1(host, renter, charger_id):
    booking = renter.book(charger_id, 12)

    def entries():
        return [row for row in host.pages("/inbox") if row["booking"] == booking]

    [entry] = wait_until(entries, 10, "the inbox entry of a booking")
    assert (entry["what"], entry["charger"]) == ("reserved", charger_id)
